package traits

import (
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// rootName is the member of the identity schema that describes traits, and the
// first step of every field name.
const rootName = "traits"

// Field is an input that a form needs to submit one trait.
type Field struct {
	// Name is the dotted path, for example traits.name.first. A dot inside a member
	// name is written \. there.
	Name string
	// Type is an HTML input type: text, number, checkbox, email, url, date or
	// datetime-local.
	Type    string
	Pattern string // regular expression (RE2 syntax), not anchored
	Title   string
	// Required is set if every identity of the schema has the trait; for a checkbox,
	// if it has to be ticked.
	Required bool
	// Enum lists the allowed values as decoded JSON, numbers as json.Number.
	Enum                 []any
	MinLength, MaxLength *int // in characters
	Minimum, Maximum     *float64
	// Multiple is set for arrays, whose elements a form sends under the same name.
	Multiple bool
	// Structured is set for values that no input holds: objects without members of
	// their own and arrays of arrays or objects.
	Structured bool
	// Elements are the fields of a tuple's positions, or of the members of the first
	// element of an array of objects.
	Elements []Field
	// AdminOnly is set if the person may not set the trait.
	AdminOnly bool
	// Identifier is set if the trait, or each of its elements, is a login identifier.
	Identifier bool
	// CodeIdentifier is set if people name the trait, or one of its elements, to sign in with a code.
	CodeIdentifier bool
	// Address is set if mail goes to the trait, or to one of its elements: it verifies or recovers.
	Address bool
	// Autocomplete is an HTML autofill token where the purpose is certain.
	Autocomplete string
}

// Fields returns the inputs of a form in document order. The caller must not
// change the slice.
func (s *Schema) Fields() []Field { return s.fields }

// Unfillable are the paths of the traits that every identity must have and no form has an
// input for: the schema gives them no type or several, as v0.5 has it.
func (s *Schema) Unfillable() []string {
	var paths []string
	_ = s.root.each(func(p *property) error {
		if len(p.children) == 0 && p.leaf == nil && p.always() && !p.adminOnly {
			paths = append(paths, p.path)
		}
		return nil
	})
	return paths
}

func (s *Schema) deriveFields() error {
	b := shaper{order: s.order, onPath: map[*jsonschema.Schema]int{}}
	whole := &property{leaf: &leaf{}}
	if err := b.visit(s.compiled, whole, false); err != nil {
		return err
	}
	s.root = whole.ensure(rootName)
	s.root.parent = nil
	s.known = map[string]*property{}
	if err := s.markLeaves(s.root); err != nil {
		return err
	}
	for _, p := range s.leaves {
		s.fields = append(s.fields, p.field())
	}
	return nil
}

func (p *property) field() Field {
	f := Field{
		Name:       p.path,
		Type:       p.leaf.inputType(),
		Pattern:    p.leaf.pattern,
		Title:      p.leaf.title,
		Required:   p.always(),
		Enum:       p.leaf.enum,
		MinLength:  p.leaf.minLength,
		MaxLength:  p.leaf.maxLength,
		Minimum:    p.leaf.minimum,
		Maximum:    p.leaf.maximum,
		Multiple:   p.leaf.typ == "array",
		Structured: p.leaf.structured(),
		Identifier: p.leaf.identifier,

		CodeIdentifier: p.leaf.codeIdentifier,
		Address:        p.leaf.address,
		AdminOnly:      p.adminOnly,
		Autocomplete:   p.autocomplete(),
	}
	if p.leaf.typ == "boolean" {
		// An input's "required" asks for a tick, that of a schema for true or false.
		f.Required = f.Required && !p.leaf.allows(false)
	}
	if p.leaf.typ == "array" {
		for i := range max(prefixLength(p.schemas), 1) {
			f.Elements = append(f.Elements, parts(itemSchemas(p.schemas, i), p.path+"."+strconv.Itoa(i), i < prefixLength(p.schemas), maxRepeats)...)
		}
	}
	return f
}

// parts are the fields of an element: the element itself where it is one of a tuple's
// positions, or the members of the object that it is.
func parts(schemas []*jsonschema.Schema, path string, fixed bool, depth int) []Field {
	if leafAmong(schemas).typ != "object" {
		if !fixed {
			return nil
		}
		return []Field{partField(schemas, path)}
	}
	var fields []Field
	seen := map[string]bool{}
	for _, s := range withApplied(schemas) {
		for _, name := range sortedNames(s.Properties) {
			if seen[name] || depth == 0 || len(fields) >= maxParts {
				continue
			}
			seen[name] = true
			fields = append(fields, parts(memberSchemas(schemas, name), path+"."+escapeDots(name), true, depth-1)...)
		}
	}
	return fields
}

// maxParts bounds the fields of one element.
const maxParts = 50

// partField is the field of a scalar inside an array.
func partField(schemas []*jsonschema.Schema, path string) Field {
	l := leaf{}
	for _, s := range withApplied(schemas) {
		l.describe(s)
	}
	// Other types show some values as none, and a missing checkbox would move the
	// others.
	f := Field{Name: path, Type: "text", Title: l.title, Pattern: l.pattern, Enum: l.enum}
	if l.typ == "boolean" {
		f.Enum = []any{true, false}
	}
	return f
}

// always reports whether every valid document has the property.
func (p *property) always() bool {
	if p.parent == nil {
		return false
	}
	for ; p.parent != nil; p = p.parent {
		if !slices.Contains(p.parent.requires, p.name) {
			return false
		}
	}
	return true
}

func (l *leaf) structured() bool {
	nested := func(typ string) bool { return typ == "object" || typ == "array" }
	return l.typ == "object" || l.typ == "array" && nested(l.items)
}

func (l *leaf) inputType() string {
	switch l.typ {
	case "number", "integer":
		return "number"
	case "boolean":
		return "checkbox"
	case "string":
		if t, ok := inputByFormat[l.format]; ok {
			return t
		}
	}
	return "text"
}

var inputByFormat = map[string]string{
	"email":     "email",
	"date":      "date",
	"date-time": "datetime-local",
	"uri":       "url",
	"tel":       "tel",
}

// autofill names the traits whose purpose is certain from their path and format
// (HTML standard, 4.10.18.7 Autofill).
var autofill = []struct {
	format string
	ending []string
	token  string
}{
	{"email", nil, "email"},
	{"uri", []string{"website", "homepage"}, "url"},
	{"date", []string{"birthday", "birthdate", "date_of_birth"}, "bday"},
	{"", []string{"name.first", "first_name", "firstname", "given_name"}, "given-name"},
	{"", []string{"name.last", "last_name", "lastname", "family_name"}, "family-name"},
	{"", []string{"username"}, "username"},
	{"", []string{"phone", "phone_number"}, "tel"},
}

func (p *property) autocomplete() string {
	if p.leaf.typ != "string" {
		return ""
	}
	path := strings.ToLower(p.path)
	for _, a := range autofill {
		if a.format != p.leaf.format {
			continue
		}
		if a.ending == nil || slices.ContainsFunc(a.ending, func(end string) bool { return strings.HasSuffix(path, "."+end) }) {
			return a.token
		}
	}
	return ""
}
