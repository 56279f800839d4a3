package webui

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/ui"
)

// field draws a node. What a schema's pattern refuses is left to the server: its
// regular expressions are not those of browsers.
func (d *formRenderer) field(method string, n *ui.Node) pagekit.Field {
	f := pagekit.Field{
		ID: d.id(method, n.Name), Name: n.Name, Type: n.Type, Value: pagekit.ValueText(n.Value),
		Required: n.Required, Disabled: n.Disabled, Autocomplete: n.Autocomplete,
	}
	f.Label = d.label(n)
	if isHidden(n) {
		f.Control, f.Type, f.Load = pagekit.Hidden, "hidden", n.OnLoad
		return f
	}
	if f.Autocomplete == "username" && d.offersPasskeys() {
		f.Autocomplete = "username webauthn" // lets browsers suggest passkeys here
	}
	d.shape(&f, n)
	d.explain(&f)
	if f.Autocomplete == "current-password" {
		f.Aside = d.forgotten
	}
	for _, m := range n.Messages {
		if m.Lookup().Type == message.Error {
			f.Errors = append(f.Errors, d.fault(&f, m))
		} else {
			f.Notices = append(f.Notices, d.message(m))
		}
	}
	return f
}

// fault says what is wrong with a field. A required checkbox can only be unticked.
func (d *formRenderer) fault(f *pagekit.Field, m message.Message) string {
	if f.Control == pagekit.Checkbox && f.Required && !f.Checked {
		return d.first("script.tick")
	}
	return d.message(m)
}

// shape chooses the control and how it takes what is typed.
func (d *formRenderer) shape(f *pagekit.Field, n *ui.Node) {
	f.Control = pagekit.Input
	switch {
	case n.Type == "checkbox":
		f.Control, f.Checked = pagekit.Checkbox, pagekit.ValueText(n.Value) == "true"
		f.Unset = n.Value == nil && !n.Required && d.flow.Kind == flow.Settings
		return
	case len(n.Options) > 0:
		f.Control, f.Options = pagekit.Select, d.options(n)
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
	switch n.Autocomplete {
	case "username":
		f.Verbatim, f.InputMode = true, d.identifierMode
	case "one-time-code":
		f.Verbatim, f.InputMode = true, "numeric"
	}
	if f.Value == "" && carriesAddress(n) {
		f.Value = d.username
	}
}

// explain says beside a field what it takes.
func (d *formRenderer) explain(f *pagekit.Field) {
	switch {
	case f.Autocomplete == "new-password" && d.passwordMin > 0:
		f.MinLength = d.passwordMin
		f.Hint = strings.ReplaceAll(d.first("hint.new_password.min"), "{min}", strconv.Itoa(d.passwordMin))
	case f.Autocomplete == "new-password":
		f.Hint = d.first("hint.new_password")
	}
	if !f.Required && !f.Disabled && f.Control != pagekit.Checkbox && f.Type != "password" {
		f.Optional = d.first("field.optional")
	}
}

// options lists the values of an enumeration. An empty option comes first where the field
// is optional or has no value yet.
func (d *formRenderer) options(n *ui.Node) []pagekit.Option {
	chosen := pagekit.ValueText(n.Value)
	var out []pagekit.Option
	for _, v := range n.Options {
		value := pagekit.ValueText(v)
		out = append(out, pagekit.Option{Value: value, Text: value, Selected: n.Value != nil && value == chosen})
	}
	found := slices.ContainsFunc(out, func(o pagekit.Option) bool { return o.Selected })
	if at := slices.IndexFunc(out, func(o pagekit.Option) bool { return n.Value != nil && sameNumber(o.Value, chosen) }); !found && at >= 0 {
		out[at].Value, out[at].Selected, found = chosen, true, true
	}
	if !n.Required || !found {
		out = append([]pagekit.Option{{Text: d.first("field.choose"), Selected: !found}}, out...)
	}
	return out
}

// sameNumber reports whether two texts are one number, such as 1e3 and 1000.
func sameNumber(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, otherErr := strconv.ParseFloat(b, 64)
	return err == nil && otherErr == nil && x == y
}

// label names a field: in the pages' words where they have some, in those of the
// schema or method, or by its own name.
func (d *formRenderer) label(n *ui.Node) string {
	if n.Name == "identifier" && d.identifierLabel != "" && !d.own["field.identifier"] {
		return d.identifierLabel
	}
	if l := d.first("field."+string(d.flow.Kind)+"."+n.Name, "field."+n.Name); l != "" {
		return l
	}
	if known := d.first("trait." + strings.TrimPrefix(n.Name, pagekit.TraitsRoot+".")); known != "" && d.translates(n) {
		return known
	}
	if n.Label != "" {
		return n.Label
	}
	return d.traitLabel(n.Name)
}

// translates reports whether the pages' word for a trait stands for its schema's:
// the operator said so, the schema has none, or it means the same in English.
func (d *formRenderer) translates(n *ui.Node) bool {
	key := "trait." + strings.TrimPrefix(n.Name, pagekit.TraitsRoot+".")
	return d.own[key] || n.Label == "" || strings.EqualFold(n.Label, d.plain.first(key))
}

// traitLabel names a trait that its schema does not name: in the pages' words
// where it is a usual one.
func (l *language) traitLabel(name string) string {
	if known := l.first("trait." + strings.TrimPrefix(name, pagekit.TraitsRoot+".")); known != "" {
		return known
	}
	return pagekit.Label(name)
}

// id makes an element id of a method and a name, unlike any before on the page.
func (d *formRenderer) id(method, name string) string {
	id := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, method+"-"+strings.TrimPrefix(name, pagekit.TraitsRoot+"."))
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

// carriesAddress reports whether a field takes the address that was typed on the page
// before.
func carriesAddress(n *ui.Node) bool {
	return n.Name == "identifier" || n.Name == "email" || n.Name == pagekit.TraitsRoot+".email"
}

// offersPasskeys reports whether the page asks for passkeys that browsers suggest.
func (d *formRenderer) offersPasskeys() bool {
	for _, g := range d.flow.Form.Groups {
		if slices.ContainsFunc(g.Nodes, func(n ui.Node) bool { return n.OnLoad != "" }) {
			return true
		}
	}
	return false
}
