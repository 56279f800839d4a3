package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"strings"

	"github.com/symbolon/symbolon/internal/message"
)

// Input is a decoded submission, the same for forms and JSON.
type Input struct {
	form   url.Values
	object map[string]json.RawMessage
	// problem is why nothing could be decoded; the engine shows it on the form.
	problem *message.Message
	unfit   bool // it was decoded all the same
	whole   bool // its traits are all that there are to be
}

// FormInput is the input of an urlencoded or multipart body, or of a query.
func FormInput(v url.Values) Input { return Input{form: v} }

// JSONInput is the input of a JSON object.
func JSONInput(object map[string]json.RawMessage) Input { return Input{object: object} }

// BrokenInput is a body that could not be decoded.
func BrokenInput(why message.Message) Input { return Input{problem: &why} }

// Unfit is the same input with a reason why no method can judge it; the first reason
// counts.
func (in Input) Unfit(why message.Message) Input {
	if in.problem == nil {
		in.problem, in.unfit = &why, true
	}
	return in
}

// readable reports whether the body could be decoded, so that its token counts.
func (in Input) readable() bool { return in.problem == nil || in.unfit }

// Whole is the same input, whose traits take the place of those that there are.
func (in Input) Whole() Input {
	in.whole = true
	return in
}

// IsWhole reports whether Whole made the input.
func (in Input) IsWhole() bool { return in.whole }

// withUnknown adds the traits of a JSON submission that the schema has no field for,
// so that it can object to them. Those that are missing because the person may not set them come along:
// traits.Schema.Returned takes them out.
func (in Input) withUnknown(values json.RawMessage) json.RawMessage {
	var sent, known map[string]json.RawMessage
	if json.Unmarshal(in.object["traits"], &sent) != nil || json.Unmarshal(values, &known) != nil {
		return values
	}
	changed := false
	for name, value := range sent {
		if _, has := known[name]; !has && string(value) != "null" {
			known[name], changed = value, true
		}
	}
	if !changed {
		return values
	}
	out, err := json.Marshal(known)
	if err != nil {
		return values
	}
	return out
}

// Renamed is the same input with a field under another name, unless that is sent too.
func (in Input) Renamed(from, to string) Input {
	if _, sent, got := in.Text(from); !sent && got == "" {
		return in
	}
	if _, sent, _ := in.Text(to); sent {
		return in
	}
	out := in
	out.form, out.object = maps.Clone(in.form), maps.Clone(in.object)
	if out.object != nil {
		out.object[to] = in.object[from]
	} else {
		out.form[to] = in.form[from]
	}
	return out
}

// Form returns the values of a form, nil for JSON.
func (in Input) Form() url.Values { return in.form }

// Object returns the members of a JSON object, nil for a form.
func (in Input) Object() map[string]json.RawMessage { return in.object }

// Text returns a field as text. ok is false if it was not sent, or sent as JSON
// null; got names the JSON type if it is not a string.
func (in Input) Text(name string) (value string, ok bool, got string) {
	if in.object == nil {
		values, sent := in.form[name]
		if !sent || len(values) == 0 {
			return "", false, ""
		}
		return values[0], true, ""
	}
	raw, sent := in.object[name]
	if !sent || string(raw) == "null" {
		return "", false, ""
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", true, jsonType(raw)
	}
	return value, true, ""
}

// Texts returns the members of a field that are texts: those of a JSON object, or form
// fields with the name, a dot and theirs.
func (in Input) Texts(name string) map[string]string {
	texts := map[string]string{}
	if in.object == nil {
		for field, values := range in.form {
			if member, ok := strings.CutPrefix(field, name+"."); ok && len(values) > 0 {
				texts[member] = values[0]
			}
		}
		return texts
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(in.object[name], &members) // what is no object has no members
	for member, raw := range members {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			texts[member] = text
		}
	}
	return texts
}

// Bind decodes text fields into the string members of the struct that dst
// points to, by their json tag. The tag required:"true" rejects a field that is
// missing or empty, required:"filled" says "missing" for both. Unknown fields
// are ignored; a value of another type than string is rejected.
func (in Input) Bind(dst any) error {
	target := reflect.ValueOf(dst).Elem()
	var rejected Rejected
	for i := range target.NumField() {
		field := target.Type().Field(i)
		name := field.Tag.Get("json")
		value, sent, got := in.Text(name)
		if m := fieldProblem(field.Tag.Get("required"), name, value, sent, got); m != nil {
			rejected.Messages = append(rejected.Messages, FieldMessage{name, *m})
		}
		target.Field(i).SetString(value)
	}
	if rejected.Messages != nil {
		return &rejected
	}
	return nil
}

// Identifier returns the login identifier that the submission must name, without spaces around it.
func (in Input) Identifier() (string, error) {
	var sent struct {
		Identifier string `json:"identifier" required:"filled"`
	}
	if err := in.Bind(&sent); err != nil {
		return "", err
	}
	who := strings.TrimSpace(sent.Identifier)
	if who == "" {
		return "", Reject(identifierField, message.Missing(identifierField))
	}
	return who, nil
}

func fieldProblem(required, name, value string, sent bool, got string) *message.Message {
	var m message.Message
	switch {
	case got != "":
		m = message.Message{Key: message.KeyWrongType, Params: map[string]any{"want": "string", "got": got}}
	case required == "" || sent && value != "":
		return nil
	case sent && required == "true":
		m = message.Of(message.KeyEmpty)
	default:
		m = message.Missing(name)
	}
	return &m
}

// jsonType names the type of a JSON value as messages do.
func jsonType(raw json.RawMessage) string {
	switch strings.TrimLeft(string(raw), " \t\r\n")[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	default:
		return "number"
	}
}

// stored is how a submission waits inside a flow for a re-authentication.
type stored struct {
	Form   url.Values                 `json:"form,omitempty"`
	Object map[string]json.RawMessage `json:"object,omitempty"`
}

func (in Input) store() stored { return stored{Form: in.form, Object: in.object} }

func (s stored) input() Input { return Input{form: s.Form, object: s.Object} }

// only returns the fields whose names are wanted.
func (in Input) only(wanted func(name string) bool) Input {
	out := Input{form: maps.Clone(in.form), object: maps.Clone(in.object)}
	maps.DeleteFunc(out.form, func(name string, _ []string) bool { return !wanted(name) })
	maps.DeleteFunc(out.object, func(name string, _ json.RawMessage) bool { return !wanted(name) })
	return out
}

// String names the shape alone: submissions hold passwords.
func (in Input) String() string {
	return fmt.Sprintf("input of %d fields", len(in.form)+len(in.object))
}
