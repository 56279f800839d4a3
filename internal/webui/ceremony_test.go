package webui

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

func factorGroups() []ui.Group {
	return []ui.Group{
		{Method: "totp", Nodes: []ui.Node{
			csrf(),
			{Kind: ui.Image, Name: "totp_qr", Type: "image", Value: pictureURL + "iVBORw0KGgo=", Label: "QR code"},
			{Kind: ui.Text, Name: "totp_secret_key", Type: "text", Value: "JBSWY3DP", Label: "Secret", Texts: []message.Message{
				{Key: message.KeyTOTPSecret, Params: map[string]any{"secret": "JBSWY3DP"}},
			}},
			{Name: "totp_code", Type: "text", Required: true, Label: "Verify code", Autocomplete: "one-time-code"},
		}},
		{Method: "passkey", Nodes: []ui.Node{
			csrf(),
			{Name: "passkey_remove", Type: "submit", Value: "0a0b", Label: "Remove my key"},
			{Name: "passkey_register_trigger", Type: "button", Label: "Add passkey", OnClick: "oryPasskeySettingsRegistration"},
			{Name: "passkey_login", Type: "hidden", OnLoad: "oryPasskeyLoginAutocompleteInit"},
			{Kind: ui.Script, Name: "webauthn_script", Type: "script", Value: "https://id.example.org/.well-known/ory/webauthn.js"},
		}},
	}
}

func TestFactorForms(t *testing.T) {
	t.Parallel()
	w := get(t, newPages(t, showing(newFlow(flow.Settings, factorGroups()...))), open("/settings"))
	page := w.Body.String()
	for what, want := range map[string]string{
		"picture":       `src="` + pictureURL + `iVBORw0KGgo=" alt="QR code: scan it with your authenticator app"`,
		"secret":        `<code dir="ltr">JBSWY3DP</code>`,
		"code":          `autocomplete="one-time-code"`,
		"remove button": `name="passkey_remove" value="0a0b">Remove my key</button>`,
		"key button":    `<button type="button" hidden data-webauthn-click="oryPasskeySettingsRegistration"`,
		"suggestions":   `data-webauthn-load="oryPasskeyLoginAutocompleteInit"`,
		"script":        `<script src="https://id.example.org/.well-known/ory/webauthn.js" async></script>`,
		"errors":        `role="alert" hidden data-webauthn-errors="{&#34;AbortError`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the %s is missing: %s", what, want)
		}
	}
}

func TestKeysHaveAFormOfTheirOwn(t *testing.T) {
	t.Parallel()
	context := map[string]any{"display_name": "My laptop", "added_at": "2026-05-04T12:00:00Z"}
	group := ui.Group{Method: "passkey", Nodes: []ui.Node{
		csrf(),
		{Name: "passkey_remove", Type: "submit", Value: "0a", Label: "Remove", Context: context},
		{Name: "passkey_rename", Type: "submit", Value: "0a", Label: "Rename", Context: context},
		{Name: "passkey_displayname", Type: "text", Label: "Name"},
		{Name: "passkey_register_trigger", Type: "button", Label: "Add passkey", OnClick: "oryPasskeySettingsRegistration"},
	}}
	s := showing(newFlow(flow.Settings, group))
	s.session = newSession(adaTraits)
	doc := see(t, newPages(t, s), open("/settings"))
	rows := find(doc, "form", "class", "key")
	if len(rows) != 1 {
		t.Fatalf("%d rows, want one for the key", len(rows))
	}
	buttons := find(rows[0], "button", "type", "submit")
	if name, _ := attribute(buttons[0], "name"); len(buttons) != 2 || name != "passkey_rename" {
		t.Errorf("the Enter key in the name of a key presses %q, want passkey_rename", name)
	}
	if len(find(rows[0], "input", "name", "passkey_displayname", "value", "My laptop")) != 1 || len(find(rows[0], "input", "name", "csrf_token")) != 1 {
		t.Error("the row does not send the name and the token")
	}
	if len(find(doc, "button", "name", "passkey_remove")) != 1 {
		t.Error("the key can be removed elsewhere, too")
	}
}

func TestCodeIsTypedAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []flow.Kind{flow.Login, flow.Registration, flow.Recovery, flow.Verification} {
		f := newFlow(kind, ui.Group{Method: "code", Nodes: []ui.Node{
			csrf(), {Name: "code", Type: "text", Required: true, Autocomplete: "one-time-code"}, {Name: "resend", Type: "submit", Value: "code", Label: "Resend code"},
		}})
		f.State = flow.Challenged
		doc := see(t, newPages(t, showing(f)), open("/"+string(kind)))
		form := find(doc, "form")[0]
		if buttons := find(form, "button", "type", "submit"); len(buttons) != 2 {
			t.Errorf("%s: %d buttons, want one to send the code and one for another", kind, len(buttons))
		} else if name, named := attribute(buttons[0], "name"); named {
			t.Errorf("%s: the Enter key presses %q, want the button that sends the code", kind, name)
		}
		if form.Parent.Data == "details" {
			t.Errorf("%s: the field of the code is folded away", kind)
		}
	}
}
