package webui

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// newcomerGroups are what password, code and passkey ask of a newcomer.
func newcomerGroups() []ui.Group {
	traits := func() []ui.Node {
		return []ui.Node{
			{Name: "traits.email", Type: "email", Required: true, Label: "E-Mail", Autocomplete: "email"},
			{Name: "traits.name.first", Type: "text", Autocomplete: "given-name"},
		}
	}
	passkey := ui.Group{Method: "passkey", Nodes: []ui.Node{
		csrf(),
		{Name: "passkey_register_trigger", Type: "button", Label: "Sign up with passkey", OnClick: "oryPasskeyRegistration"},
		{Name: "passkey_register", Type: "hidden"},
		{Name: "passkey_create_data", Type: "hidden", Value: "{}"},
	}}
	passkey.Nodes = append(passkey.Nodes, traits()...)
	return []ui.Group{
		registrationGroup(), passkey,
		{Method: "code", Nodes: append([]ui.Node{csrf()}, traits()...)},
		{Method: "profile", Nodes: append([]ui.Node{csrf()}, traits()...)},
	}
}

func TestNewcomer_traits_once(t *testing.T) {
	t.Parallel()
	page := get(t, newPages(t, showing(newFlow(flow.Registration, newcomerGroups()...))), open("/registration")).Body.String()
	for part, want := range map[string]int{
		`<form method="post"`: 1, `name="traits.email"`: 1, `name="traits.name.first"`: 1, `name="csrf_token"`: 1, `name="password"`: 1,
		`class="primary" type="submit">Create account</button>`:                                                                              1,
		`methods/code?flow=` + flowID + `">Use a one-time code instead</button>`:                                                             1,
		`data-webauthn-click="oryPasskeyRegistration"`:                                                                                       1,
		`name="passkey_register" value="" data-webauthn-action="https://id.example.org/auth/self-service/registration/methods/passkey?flow=`: 1,
		`autofocus`: 1,
	} {
		if got := strings.Count(page, part); got != want {
			t.Errorf("%s stands %d times, want %d: %s", part, got, want, page)
		}
	}
}

// A lone method asks for the traits itself: the form that leads on to it, as in v1, asks for them once more.
func TestNewcomer_loneMethod(t *testing.T) {
	t.Parallel()
	all := newcomerGroups()
	for at, method := range []string{"password", "passkey", "code"} {
		page := get(t, newPages(t, showing(newFlow(flow.Registration, all[at], all[3]))), open("/registration")).Body.String()
		if got := strings.Count(page, `name="traits.email"`); got != 1 {
			t.Errorf("%s: the address is asked for %d times: %s", method, got, page)
		}
	}
}

// What was wrong in the form of one method is shown on the fields of all.
func TestNewcomer_rejected(t *testing.T) {
	t.Parallel()
	groups := newcomerGroups()
	groups[1].Fill(map[string]any{"traits.email": "ada@"})
	groups[1].Add("traits.email", message.Of(message.KeyNotAnEmail))
	groups[2].Add("", message.Of(message.KeyDuplicateIdentifier))
	f := newFlow(flow.Registration, groups...)
	f.Active = "passkey"
	page := get(t, newPages(t, showing(f)), open("/registration")).Body.String()
	for _, want := range []string{`value="ada@"`, `id="password-email-error"`, `href="#password-email"`, "Is it yours?"} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing: %s", want, page)
		}
	}
}
