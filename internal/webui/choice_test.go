package webui

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// codeLoginGroup is the form that sends a code, with the identifier typed or, in a login that knows it, carried along.
func codeLoginGroup() ui.Group {
	return ui.Group{Method: "code", Nodes: []ui.Node{
		csrf(), {Name: "identifier", Type: "text", Required: true, Label: "E-mail or phone number", Autocomplete: "username"},
	}}
}

func passkeyLoginGroup() ui.Group {
	return ui.Group{Method: "passkey", Nodes: []ui.Node{
		csrf(),
		{Name: "passkey_login_trigger", Type: "button", OnClick: "oryPasskeyLogin"},
		{Name: "passkey_login", Type: "hidden"},
	}}
}

func counted(t *testing.T, page string, parts map[string]int) {
	t.Helper()
	for part, want := range parts {
		if got := strings.Count(page, part); got != want {
			t.Errorf("%s stands %d times, want %d: %s", part, got, want, page)
		}
	}
}

// Who may sign in with a password or a code types the address once.
func TestLogin_identifier_once(t *testing.T) {
	t.Parallel()
	f := newFlow(flow.Login, loginGroup(), providerGroup(), passkeyLoginGroup(), codeLoginGroup())
	counted(t, get(t, newPages(t, showing(f)), open("/login")).Body.String(), map[string]int{
		`name="identifier"`: 1,
		`name="password"`:   1,
		`class="primary"`:   1,
		`<p class="or">`:    1, // not between buttons
		`autofocus`:         1,
		`login/methods/code?flow=` + flowID + `">Send me a code</button>`: 1,
	})
}

// What the form for codes says of the identifier is shown on the one field for it.
func TestLogin_identifier_rejected(t *testing.T) {
	t.Parallel()
	code := codeLoginGroup()
	code.Fill(map[string]any{"identifier": "ada@"})
	code.Add("identifier", message.Of(message.KeyNotAnEmail))
	f := newFlow(flow.Login, loginGroup(), code)
	f.Active = "code"
	counted(t, get(t, newPages(t, showing(f)), open("/login")).Body.String(), map[string]int{
		`value="ada@"`: 1, `href="#password-identifier"`: 1,
	})
}

// A page that waits for a security key leads with it, names its owner, and leaves the other methods below.
func TestLogin_keyLeads(t *testing.T) {
	t.Parallel()
	key := ui.Group{Method: "webauthn", Nodes: []ui.Node{
		csrf(),
		{Name: "identifier", Type: "hidden", Value: "ada@example.org"},
		{Name: "webauthn_login", Type: "hidden"},
		{Name: "webauthn_login_trigger", Type: "button", OnClick: "oryWebAuthnLogin"},
	}}
	f := newFlow(flow.Login, loginGroup(), codeLoginGroup(), key)
	f.Active = "webauthn"
	page := get(t, newPages(t, showing(f)), open("/login")).Body.String()
	counted(t, page, map[string]int{
		`<button class="primary" type="button" hidden data-webauthn-click="oryWebAuthnLogin"`: 1,
		`class="primary"`:         1,
		`value="ada@example.org"`: 2, // in the form of the key, and once for the others
		`autofocus`:               0,
		`data-without-keys`:       1,
	})
	if key, password := strings.Index(page, "oryWebAuthnLogin"), strings.Index(page, `name="password"`); key > password {
		t.Errorf("the password stands before the key: %s", page)
	}

	f.Active = "password" // which was tried meanwhile
	counted(t, get(t, newPages(t, showing(f)), open("/login")).Body.String(), map[string]int{`name="identifier"`: 1, `>Sign in</button>`: 1})
}

// Where a code proves an address, the pages speak of codes, and of the address that it was sent to.
func TestProof_code(t *testing.T) {
	t.Parallel()
	asking := ui.Group{Method: "code", Nodes: []ui.Node{csrf(), {Name: "email", Type: "email", Required: true, Label: "E-mail", Autocomplete: "email"}}}
	sent := ui.Group{Method: "code", Nodes: []ui.Node{
		csrf(),
		{Name: "code", Type: "text", Required: true, Autocomplete: "one-time-code"},
		{Name: "email", Type: "submit", Value: "ada@example.org", Label: "Resend code"},
	}}
	for _, kind := range []flow.Kind{flow.Recovery, flow.Verification} {
		page := get(t, newPages(t, showing(newFlow(kind, asking))), open("/"+string(kind))).Body.String()
		counted(t, page, map[string]int{`type="submit">Send me a code</button>`: 1, "end you a code": 1, "a link": 0})

		f := newFlow(kind, sent)
		f.State = flow.Challenged
		page = get(t, newPages(t, showing(f)), open("/"+string(kind))).Body.String()
		counted(t, page, map[string]int{
			`type="submit">Continue</button>`: 1, `>Send another code</button>`: 1, `<bdi>ada@example.org</bdi>`: 1, `>Use another address</a>`: 1, "a link": 0,
		})
	}
}

// Newcomers are asked for the name of a key only where a key is all that they can choose.
func TestRegistration_keyName(t *testing.T) {
	t.Parallel()
	key := ui.Group{Method: "webauthn", Nodes: []ui.Node{
		csrf(),
		{Name: "traits.email", Type: "email", Required: true},
		{Name: "webauthn_register_displayname", Type: "text"},
		{Name: "webauthn_register", Type: "hidden"},
		{Name: "webauthn_register_trigger", Type: "button", OnClick: "oryWebAuthnRegistration"},
	}}
	password := ui.Group{Method: "password", Nodes: []ui.Node{
		csrf(), {Name: "traits.email", Type: "email", Required: true}, {Name: "password", Type: "password", Required: true, Autocomplete: "new-password"},
	}}
	for want, groups := range [][]ui.Group{{password, key}, {key}} {
		page := get(t, newPages(t, showing(newFlow(flow.Registration, groups...))), open("/registration")).Body.String()
		counted(t, page, map[string]int{`name="webauthn_register_displayname"`: want, `name="webauthn_register"`: 1})
	}
}

// One button of a page stands out, no matter how many there are.
func TestSecondFactor_oneButtonStandsOut(t *testing.T) {
	t.Parallel()
	recovery := ui.Group{Method: "lookup_secret", Nodes: []ui.Node{csrf(), {Name: "lookup_secret", Type: "text", Required: true}}}
	page := get(t, newPages(t, showing(secondFactor(totpGroup(), recovery))), open("/login")).Body.String()
	counted(t, page, map[string]int{`class="primary"`: 1, `<p class="or">`: 1, `type="submit">Sign in</button>`: 2})
}

// A page opens where recovery codes were just made, and says which factors are set up.
func TestSettings_factors(t *testing.T) {
	t.Parallel()
	codes := ui.Group{Method: "lookup_secret", Nodes: []ui.Node{
		csrf(),
		{Name: "lookup_secret_codes", Kind: ui.Text, Texts: []message.Message{message.Reason("abcdefgh"), message.Reason("ijklmnop")}},
		{Name: "lookup_secret_confirm", Type: "submit", Value: "true"},
	}}
	app := ui.Group{Method: "totp", Nodes: []ui.Node{csrf(), {Name: "totp_unlink", Type: "submit", Value: "true"}}}
	s := showing(newFlow(flow.Settings, app, codes))
	s.session = newSession(adaTraits)
	counted(t, get(t, newPages(t, s), open("/settings")).Body.String(), map[string]int{
		`tabindex="-1" autofocus`:                     1,
		`<span class="state done">On</span>`:          1,
		`<code dir="ltr">abcdefgh</code>`:             1,
		`<a href="#lookup_secret">Recovery codes</a>`: 1,
		` data-keep`: 1,
	})

	s = showing(newFlow(flow.Settings, ui.Group{Method: "lookup_secret", Nodes: []ui.Node{csrf(), {Name: "lookup_secret_codes", Kind: ui.Text, Texts: []message.Message{
		{Key: message.KeyLookupCodeHidden, Params: map[string]any{"hint": "ab"}}, {Key: message.KeyLookupCodeUsed, Params: map[string]any{"used_at": "2026-11-30T18:00:00Z"}},
	}}}}))
	s.session = newSession(adaTraits)
	counted(t, get(t, newPages(t, s), open("/settings")).Body.String(), map[string]int{`class="codes"`: 1, ` data-keep`: 0})
}

func TestSight_Parts(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"7CYOSUCUGYLC":           "7CYO SUCU GYLC",
		"7CYOSUCUGYL":            "7CYO SUCU GYL",
		"dqpuwvvd":               "", // a recovery code
		"Used on 4 May 2026":     "",
		"استُخدم-في-4-مايو-2026": "",
	} {
		if got := strings.Join((&sight{}).Parts(line), " "); got != want {
			t.Errorf("%q in parts: %q, want %q", line, got, want)
		}
	}
}

// The settings as served, sent back by a browser, change nothing: what has no value keeps none, and a number is chosen
// among others however it is written.
func TestSettings_sentBack(t *testing.T) {
	t.Parallel()
	profile := ui.Group{Method: "profile", Nodes: []ui.Node{
		csrf(),
		{Name: "traits.unset", Type: "checkbox"},
		{Name: "traits.off", Type: "checkbox", Value: false},
		{Name: "traits.factor", Type: "number", Options: []any{ui.Number("0.5"), ui.Number("1e3")}, Value: ui.Number("1000")},
		{Name: "traits.word", Type: "text", Options: []any{"1", "01"}, Value: "01"},
	}}
	want := map[string]int{
		`type="hidden" name="traits.unset" value=""`:      1,
		`type="hidden" name="traits.off" value="false"`:   1,
		`<option value="1000" selected>1e3</option>`:      1,
		`<option value="01" selected>01</option>`:         1,
		`<option value="" selected>`:                      0,
		`type="hidden" name="traits.unset" value="false"`: 0,
	}
	s := showing(newFlow(flow.Settings, profile))
	s.session = newSession(adaTraits)
	counted(t, get(t, newPages(t, s), open("/settings")).Body.String(), want)

	// A newcomer who ticks nothing has chosen false.
	page := get(t, newPages(t, showing(newFlow(flow.Registration, profile))), open("/registration")).Body.String()
	counted(t, page, map[string]int{`type="hidden" name="traits.unset" value="false"`: 1})
}
