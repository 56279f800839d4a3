package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/traits"
)

// The ways to send a value that one input does not hold, as prefixes of its name.
const (
	asLines = "lines:" // a list, one element a line
	asJSON  = "json:"
)

// field is one input of the traits.
type field struct{ pagekit.Field }

// fieldsOf draws the form of a schema with the traits there are.
func fieldsOf(schema *traits.Schema, values json.RawMessage) []field {
	current := parsed(values)
	all := schema.Fields()
	out := make([]field, 0, len(all))
	for i := range all {
		f := newField(&all[i], i)
		f.fill(&all[i], member(current, all[i].Name))
		out = append(out, f)
	}
	preserveShown(schema, out, current)
	return out
}

// preserveShown turns fields whose value would come back as another one into
// JSON: a number where the schema allows anything, a value that has left its
// enumeration. To open a form and save it must change nothing.
func preserveShown(schema *traits.Schema, fields []field, current any) {
	in, _ := inputOf(schema, shown(fields))
	decoded, err := schema.Decode(in)
	if err != nil {
		return // it is too large, which saving it will say
	}
	back := parsed(decoded)
	for i, t := range schema.Fields() {
		was := member(current, t.Name)
		if was != nil && !reflect.DeepEqual(was, member(back, t.Name)) && !fields[i].Code {
			fields[i].json(was)
		}
	}
}

// shown is what a browser would send of the fields.
func shown(fields []field) url.Values {
	form := url.Values{}
	for i := range fields {
		value := fields[i].Value
		for _, o := range fields[i].Options {
			if o.Selected {
				value = o.Value
			}
		}
		form.Set(fields[i].Name, value)
	}
	return form
}

// parsed reads JSON and keeps numbers as they are written; nil for none.
func parsed(raw json.RawMessage) any {
	var value any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil
	}
	return value
}

func newField(t *traits.Field, number int) field {
	f := field{pagekit.Field{
		ID: "trait-" + strconv.Itoa(number), Name: t.Name, Label: t.Title, Required: t.Required,
		Control: pagekit.Input, Type: t.Type, Autocomplete: "off",
	}}
	if !f.Required {
		f.Optional = "optional"
	}
	if f.Label == "" {
		f.Label = pagekit.PathLabel(t.Name)
	}
	if t.Identifier {
		f.Hint = "Signs in with this."
	}
	if t.Type == "datetime-local" {
		f.Type = "text" // the value has a time zone, which browsers' own input would lose
	}
	return f
}

// fill puts a value into the input, of the sort that can hold it.
func (f *field) fill(t *traits.Field, value any) {
	text, isText := value.(string)
	_, isNumber := value.(json.Number)
	switch {
	case t.Structured || nested(value), t.Type == "number" && value != nil && !isNumber:
		f.json(value)
	case t.Multiple:
		f.area(asLines, "One to a line.")
		f.Value = strings.Join(lines(value), "\n")
	case t.Type == "checkbox":
		f.choose([]any{true, false}, []string{"Yes", "No"}, value)
	case len(t.Enum) > 0:
		f.choose(t.Enum, nil, value)
	case isText && strings.Contains(text, "\n"):
		f.area("", "")
		f.Value = text
	default:
		f.Value = pagekit.ValueText(value)
	}
	f.Rows = min(max(strings.Count(f.Value, "\n")+2, 3), 12)
}

// json makes the input one of JSON, also if it was a form.
func (f *field) json(value any) {
	f.Name = bare(f.Name)
	f.Options = nil
	f.area(asJSON, "As JSON.")
	f.Code, f.Value = true, ""
	if value != nil {
		f.Value = pagekit.Indented(value)
	}
	f.Rows = min(max(strings.Count(f.Value, "\n")+2, 3), 12)
}

func (f *field) area(as, hint string) {
	f.Control, f.Type, f.Name = pagekit.Area, "", as+f.Name
	f.Hint = strings.TrimSpace(hint + " " + f.Hint)
}

// choose makes the input a choice, of nothing too where nothing is allowed or
// chosen yet.
func (f *field) choose(values []any, texts []string, chosen any) {
	f.Control, f.Type = pagekit.Select, ""
	found := false
	for i, v := range values {
		o := pagekit.Option{Value: pagekit.ValueText(v), Text: pagekit.ValueText(v), Selected: chosen != nil && pagekit.ValueText(v) == pagekit.ValueText(chosen)}
		if texts != nil {
			o.Text = texts[i]
		}
		found = found || o.Selected
		f.Options = append(f.Options, o)
	}
	if !f.Required || !found {
		f.Options = append([]pagekit.Option{{Text: "Not set", Selected: !found}}, f.Options...)
	}
}

// nested reports whether lines can't hold a value.
func nested(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return true
	case []any:
		for _, item := range v {
			switch item := item.(type) {
			case map[string]any, []any, nil:
				return true
			case string:
				if item == "" || strings.ContainsAny(item, "\r\n") || strings.TrimSpace(item) != item {
					return true
				}
			}
		}
	}
	return false
}

func lines(value any) []string {
	items, ok := value.([]any)
	if !ok {
		if value == nil {
			return nil
		}
		items = []any{value}
	}
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = pagekit.ValueText(item)
	}
	return out
}

// member finds a value by the name of its field.
func member(traits any, name string) any {
	const dot = "\x00"
	steps := strings.Split(strings.ReplaceAll(name, `\.`, dot), ".")
	at := traits
	for _, step := range steps[1:] { // the first one is that of the traits
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[strings.ReplaceAll(step, dot, ".")]
	}
	return at
}

var errNoJSON = errors.New("this is not JSON")

// inputOf reads the traits that a form has sent. What is not JSON where JSON is
// asked for is named by its field.
func inputOf(schema *traits.Schema, form url.Values) (traits.Input, map[string]error) {
	in := traits.Input{Form: map[string][]string{}, JSON: map[string]json.RawMessage{}, Admin: true}
	wrong := map[string]error{}
	for _, t := range schema.Fields() {
		raw := strings.TrimSpace(form.Get(asJSON + t.Name))
		switch {
		case raw != "" && !json.Valid([]byte(raw)):
			wrong[t.Name] = errNoJSON
		case raw != "":
			in.JSON[t.Name] = json.RawMessage(raw)
		case form.Has(asJSON + t.Name):
			in.Form[t.Name] = []string{""}
		case form.Has(asLines + t.Name):
			in.Form[t.Name] = split(form.Get(asLines + t.Name))
		case form.Has(t.Name):
			// Browsers send lines as networks have them.
			in.Form[t.Name] = []string{strings.ReplaceAll(form.Get(t.Name), "\r\n", "\n")}
		}
	}
	return in, wrong
}

// split reads the lines of an area; none are one that is empty, which says that the
// list shall be.
func split(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// restoreTyped puts back what was typed, in the inputs that it was typed into.
func restoreTyped(fields []field, schema *traits.Schema, form url.Values) {
	for i := range schema.Fields() {
		f, t := &fields[i], &schema.Fields()[i]
		for _, as := range []string{asJSON, asLines, ""} {
			if !form.Has(as + t.Name) {
				continue
			}
			typed := form.Get(as + t.Name)
			if f.Control == pagekit.Select {
				f.pick(typed)
				break
			}
			f.Value = typed
			if f.Name != as+t.Name && as != "" {
				// The value has changed its sort since.
				f.area(as, "")
				f.Name = as + t.Name
			}
			break
		}
	}
}

func (f *field) pick(typed string) {
	for i := range f.Options {
		f.Options[i].Selected = f.Options[i].Value == typed
	}
}
