package webui

import (
	"strings"
	"testing"

	"symbolon/internal/flow"
	"symbolon/internal/message"
	"symbolon/internal/ui"
)

func factorGroups() []ui.Group {
	return []ui.Group{
		{Method: "totp", Nodes: []ui.Node{
			csrf(), {Kind: ui.Image, Name: "totp_qr", Type: "image", Value: pictureURL + "iVBORw0KGgo=", Label: "QR code"},
			{Kind: ui.Text, Name: "totp_secret_key", Type: "text", Value: "JBSWY3DP", Label: "Secret", Texts: []message.Message{
				{Key: message.KeyTOTPSecret, Params: map[string]any{"secret": "JBSWY3DP"}},
			}},
			{Name: "totp_code", Type: "text", Required: true, Label: "Verify code", Autocomplete: "one-time-code"},
		}},
		{Method: "passkey", Nodes: []ui.Node{
			csrf(), {Name: "passkey_remove", Type: "submit", Value: "0a0b", Label: "Remove my key"},
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
		"picture":       `src="` + pictureURL + `iVBORw0KGgo=" alt="QR code"`,
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
