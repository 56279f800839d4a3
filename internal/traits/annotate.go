package traits

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/symbolon/symbolon/internal/address"
)

// Address is a means to reach a person that traits contain.
type Address struct {
	Via        string // "email" or "sms"
	Value      string // as typed, without surrounding space; mail goes here
	Normalized string // NormalizeAddress of Value, for comparison; text messages go here
}

// Annotations are what the schema marks in traits.
type Annotations struct {
	// Identifiers are login identifiers in normal form, each once, in document order.
	Identifiers []string
	// Verifiable and Recovery have each address once, in document order.
	Verifiable []Address
	Recovery   []Address
	// Codes are the addresses that one-time codes may go to.
	Codes []Address
	// Names is what authenticators show of the person, by method.
	Names map[string]string
}

// Annotations collects identifiers and addresses from traits that are valid. Under
// keywords that choose between schemas (anyOf, oneOf, if) only those count that
// the value obeys. Empty values are left out.
func (s *Schema) Annotations(traits json.RawMessage) (Annotations, error) {
	c, err := s.annotate(traits)
	return c.found, err
}

// Spellings returns the login identifiers in traits that are valid as the traits have them,
// without surrounding space, in document order.
func (s *Schema) Spellings(traits json.RawMessage) ([]string, error) {
	c, err := s.annotate(traits)
	return c.spelled, err
}

func (s *Schema) annotate(traits json.RawMessage) (collector, error) {
	c := collector{schema: s, seen: map[mark]bool{}}
	value, err := parse(traits, rootName)
	if err != nil {
		return c, fmt.Errorf("annotate traits: %w", err)
	}
	if nesting(value) <= s.depth {
		c.visit(s.compiled, map[string]any{rootName: value}, 0)
	}
	return c, nil
}

// maxHops bounds references in place, which a schema can make endless.
const maxHops = 64

type collector struct {
	schema  *Schema
	found   Annotations
	spelled []string // identifiers
	seen    map[mark]bool
}

// mark is a use of a value.
type mark struct{ use, normalized string }

// once reports whether the value was not yet found for that use.
func (c *collector) once(use, normalized string) bool {
	m := mark{use, normalized}
	if c.seen[m] {
		return false
	}
	c.seen[m] = true
	return true
}

// visit collects from a value that obeys s. hops counts the schemas above s that
// apply to the same value.
func (c *collector) visit(s *jsonschema.Schema, value any, hops int) {
	if !c.schema.annotated[s] || hops > maxHops {
		return
	}
	if e := extensionOf(s); e != nil {
		c.mark(e, value)
	}
	for _, applied := range applying(s, value) {
		c.visit(applied, value, hops+1)
	}
	switch v := value.(type) {
	case map[string]any:
		c.members(s, v)
	case []any:
		c.items(s, v)
	}
}

// applying returns the subschemas that the value itself obeys.
func applying(s *jsonschema.Schema, value any) []*jsonschema.Schema {
	list := present(append([]*jsonschema.Schema{s.Ref, s.RecursiveRef}, s.AllOf...))
	if s.DynamicRef != nil {
		list = append(list, s.DynamicRef.Ref)
	}
	for _, choice := range slices.Concat(s.AnyOf, s.OneOf) {
		if choice.Validate(value) == nil {
			list = append(list, choice)
		}
	}
	if s.If != nil {
		branch := s.Else
		if s.If.Validate(value) == nil {
			branch = s.Then
			list = append(list, s.If)
		}
		list = append(list, branch)
	}
	return present(append(list, dependent(s, value)...))
}

func dependent(s *jsonschema.Schema, value any) []*jsonschema.Schema {
	object, ok := value.(map[string]any)
	if !ok || len(s.DependentSchemas)+len(s.Dependencies) == 0 {
		return nil
	}
	var list []*jsonschema.Schema
	for _, name := range sortedNames(object) {
		list = append(list, s.DependentSchemas[name])
		if schema, ok := s.Dependencies[name].(*jsonschema.Schema); ok {
			list = append(list, schema)
		}
	}
	return list
}

func (c *collector) members(s *jsonschema.Schema, object map[string]any) {
	for _, name := range c.schema.order[s] {
		if member, ok := object[name]; ok {
			c.visit(s.Properties[name], member, 0)
		}
	}
	if _, additional := s.AdditionalProperties.(*jsonschema.Schema); !additional && len(s.PatternProperties) == 0 {
		return
	}
	for _, name := range sortedNames(object) {
		for _, schema := range membersAt(s, name) {
			if schema != s.Properties[name] {
				c.visit(schema, object[name], 0)
			}
		}
	}
}

func (c *collector) items(s *jsonschema.Schema, array []any) {
	for i, item := range array {
		if schema := itemAt(s, i); schema != nil {
			c.visit(schema, item, 0)
		}
		if s.Contains != nil && c.schema.annotated[s.Contains] && s.Contains.Validate(item) == nil {
			c.visit(s.Contains, item, 0)
		}
	}
}

// itemAt returns the schema of an array's element.
func itemAt(s *jsonschema.Schema, i int) *jsonschema.Schema {
	if i < len(s.PrefixItems) {
		return s.PrefixItems[i]
	}
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		return items
	case []*jsonschema.Schema:
		if i < len(items) {
			return items[i]
		}
		additional, _ := s.AdditionalItems.(*jsonschema.Schema)
		return additional
	}
	return s.Items2020
}

func (c *collector) mark(e *extension, value any) {
	text, ok := identifierText(value)
	if !ok {
		return
	}
	plain := addressOf(viaEmail, text)
	if plain.Normalized == "" {
		return
	}
	c.markFactors(e.factors, plain)
	if e.identifier {
		c.spelled = append(c.spelled, text)
		if c.once("identifier", plain.Normalized) {
			c.found.Identifiers = append(c.found.Identifiers, plain.Normalized)
		}
	}
	for _, use := range []struct {
		name, via string
		list      *[]Address
	}{
		{"verification", e.verification, &c.found.Verifiable},
		{"recovery", e.recovery, &c.found.Recovery},
		{"code", e.factors.codeVia, &c.found.Codes},
	} {
		a := addressOf(use.via, text)
		if (use.via == viaEmail || use.via == viaSMS) && c.once(use.name, use.via+":"+a.Normalized) {
			*use.list = append(*use.list, a)
		}
	}
}

func addressOf(via, text string) Address {
	return Address{Via: via, Value: text, Normalized: NormalizeAddress(via, text)}
}

// NormalizeAddress returns the form in which an address of a channel is compared:
// phone numbers (via "sms") in the form of E.164, all else as Normalize has it.
func NormalizeAddress(via, typed string) string {
	if number, ok := address.Phone(typed); ok && via == viaSMS {
		return number
	}
	return Normalize(typed)
}

// NormalForms returns the forms in which an address is compared, one for each channel that has its own.
func NormalForms(typed string) []string {
	return slices.Compact([]string{Normalize(typed), NormalizeAddress(viaSMS, typed)})
}

// identifierText returns the text of a value that can identify someone.
func identifierText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v), true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}
