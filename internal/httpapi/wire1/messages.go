package wire1

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
)

// entry is how this wire shows a message: its number, its English text and the
// parameters that go into its context.
type entry struct {
	id      int
	kind    string // info, error, success
	text    string // {param} and {param:%verb} stand for values; empty for the catalogue's own
	context []field
}

// field is a member of a context.
type field struct {
	name string // on the wire
	from string // parameter of the message; empty for name
	// as turns the parameter into the member; nil takes it as it is. ok is false for
	// a value that the member can't have.
	as func(any) (value any, ok bool)
}

const (
	info    = "info"
	failure = "error"
	success = "success"
)

func fields(names ...string) []field {
	out := make([]field, len(names))
	for i, name := range names {
		out[i] = field{name: name}
	}
	return out
}

// expired is the context of messages about flows that are over.
func expired() []field {
	return []field{{name: "expired_at"}, {name: "expired_at_unix", from: "expired_at", as: seconds}}
}

// privileged is the context of the message after a recovery. The first member has
// the name that clients of before know.
func privileged() []field {
	return []field{
		{name: "privilegedSessionExpiresAt"},
		{name: "privileged_session_expires_at", from: "privilegedSessionExpiresAt"},
		{name: "privileged_session_expires_at_unix", from: "privilegedSessionExpiresAt", as: seconds},
	}
}

// entryOf returns how the wire shows a message. It is a switch and not a map
// variable, so that nothing can change it.
func entryOf(m message.Message) (entry, bool) {
	switch m.Key {
	case keyNoMethod:
		return noMethod(m)
	case message.KeyChooseCredential:
		return entry{id: 1040009, kind: info}, true
	case message.KeyMissing:
		return entry{id: 4000002, kind: failure, context: fields("property")}, true
	case message.KeyPasswordTooShort:
		return entry{
			id: 4000032, kind: failure, text: "The password must be at least {min} characters long, but got {length}.",
			context: []field{{name: "min_length", from: "min"}, {name: "actual_length", from: "length"}},
		}, true
	case message.KeyPasswordTooLong:
		return entry{id: 4000033, kind: failure, context: []field{{name: "max_length", from: "max"}, {name: "actual_length", from: "length"}}}, true
	case message.KeyPasswordTooSimilar:
		return entry{id: 4000031, kind: failure, text: "The password can not be used because it is too similar to the identifier."}, true
	case message.KeyPasswordCommon, message.KeyPasswordBreached:
		return entry{id: 4000034, kind: failure, text: "The password has been found in data breaches and must no longer be used.", context: fields("breaches")}, true
	case message.KeyPasswordUnchecked:
		return entry{id: 4000005, kind: failure, context: fields("reason")}, true
	case message.KeyInvalidCredentials:
		return entry{id: 4000006, kind: failure}, true
	case message.KeyDuplicateIdentifier:
		return entry{id: 4000007, kind: failure}, true
	case message.KeyNotAnEmail:
		return entry{id: 4000040, kind: failure, text: "Enter a valid email address", context: fields("value")}, true
	case message.KeyLoginExpired:
		return entry{id: 4010001, kind: failure, context: expired()}, true
	case message.KeyRegistrationExpired:
		return entry{id: 4040001, kind: failure, context: expired()}, true
	case message.KeySettingsExpired:
		return entry{id: 4050001, kind: failure, context: expired()}, true
	case message.KeyCodeSentPrefix + "recovery":
		if m.Params["masked_address"] != nil {
			return entry{
				id: 1060004, kind: info, context: fields("masked_address"),
				text: "A recovery code has been sent to {masked_address}. If you have not received it, check the spelling of the address and make sure to use the address you registered with.",
			}, true
		}
	case message.KeySignInToLink:
		return linkAtSignIn(), m.Params["identifier"] != nil
	case message.KeySettingsSaved:
		return entry{id: 1050001, kind: success}, true
	}
	if e, ok := factorEntry(m.Key); ok {
		return e, true
	}
	if e, ok := returning(m.Key); ok {
		return e, true
	}
	return schemaEntry(m)
}

// linkAtSignIn is the message on the login that links an account at a provider. The names in
// camel case are those that clients of before know. What the account could sign in with is
// no matter of strangers: those lists stay empty.
func linkAtSignIn() entry {
	none := func(any) (any, bool) { return []string{}, true }
	return entry{
		id: 1010016, kind: info,
		text: `You tried to sign in with "{identifier}", but that email is already used by another account. Sign in to your account with one of the options below to add your account "{identifier}" at "{provider}" as another way to sign in.`,
		context: []field{
			{name: "provider"},
			{name: "duplicateIdentifier", from: "identifier"},
			{name: "duplicate_identifier", from: "identifier"},
			{name: "newLoginUrl", from: "page"},
			{name: "new_login_url", from: "page"},
			{name: "available_credential_types", from: "page", as: none},
			{name: "available_providers", from: "page", as: none},
		},
	}
}

// noMethod is the message of each kind that a submission names no method.
func noMethod(m message.Message) (entry, bool) {
	ids := map[any]int{
		string(flow.Login): 4010002, string(flow.Registration): 4010003, string(flow.Settings): 4010004,
		string(flow.Recovery): 4010005, string(flow.Verification): 4010006,
	}
	return entry{id: ids[m.Params["kind"]], kind: failure}, true
}

// returning are the messages about mails and what comes back from them.
func returning(key string) (entry, bool) {
	const check = " If you have not received an email, check the spelling of the address and make sure to use the address you registered with."
	switch key {
	case message.KeyRecoveryDone:
		return entry{id: 1060001, kind: success, context: privileged()}, true
	case message.KeyRecoverySent:
		return entry{id: 1060002, kind: info, text: "An email containing a recovery link has been sent to the email address you provided." + check}, true
	case message.KeyRecoveryRetry:
		return entry{id: 4060001, kind: failure}, true
	case message.KeyRecoveryInvalid:
		return entry{id: 4060004, kind: failure}, true
	case message.KeyRecoveryExpired:
		return entry{id: 4060005, kind: failure, context: expired()}, true
	case message.KeyVerificationDone:
		return entry{id: 1080002, kind: success}, true
	case message.KeyVerificationSent:
		return entry{id: 1080001, kind: info, text: "An email containing a verification link has been sent to the email address you provided." + check}, true
	case message.KeyVerificationInvalid:
		return entry{id: 4070001, kind: failure}, true
	case message.KeyVerificationRetry:
		return entry{id: 4070002, kind: failure}, true
	case message.KeyVerificationExpired:
		return entry{id: 4070005, kind: failure, context: expired()}, true
	}
	return entry{}, false
}

// bound is the context of a keyword that compares.
func bound(want, got string) []field {
	return []field{{name: want, from: "want", as: number}, {name: got, from: "got", as: number}}
}

// schemaEntry is how the wire shows what an identity schema objects to, by the
// keyword of JSON Schema. Keywords without a number of their own are texts.
func schemaEntry(m message.Message) (entry, bool) {
	keyword, ok := strings.CutPrefix(m.Key, message.KeySchemaPrefix)
	if !ok {
		return entry{}, false
	}
	switch keyword {
	case "minLength":
		return entry{id: 4000003, kind: failure, context: bound("min_length", "actual_length")}, true
	case "pattern":
		return entry{id: 4000004, kind: failure, context: fields("pattern")}, true
	case "maxLength":
		return entry{id: 4000017, kind: failure, context: bound("max_length", "actual_length")}, true
	case "minimum":
		return entry{id: 4000018, kind: failure, context: bound("minimum", "actual")}, true
	case "exclusiveMinimum":
		return entry{id: 4000019, kind: failure, context: bound("minimum", "actual")}, true
	case "maximum":
		return entry{id: 4000020, kind: failure, context: bound("maximum", "actual")}, true
	case "exclusiveMaximum":
		return entry{id: 4000021, kind: failure, context: bound("maximum", "actual")}, true
	case "multipleOf":
		return entry{id: 4000022, kind: failure, context: bound("base", "actual")}, true
	case "maxItems":
		return entry{id: 4000023, kind: failure, context: bound("max_items", "actual_items")}, true
	case "minItems":
		return entry{id: 4000024, kind: failure, context: bound("min_items", "actual_items")}, true
	case "uniqueItems":
		return entry{id: 4000025, kind: failure, context: []field{{name: "index_a", from: "first"}, {name: "index_b", from: "second"}}}, true
	case "type":
		return entry{id: 4000026, kind: failure, context: []field{{name: "allowed_types", from: "want", as: alternatives}, {name: "actual_type", from: "got"}}}, true
	case "const":
		return constant(m)
	case "format":
		return format(m)
	}
	return entry{}, false
}

// constant shows a value that must be another; what is not a scalar has no text.
func constant(m message.Message) (entry, bool) {
	if _, scalar := m.Params["want"]; !scalar {
		return entry{id: 4000030, kind: failure}, true
	}
	return entry{id: 4000029, kind: failure, text: "must be equal to constant {want}", context: []field{{name: "expected", from: "want", as: number}}}, true
}

// format shows a value of the wrong format; two formats have numbers of their own.
func format(m message.Message) (entry, bool) {
	switch m.Params["format"] {
	case "email":
		return entry{id: 4000040, kind: failure, text: "Enter a valid email address", context: fields("value")}, true
	case "tel":
		return entry{id: 4000041, kind: failure, text: "Enter a valid phone number", context: fields("value")}, true
	}
	return entry{}, false
}

// show renders a message. One without a number of its own is a text (4000001).
func show(m message.Message) Message {
	if m.Key == message.KeyBodyMalformed {
		return reason("Unable to decode form as JSON.")
	}
	if m.Key == message.KeyLastCredential && m.Params["type"] == groupProvider {
		return reason("can not unlink OpenID Connect connection because it is the last remaining first factor credential")
	}
	if m.Key == flow.KeyHook {
		return saidByHook(m)
	}
	e, ok := entryOf(m)
	if !ok {
		return reason(m.English())
	}
	text := m.English()
	if e.text != "" {
		text = m.Render(e.text)
	}
	return Message{ID: e.id, Text: text, Type: e.kind, Context: contextOf(m, e.context)}
}

// reason is a text without a number of its own.
func reason(text string) Message {
	return Message{ID: 4000001, Text: text, Type: failure, Context: map[string]any{"reason": text}}
}

func contextOf(m message.Message, wanted []field) map[string]any {
	out := map[string]any{}
	for _, f := range wanted {
		from := f.from
		if from == "" {
			from = f.name
		}
		v, ok := m.Params[from]
		if ok && f.as != nil {
			v, ok = f.as(v)
		}
		if ok && v != nil {
			out[f.name] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// seconds is a time of a message as seconds since 1970.
func seconds(v any) (any, bool) {
	text, ok := v.(string)
	if !ok {
		return nil, false
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return at.Unix(), err == nil
}

// number is a number that a message carries as text, so that no digit is lost.
func number(v any) (any, bool) {
	text, ok := v.(string)
	if !ok {
		return v, true
	}
	var n json.Number
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return text, true
	}
	return n, true
}

// alternatives are the types that a value may have.
func alternatives(v any) (any, bool) {
	text, ok := v.(string)
	return strings.Split(text, " or "), ok
}

// showAll renders a list that is never null.
func showAll(in []message.Message) []Message {
	out := make([]Message, len(in))
	for i, m := range in {
		out[i] = show(m)
	}
	return out
}

// label is a text beside a node.
func label(id int, text string) *Message { return &Message{ID: id, Text: text, Type: info} }

// rawNull is the JSON null of members that clients must find.
func rawNull() json.RawMessage { return json.RawMessage("null") }

// saidByHook is a message in a hook's own words and with its number.
func saidByHook(m message.Message) Message {
	out := Message{Text: m.English(), Type: failure}
	switch id := m.Params["id"].(type) {
	case int:
		out.ID = id
	case json.Number:
		n, _ := id.Int64() // a number of a message is a whole one
		out.ID = int(n)
	case float64:
		out.ID = int(id)
	}
	if kind, _ := m.Params["type"].(string); kind == info {
		out.Type = info
	}
	out.Context, _ = m.Params["shown"].(map[string]any)
	return out
}
