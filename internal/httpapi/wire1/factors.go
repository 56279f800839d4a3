package wire1

import (
	"fmt"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// groupKeys is the group of the script that the forms of all keys share.
const groupKeys = "webauthn"

// factorNode returns the node of a second factor, key or code; known is false for other inputs, and the node is nil for
// what this wire has no node for.
func (b *form) factorNode(method string, in *ui.Node) (n *Node, known bool) {
	switch {
	case in.Kind == ui.Image:
		return &Node{
			Type: "img", Group: method, Messages: []Message{}, Meta: Meta{Label: b.factorLabel(in)},
			Attributes: Attributes{Src: textOf(in.Value), ID: in.Name, Width: 256, Height: 256, NodeType: "img"},
		}, true
	case in.Kind == ui.Text:
		return &Node{
			Type: "text", Group: method, Messages: []Message{}, Meta: Meta{Label: b.factorLabel(in)},
			Attributes: Attributes{Text: shownText(in), ID: in.Name, NodeType: "text"},
		}, true
	case in.Kind == ui.Script && b.flow.Client == flow.API:
		return nil, true // native clients call their own authenticator
	case in.Kind == ui.Script:
		return &Node{
			Type: "script", Group: groupKeys, Messages: []Message{},
			Attributes: Attributes{
				Src: textOf(in.Value), Async: true, ReferrerPolicy: "no-referrer", CrossOrigin: "anonymous", Integrity: ceremony.ScriptIntegrity(),
				Type: "text/javascript", ID: in.Name, Nonce: b.flow.ID, NodeType: "script",
			},
		}, true
	case strings.HasSuffix(in.Name, "_rename"), in.Name == "passkey_displayname":
		return nil, true
	}
	label := b.factorLabel(in)
	if label == nil && in.OnClick == "" && in.OnLoad == "" && !b.answersKey(in) {
		return nil, false
	}
	made := input(b.group(method, in), in.Name, in.Type)
	a := &made.Attributes
	a.Value, a.Required = in.Value, in.Required && in.Name != "webauthn_register_displayname"
	if b.answersKey(in) {
		a.Value = nil
	}
	*a.Disabled = in.Disabled
	if a.Value == nil && b.flow.Kind == flow.Login && (in.Name == "totp_code" || in.Name == "lookup_secret") && !b.wrong() {
		a.Value = ""
	}
	a.OnClick, a.OnClickTrigger = b.call(in.OnClick, in)
	a.OnLoad, a.OnLoadTrigger = b.call(in.OnLoad, in)
	made.Messages, made.Meta.Label = showAll(in.Messages), label
	if in.Name == "webauthn_remove" && in.Disabled && says(b.flow.Form.Group(groupKeys).Messages, message.KeyLastCredential) {
		made.Messages = append(made.Messages, show(lastKey()))
	}
	if keyMissing(in) {
		made.Messages = []Message{}
	}
	return &made, true
}

// answersKey reports whether an input is one of those that the form of a passkey has without a value, until the script
// fills it in.
func (b *form) answersKey(in *ui.Node) bool {
	switch in.Name {
	case "passkey_login", "passkey_register", "passkey_settings_register":
		return true
	case "passkey_register_trigger":
		return b.flow.Kind == flow.Registration
	}
	return false
}

// call is what a handler of a node runs: script, for pages, and the name of the function, for all clients.
func (b *form) call(function string, in *ui.Node) (script, name string) {
	if function == "" {
		return "", ""
	}
	if b.flow.Client == flow.API {
		return "", function
	}
	argument := ""
	if strings.HasPrefix(function, "oryWebAuthn") {
		argument = textOf(in.Value)
	}
	return fmt.Sprintf("window.%s(%s)", function, argument), function
}

func textOf(v any) string {
	text, _ := v.(string)
	return text
}

// shownText is what a text node shows: one secret, or a list of them.
func shownText(in *ui.Node) *Message {
	if in.Name != "lookup_secret_codes" && len(in.Texts) == 1 {
		m := show(in.Texts[0])
		return &m
	}
	secrets, plain := make([]Message, len(in.Texts)), make([]string, len(in.Texts))
	for i, text := range in.Texts {
		secrets[i] = show(text)
		if plain[i] = secrets[i].Text; text.Key == message.KeyLookupCodeUsed {
			plain[i] = "used"
		}
	}
	m := label(1050015, strings.Join(plain, ", "))
	m.Context = map[string]any{"secrets": secrets}
	return m
}

// factorLabel is the label of a node of a second factor, key or code; nil for others.
func (b *form) factorLabel(in *ui.Node) *Message {
	named := func(id int, text string) *Message {
		m := label(id, fmt.Sprintf(text, in.Context["display_name"]))
		m.Context = map[string]any{}
		for _, name := range []string{"added_at", "added_at_unix", "display_name"} {
			m.Context[name] = in.Context[name]
		}
		return m
	}
	switch in.Name {
	case "totp_qr":
		return label(1050005, "Authenticator app QR code")
	case "totp_secret_key":
		return label(1050017, "This is your authenticator app secret. Use it if you can not scan the QR code.")
	case "totp_code":
		if b.flow.Kind == flow.Login {
			return label(1010006, "Authentication code")
		}
		return label(1070006, "Verify code")
	case "totp_unlink":
		return label(1050004, "Unlink TOTP Authenticator App")
	case "lookup_secret":
		return label(1010007, "Backup recovery code")
	case "lookup_secret_codes":
		return label(1050010, "These are your back up recovery codes. Please keep them in a safe place!")
	case "lookup_secret_regenerate":
		return label(1050008, "Generate new backup recovery codes")
	case "lookup_secret_reveal":
		return label(1050007, "Reveal backup recovery codes")
	case "lookup_secret_confirm":
		return label(1050011, "Confirm backup recovery codes")
	case "lookup_secret_disable":
		return label(1050016, "Disable this method")
	case "webauthn_remove":
		return named(1050018, `Remove security key "%v"`)
	case "webauthn_register_displayname":
		return label(1050013, "Name of the security key")
	case "webauthn_register_trigger":
		if b.flow.Kind == flow.Registration {
			return label(1040004, "Sign up with security key")
		}
		return label(1050012, "Add security key")
	case "webauthn_login_trigger":
		if b.asksKey() {
			return label(1010013, "Continue")
		}
		return label(1010008, "Sign in with hardware key")
	case "passkey_remove":
		return named(1050020, `Remove passkey "%v"`)
	case "passkey_register_trigger":
		if b.flow.Kind == flow.Settings {
			return label(1050019, "Add passkey")
		}
		return label(1040007, "Sign up with passkey")
	case "passkey_login_trigger":
		return label(1010021, "Sign in with passkey")
	}
	return b.codeLabel(in)
}

// codeLabel is the label of a node of the code method; nil for others.
func (b *form) codeLabel(in *ui.Node) *Message {
	switch in.Name {
	case "code":
		switch b.flow.Kind {
		case flow.Registration:
			return label(1070012, "Registration code")
		case flow.Recovery:
			return label(1070010, "Recovery code")
		case flow.Verification:
			return label(1070011, "Verification code")
		default:
			return label(1070013, "Login code")
		}
	case "resend":
		return label(1070008, "Resend code")
	case "email":
		if in.Type == "submit" {
			return label(1070008, "Resend code")
		}
	case "address":
		m := label(1010023, "Send code to "+textOf(in.Value))
		m.Context = in.Context
		return m
	}
	return chooseLabel(in)
}

// ownButtons reports whether a group has buttons of its own, so that it needs none for its method.
func ownButtons(g *ui.Group) bool {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.OnClick != "" || n.Type == "submit" && n.Name != "resend" && n.Name != "email" {
			return g.Method != groupPassword && g.Method != groupProfile
		}
	}
	return false
}

// factorEntry is how this wire shows messages about second factors, keys and codes.
func factorEntry(key string) (entry, bool) {
	switch key {
	case message.KeyConfirmIdentity:
		return entry{id: 1010003, kind: info}, true
	case message.KeyWrongMethod:
		return entry{id: 4010002, kind: failure}, true
	case message.KeySecondFactor:
		return entry{id: 1010004, kind: info}, true
	case message.KeyFactorCodeInvalid, message.KeyKeyInvalid:
		return entry{id: 4000008, kind: failure, text: "The provided authentication code is invalid, please try again."}, true
	case message.KeyFactorNone:
		return entry{id: 5000002, kind: failure}, true
	case message.KeyTOTPSecret:
		return entry{id: 1050006, kind: info, context: fields("secret")}, true
	case message.KeyLookupCode:
		return entry{id: 1050009, kind: info, context: fields("secret")}, true
	case message.KeyLookupCodeHidden:
		return entry{id: 1050009, kind: info, context: fields("hint")}, true
	case message.KeyLookupCodeUsed:
		return entry{id: 1050014, kind: info, context: []field{{name: "used_at"}, {name: "used_at_unix", from: "used_at", as: seconds}}}, true
	case message.KeyLookupInvalid:
		return entry{id: 4000016, kind: failure}, true
	case message.KeyLookupUsed:
		return entry{id: 4000012, kind: failure}, true
	case message.KeyLookupNone:
		return entry{id: 4000014, kind: failure}, true
	case message.KeyKeyTaken:
		return entry{id: 4000007, kind: failure}, true
	case message.KeyKeyUnknown:
		return entry{id: 4000015, kind: failure}, true
	case message.KeyKeyPrepare:
		return entry{id: 1010012, kind: info}, true
	case message.KeyKeyNone:
		return entry{id: 4000013, kind: failure}, true
	case message.KeyKeyNameless:
		return entry{id: 4000009, kind: failure}, true
	case message.KeyCodeUnknown:
		return entry{id: 4000035, kind: failure}, true
	case message.KeyNoMethodLeft:
		return entry{id: 4000037, kind: failure}, true
	case message.KeyCodeTraitsChanged:
		return entry{id: 4000036, kind: failure}, true
	}
	return codeEntry(key)
}

// codeEntry is how this wire shows that a code was sent or is wrong.
func codeEntry(key string) (entry, bool) {
	switch key {
	case message.KeyCodeSentPrefix + "login":
		return entry{id: 1010014, kind: info}, true
	case message.KeyCodeSentPrefix + "registration":
		return entry{id: 1040005, kind: info}, true
	case message.KeyCodeSentPrefix + "recovery":
		return entry{id: 1060003, kind: info}, true
	case message.KeyCodeSentPrefix + "verification":
		return entry{id: 1080003, kind: info}, true
	case message.KeyCodeInvalidPrefix + "login":
		return entry{id: 4010008, kind: failure}, true
	case message.KeyCodeInvalidPrefix + "registration":
		return entry{id: 4040003, kind: failure}, true
	case message.KeyCodeInvalidPrefix + "recovery":
		return entry{id: 4060006, kind: failure}, true
	case message.KeyCodeInvalidPrefix + "verification":
		return entry{id: 4070006, kind: failure}, true
	}
	return entry{}, false
}

// methodByField is the method that a submission without a method is for: those that v26 knows by their own fields.
// Options and names of keys go along with every form, so they tell nothing.
func methodByField(in flow.Input) string {
	for _, f := range []struct{ name, method string }{
		{"passkey_login", "passkey"},
		{"passkey_register", "passkey"},
		{"passkey_settings_register", "passkey"},
		{"passkey_remove", "passkey"},
		{"webauthn_login", groupKeys},
		{"webauthn_register", groupKeys},
		{"webauthn_remove", groupKeys},
		{"lookup_secret", "lookup_secret"},
		{"lookup_secret_regenerate", "lookup_secret"},
		{"lookup_secret_reveal", "lookup_secret"},
		{"lookup_secret_confirm", "lookup_secret"},
		{"lookup_secret_disable", "lookup_secret"},
		{"totp_unlink", "totp"},
		{"code", groupCode},
		{"address", groupCode},
		{"resend", groupCode},
		{"identifier", groupIdentifier},
	} {
		if in.Blob(f.name) != "" {
			return f.method
		}
	}
	return ""
}

// keyMissing reports whether a registration by passkey came without one.
func keyMissing(in *ui.Node) bool {
	return in.Name == "passkey_register" && slices.ContainsFunc(in.Messages, func(m message.Message) bool { return m.Key == message.KeyMissing })
}

// lastKey says why the last key stays.
func lastKey() message.Message {
	return message.Reason("unable to remove this security key because it would lock you out of your account")
}

// ofGroup are the messages of a group. This wire knows keys and factors in settings by their fields: without one of them
// it finds no method.
func ofGroup(k flow.Kind, g *ui.Group) []message.Message {
	switch g.Method {
	case groupKeys, "passkey", "lookup_secret", "totp":
	default:
		return g.Messages
	}
	out := slices.Clone(g.Messages)
	if n := g.Node("passkey_register"); n != nil && keyMissing(n) {
		out = append(out, noMethodIn(k))
	}
	if n := g.Node("webauthn_remove"); n != nil { // the message is on the node of the last key
		out = slices.DeleteFunc(out, func(m message.Message) bool { return m.Key == message.KeyLastCredential })
	}
	for i := range out {
		switch {
		case out[i].Key == message.KeyLastCredential && g.Method == "passkey":
			out[i] = lastKey()
		case out[i].Key == message.KeyNoChanges:
			out[i] = noMethodIn(k)
		case out[i].Key == message.KeyKeyMalformed && k != flow.Login:
			out[i] = message.Reason("Unable to parse WebAuthn response: Parse error for Registration")
		case out[i].Key == message.KeyKeyGone && g.Method == "passkey":
			out[i] = message.Reason("You tried to remove a passkey which does not exist.")
		}
	}
	return out
}
