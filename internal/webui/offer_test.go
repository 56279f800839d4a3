package webui

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ui"
)

func passkeyGroup() ui.Group {
	return ui.Group{Method: "passkey", Nodes: []ui.Node{
		csrf(),
		{Name: "passkey_register_trigger", Type: "button", Label: "Add passkey", OnClick: "oryPasskeySettingsRegistration"},
		{Name: "passkey_settings_register", Type: "hidden"},
	}}
}

// offering is a settings flow that offers a passkey after a sign-in.
func offering() *flow.Flow {
	f := newFlow(flow.Settings, append(settingsGroups(), passkeyGroup())...)
	f.ReturnTo, f.Request = "https://app.example.com/inbox", publicURL+"self-service/settings/browser?offer=passkey"
	return f
}

func TestOffersPasskey(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*flow.Flow){
		"saved":              func(f *flow.Flow) { f.State = flow.Passed },
		"asked for nothing":  func(f *flow.Flow) { f.Request = publicURL },
		"something else":     func(f *flow.Flow) { f.Request = publicURL + "?offer=totp" },
		"unreadable":         func(f *flow.Flow) { f.Request = "%" },
		"passkeys are off":   func(f *flow.Flow) { f.Form.Groups = settingsGroups() },
		"a flow of sign-ins": func(f *flow.Flow) { f.Kind = flow.Login },
	} {
		f := offering()
		if !offersPasskey(f) {
			t.Fatal("the offer is none")
		}
		if change(f); offersPasskey(f) {
			t.Errorf("%s: it is an offer", name)
		}
	}
	page := get(t, newPages(t, showing(offering())), open("/settings")).Body.String()
	for part, want := range map[string]int{
		`href="https://app.example.com/inbox" data-onward`: 1, `name="password"`: 0, `data-webauthn-click`: 1, `data-without-keys`: 1,
	} {
		if got := strings.Count(page, part); got != want {
			t.Errorf("%s stands %d times, want %d", part, got, want)
		}
	}
}
