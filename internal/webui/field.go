package webui

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"symbolon/internal/message"
	"symbolon/internal/ui"
)

// traitsRoot is the object that holds the traits, and the first step of the
// names of their fields.
const traitsRoot = "traits"

// field is one input as a template prints it.
type field struct {
	ID, Name string
	// Control is how it is drawn: hidden, checkbox, select or input.
	Control      string
	Type         string // of an input
	Label        string
	Value        string
	Checked      bool
	Options      []option
	Required     bool
	Optional     string // what says so; empty if it is not, or goes without saying
	Disabled     bool
	Autocomplete string
	InputMode    string
	Dir          string
	Verbatim     bool // no capital letters or corrections of their own
	MinLength    int  // of a new password, for the script
	Hint         string
	Errors       []string
	Notices      []string
}

// option is one of the values that a field may have.
type option struct {
	Value, Text string
	Selected    bool
}

// Describers lists the ids of the texts that belong to the field.
func (f *field) Describers() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if len(f.Notices) > 0 {
		ids = append(ids, f.ID+"-notice")
	}
	if len(f.Errors) > 0 {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// field draws a node. What a schema's pattern refuses is left to the server: its
// regular expressions are not those of browsers.
func (d *drawer) field(method string, n *ui.Node) field {
	f := field{
		ID: d.id(method, n.Name), Name: n.Name, Type: n.Type, Value: text(n.Value),
		Required: n.Required, Disabled: n.Disabled, Autocomplete: n.Autocomplete,
	}
	f.Label = d.label(n)
	if isHidden(n) {
		f.Control, f.Type = "hidden", "hidden"
		return f
	}
	d.shape(&f, n)
	d.explain(&f)
	for _, m := range n.Messages {
		if m.Lookup().Type == message.Error {
			f.Errors = append(f.Errors, d.message(m))
		} else {
			f.Notices = append(f.Notices, d.message(m))
		}
	}
	return f
}

// shape chooses the control and how it takes what is typed.
func (d *drawer) shape(f *field, n *ui.Node) {
	f.Control = "input"
	switch {
	case n.Type == "checkbox":
		f.Control, f.Checked = "checkbox", text(n.Value) == "true"
		return
	case len(n.Options) > 0:
		f.Control, f.Options = "select", d.options(n)
		return
	}
	switch n.Type {
	case "password":
		// The script may turn it into text, which browsers would correct.
		f.Value, f.Verbatim = "", true
	case "email", "url", "tel":
		f.InputMode, f.Dir = n.Type, "ltr"
	case "number":
		f.InputMode = "decimal"
	case "date":
	case "datetime-local":
		// The value has a time zone, which browsers' own input would lose.
		f.Type, f.Verbatim, f.Dir = "text", true, "ltr"
	default:
		f.Type, f.Dir = "text", "auto"
	}
	if n.Autocomplete == "username" {
		f.Verbatim = true
	}
	if f.Value == "" && n.Name == "identifier" {
		f.Value = d.person
	}
}

// explain says beside a field what it takes.
func (d *drawer) explain(f *field) {
	switch {
	case f.Autocomplete == "new-password" && d.passwordMin > 0:
		f.MinLength = d.passwordMin
		f.Hint = strings.ReplaceAll(d.first("hint.new_password.min"), "{min}", strconv.Itoa(d.passwordMin))
	case f.Autocomplete == "new-password":
		f.Hint = d.first("hint.new_password")
	}
	if !f.Required && !f.Disabled && f.Control != "checkbox" && f.Type != "password" {
		f.Optional = d.first("field.optional")
	}
}

// options lists the values of an enumeration, with none first where none may be
// or none is chosen yet.
func (d *drawer) options(n *ui.Node) []option {
	chosen, found := text(n.Value), false
	var out []option
	for _, v := range n.Options {
		value := text(v)
		o := option{Value: value, Text: value, Selected: n.Value != nil && value == chosen}
		found = found || o.Selected
		out = append(out, o)
	}
	if !n.Required || !found {
		out = append([]option{{Text: d.first("field.choose"), Selected: !found}}, out...)
	}
	return out
}

// label names a field: in the pages' words where they have some, in those of the
// schema or method, or by its own name.
func (d *drawer) label(n *ui.Node) string {
	if l := d.first("field."+string(d.flow.Kind)+"."+n.Name, "field."+n.Name); l != "" {
		return l
	}
	if known := d.first("trait." + strings.TrimPrefix(n.Name, traitsRoot+".")); known != "" && d.translates(n) {
		return known
	}
	if n.Label != "" {
		return n.Label
	}
	return d.traitLabel(n.Name)
}

// translates reports whether the pages' word for a trait stands for its schema's:
// the operator said so, the schema has none, or it means the same in English.
func (d *drawer) translates(n *ui.Node) bool {
	key := "trait." + strings.TrimPrefix(n.Name, traitsRoot+".")
	return d.own[key] || n.Label == "" || strings.EqualFold(n.Label, d.plain.first(key))
}

// traitLabel names a trait that its schema does not name: in the pages' words
// where it is a usual one.
func (l *language) traitLabel(name string) string {
	if known := l.first("trait." + strings.TrimPrefix(name, traitsRoot+".")); known != "" {
		return known
	}
	return labelOf(name)
}

// labelOf makes a label of a dotted name: traits.name.first_name is "First name",
// traits.tags.0 is "Tags 1".
func labelOf(name string) string {
	steps := strings.Split(strings.ReplaceAll(name, `\.`, "\x00"), ".")
	last := steps[len(steps)-1]
	if number, err := strconv.ParseUint(last, 10, 16); err == nil && len(steps) > 1 {
		last = steps[len(steps)-2] + " " + strconv.FormatUint(number+1, 10)
	}
	return spoken(strings.ReplaceAll(last, "\x00", "."))
}

// spoken makes words of an identifier.
func spoken(identifier string) string {
	words := strings.Join(strings.FieldsFunc(identifier, func(r rune) bool {
		return r == '_' || r == '-' || unicode.IsSpace(r)
	}), " ")
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return identifier
	}
	return string(unicode.ToUpper(first)) + words[size:]
}

// id makes an element id of a method and a name, unlike any before on the page.
func (d *drawer) id(method, name string) string {
	id := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, method+"-"+strings.TrimPrefix(name, traitsRoot+"."))
	if d.ids == nil {
		d.ids = map[string]bool{}
	}
	for unique, n := id, 2; ; n++ {
		if !d.ids[unique] {
			d.ids[unique] = true
			return unique
		}
		unique = id + "-" + strconv.Itoa(n)
	}
}

// text writes a value as a form holds it.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any, map[string]any:
		raw, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(raw)
	default:
		return fmt.Sprint(v)
	}
}
