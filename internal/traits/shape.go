package traits

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Limits on what a schema may spread out to.
const (
	maxFields  = 1_000
	maxRepeats = 5      // how often a schema may contain itself in one path
	maxVisits  = 50_000 // subschemas looked at
)

// property is a node of the tree of properties that a schema names. A leaf can be
// submitted; other nodes only hold members.
type property struct {
	name     string // of the member
	path     string // dotted, for example traits.name.first; a dot in a name is escaped
	position int    // in document order
	parent   *property
	children []*property
	requires []string
	closed   bool // members that the schema does not name are forbidden
	leaf     *leaf
	// schemas are those that apply to the value.
	schemas []*jsonschema.Schema
	// inPlace are all that apply to the value, if the schema reserves something.
	inPlace []*jsonschema.Schema
	// adminOnly: a person may not set it, nor what is below it. An array or free object of which a part is such is one.
	adminOnly bool
	// partAdminOnly: it is adminOnly, or a part of it is.
	partAdminOnly bool
}

// leaf is what the schemas that apply to a property say about its value.
type leaf struct {
	typ        string // JSON type; empty as long as no schema settled it
	items      string // type of an array's elements, empty if they differ
	format     string
	title      string
	pattern    string
	enum       []any
	constant   *any
	nullable   bool // null is a value of its own
	identifier bool
	// codeIdentifier: the value identifies with a code.
	codeIdentifier bool
	address        bool // mail goes to it
	minLength      *int
	maxLength      *int
	minimum        *float64
	maximum        *float64
}

var dotEscaper = strings.NewReplacer(`\`, `\\`, ".", `\.`)

// escapeDots makes a member name a step of a dotted path.
func escapeDots(name string) string { return dotEscaper.Replace(name) }

// mandatory reports whether the object that holds p demands it.
func (p *property) mandatory() bool {
	return p.parent != nil && slices.Contains(p.parent.requires, p.name)
}

func (p *property) child(name string) *property {
	for _, c := range p.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (p *property) ensure(name string) *property {
	if c := p.child(name); c != nil {
		return c
	}
	path := escapeDots(name)
	if p.path != "" {
		path = p.path + "." + path
	}
	c := &property{name: name, path: path, parent: p, leaf: &leaf{}}
	p.children = append(p.children, c)
	return c
}

// shaper walks compiled schemas and builds the tree.
type shaper struct {
	order  map[*jsonschema.Schema][]string
	onPath map[*jsonschema.Schema]int
	visits int
}

// visit adds what s says about the value at p. conditional is set below keywords
// that do not bind every value, where "required" is not a promise.
func (b *shaper) visit(s *jsonschema.Schema, p *property, conditional bool) error {
	if b.onPath[s] >= maxRepeats {
		return nil
	}
	if b.visits++; b.visits > maxVisits {
		return errors.New("too many properties")
	}
	b.onPath[s]++
	defer func() { b.onPath[s]-- }()

	p.leaf.describe(s)
	p.schemas = append(p.schemas, s)
	if closed, ok := s.AdditionalProperties.(bool); ok && !closed && !conditional {
		p.closed = true
	}
	if err := b.properties(s, p, conditional); err != nil {
		return err
	}
	return b.applied(s, p, conditional)
}

func (b *shaper) properties(s *jsonschema.Schema, p *property, conditional bool) error {
	if !conditional {
		p.requires = append(p.requires, s.Required...)
	}
	for _, name := range b.order[s] {
		if err := b.visit(s.Properties[name], p.ensure(name), conditional); err != nil {
			return err
		}
	}
	return nil
}

// applied visits the schemas that apply to the same value.
func (b *shaper) applied(s *jsonschema.Schema, p *property, conditional bool) error {
	sometimes := present([]*jsonschema.Schema{s.Not, s.If, s.Then, s.Else})
	sometimes = append(append(sometimes, s.AnyOf...), s.OneOf...)
	for _, c := range always(s) {
		if err := b.visit(c, p, conditional); err != nil {
			return err
		}
	}
	for _, c := range sometimes {
		if err := b.visit(c, p, true); err != nil {
			return err
		}
	}
	return nil
}

// describe fills in what s says and no earlier schema said.
func (l *leaf) describe(s *jsonschema.Schema) {
	if l.typ == "" {
		l.typ = typeOf(s)
		if l.typ == "array" {
			l.items = itemType(s)
		}
	}
	l.format = cmp.Or(l.format, formatOf(s))
	l.title = cmp.Or(l.title, s.Title)
	if s.Pattern != nil {
		l.pattern = cmp.Or(l.pattern, s.Pattern.String())
	}
	if l.enum == nil && s.Enum != nil {
		l.enum = s.Enum.Values
	}
	l.constant = cmp.Or(l.constant, s.Const)
	l.nullable = l.nullable || s.Types != nil && slices.Contains(s.Types.ToStrings(), "null")
	l.identifier = l.identifier || marked(s, func(e *extension) bool { return e.identifier })
	l.codeIdentifier = l.codeIdentifier || marked(s, func(e *extension) bool { return e.factors.codeIdentifier })
	l.address = l.address || marked(s, func(e *extension) bool { return e.verification == "email" || e.recovery == "email" })
	l.minLength = cmp.Or(l.minLength, s.MinLength)
	l.maxLength = cmp.Or(l.maxLength, s.MaxLength)
	l.minimum = cmp.Or(l.minimum, float(s.Minimum))
	l.maximum = cmp.Or(l.maximum, float(s.Maximum))
}

// float is the number nearest to a bound, nil for none.
func float(bound *big.Rat) *float64 {
	if bound == nil {
		return nil
	}
	f, _ := bound.Float64()
	return &f
}

// marked reports whether the keyword says something of a value under s, or of its elements.
func marked(s *jsonschema.Schema, says func(*extension) bool) bool {
	if e := extensionOf(s); e != nil && says(e) {
		return true
	}
	if items := itemSchema(s); items != nil {
		e := extensionOf(items)
		return e != nil && says(e)
	}
	return false
}

// typeOf returns the one type beside null that a schema allows, else that of its
// constant or default. Several types make no form field.
func typeOf(s *jsonschema.Schema) string {
	if s.Types != nil {
		types := slices.DeleteFunc(s.Types.ToStrings(), func(typ string) bool { return typ == "null" })
		if len(types) == 1 {
			return types[0]
		}
	}
	for _, value := range []*any{s.Const, s.Default} {
		if value != nil {
			return known(jsonType(*value))
		}
	}
	return ""
}

func known(typ string) string {
	if typ == "null" {
		return ""
	}
	return typ
}

func itemSchema(s *jsonschema.Schema) *jsonschema.Schema {
	items, _ := s.Items.(*jsonschema.Schema)
	if s.Items2020 != nil && len(s.PrefixItems) == 0 {
		items = s.Items2020
	}
	for range maxRepeats {
		if items == nil || items.Ref == nil {
			break
		}
		items = items.Ref
	}
	return items
}

func itemType(s *jsonschema.Schema) string {
	if items := itemSchema(s); items != nil {
		return typeOf(items)
	}
	return ""
}

// jsonType names the type of a decoded value as messages do.
func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number, float64, int:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// markLeaves decides which nodes are leaves: those of one type without properties.
// It collects them and the position of every path in document order.
func (s *Schema) markLeaves(p *property) error {
	p.position = len(s.known)
	s.known[p.path] = p
	if len(p.children) > 0 || p.leaf.typ == "" {
		p.leaf = nil
	}
	if len(s.reserving) > 0 {
		s.reserve(p)
	}
	if p.leaf != nil {
		s.leaves = append(s.leaves, p)
	}
	if len(s.leaves) > maxFields {
		return fmt.Errorf("more than %d fields", maxFields)
	}
	for _, c := range p.children {
		if err := s.markLeaves(c); err != nil {
			return err
		}
	}
	return nil
}
