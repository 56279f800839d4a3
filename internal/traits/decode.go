package traits

import (
	"encoding/json"
	"slices"
)

// Input is a submission as the transport decoded it. Both parts may be nil.
type Input struct {
	// Form has the values of a form by field name.
	Form map[string][]string
	// JSON has the members of a JSON object. Traits are found under dotted names
	// ("traits.email"), nested under "traits", or both; a dotted name wins over the
	// same trait in the nested object.
	JSON map[string]json.RawMessage
	// EmptyIsAbsent drops form values that are empty: a page that shows every field
	// sends them for every input that was left empty. v0.5 keeps them, and settings need
	// them to clear a trait.
	EmptyIsAbsent bool
	// Numbered takes JSON members that are named as forms name the elements of an array
	// (traits.tags.0) or the members of a free object. v0.5 drops them.
	Numbered bool
	// Complete says that the form had all fields of the schema, as a browser's has: a
	// checkbox that is missing is off.
	Complete bool
	// Admin lets traits be set that the schema reserves for administrators.
	Admin bool
}

// Decode turns a submission into traits: a JSON object with the members in schema
// order, "{}" if nothing was submitted. Values are converted to the type of their
// field: form values and JSON strings to numbers and booleans ("on" is true),
// repeated form fields to arrays. What can not be converted stays as it is and is
// left for Validate to refuse. JSON null counts as absent. Members that are no
// field of the schema are dropped.
//
// The error is an *Invalid if the submission breaks a limit.
func (s *Schema) Decode(in Input) (json.RawMessage, error) {
	value, err := s.decode(in)
	if err != nil {
		return nil, err
	}
	return s.encode(value)
}

// Submitted returns the values of a submission by field name, to fill a form with
// after an error. Arrays and free objects are spread out (traits.tags.0). Numbers
// are json.Number; a value that could not be converted is the text that was typed.
func (s *Schema) Submitted(in Input) map[string]any {
	value, err := s.decode(in)
	if err != nil {
		return map[string]any{}
	}
	out := map[string]any{}
	for _, v := range s.root.flatten(nil, value) {
		out[v.Name] = v.Value
	}
	for name, values := range in.Form { // numbered names as they were, also where an element is empty
		if p := s.endAbove(splitName(name)); p != nil && p.leaf != nil && p.path != name && len(values) > 0 {
			out[name] = values[len(values)-1]
		}
	}
	return out
}

// decode returns the traits as decoded JSON. They are an object unless "traits"
// itself was sent as something else.
func (s *Schema) decode(in Input) (any, error) {
	traits, err := s.decodeNested(in)
	if err != nil {
		return nil, err
	}
	if err := s.decodeFlat(in, &traits); err != nil {
		return nil, err
	}
	if err := s.decodeForm(in, &traits); err != nil {
		return nil, err
	}
	if traits == nil {
		traits = map[string]any{}
	}
	if object, ok := traits.(map[string]any); ok && in.Form != nil {
		if in.EmptyIsAbsent {
			s.root.dropUnticked(object)
		}
		if in.Complete {
			s.root.untickAll(object)
		}
	}
	return traits, bound(traits, rootName)
}

// values returns what a form sent under a name.
func (in Input) values(name string) []string {
	values := in.Form[name]
	if in.EmptyIsAbsent {
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	}
	return values
}

func (s *Schema) decodeForm(in Input, traits *any) error {
	form, err := readForm(in)
	if err != nil {
		return err
	}
	for _, p := range s.leaves {
		n := form.at(p)
		if n == nil || p.adminOnly && !in.Admin {
			continue
		}
		if len(n.children) > 0 && (p.leaf.typ == "array" || p.leaf.typ == "object") {
			if value, ok := form.property(p, nil, false, n); ok {
				assign(traits, p, value)
			}
			continue
		}
		if values := in.values(p.path); len(values) > 0 {
			assign(traits, p, p.fromForm(values))
		} else if len(n.values) > 0 && p.leaf.nullable && p.always() {
			assign(traits, p, nil)
		}
	}
	return nil
}

func (s *Schema) decodeNested(in Input) (any, error) {
	raw, ok := in.JSON[rootName]
	if !ok {
		return nil, nil
	}
	value, err := parse(raw, rootName)
	if err != nil || value == nil {
		return nil, err
	}
	return s.root.adopt(value, in.Admin), nil
}

// decodeFlat applies dotted names, outer before inner, so that the more specific
// name wins.
func (s *Schema) decodeFlat(in Input, traits *any) error {
	if len(in.JSON) == 0 {
		return nil
	}
	err := s.root.each(func(p *property) error {
		raw, ok := in.JSON[p.path]
		if !ok || p == s.root {
			return nil
		}
		value, err := parse(raw, p.path)
		if err != nil || value == nil && !p.keepsNull() {
			return err
		}
		if value = p.adopt(value, in.Admin); value != nil || p.keepsNull() && (!p.adminOnly || in.Admin) {
			assign(traits, p, value)
		}
		return nil
	})
	if err != nil || !in.Numbered {
		return err
	}
	return s.decodeNumbered(in, traits)
}

// each calls f for p and everything below in document order.
func (p *property) each(f func(*property) error) error {
	if err := f(p); err != nil {
		return err
	}
	for _, c := range p.children {
		if err := c.each(f); err != nil {
			return err
		}
	}
	return nil
}

// keepsNull reports whether null is a value of p rather than none.
func (p *property) keepsNull() bool { return p.leaf != nil && p.leaf.nullable }

// adopt converts a JSON value for p and drops what the schema does not know. It
// returns nil if nothing is left.
func (p *property) adopt(value any, admin bool) any {
	if p.adminOnly && !admin || value == nil {
		return nil
	}
	if p.leaf != nil {
		return p.leaf.fromJSON(value)
	}
	if len(p.children) == 0 {
		return nil // v0.5 has no field for it, so it cannot be set here
	}
	object, ok := value.(map[string]any)
	if !admin && p.keepsObject(value) {
		return nil
	}
	if !ok {
		return value
	}
	kept := map[string]any{}
	for _, c := range p.children {
		member, sent := object[c.name]
		if !sent {
			continue
		}
		if adopted := c.adopt(member, admin); adopted != nil || member == nil && c.keepsNull() && (!c.adminOnly || admin) {
			kept[c.name] = adopted
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// assign sets the value of p inside traits and makes the objects on the way.
// Objects are merged with what is there.
func assign(traits *any, p *property, value any) {
	object := objectFor(traits, p.parent)
	if object == nil {
		*traits = value
		return
	}
	if old, ok := object[p.name].(map[string]any); ok && p.leaf == nil {
		if more, ok := value.(map[string]any); ok {
			overlay(old, more)
			return
		}
	}
	object[p.name] = value
}

// objectFor returns the object that holds the members of p, nil for the parent of
// the root.
func objectFor(traits *any, p *property) map[string]any {
	if p == nil {
		return nil
	}
	if p.parent == nil {
		object, ok := (*traits).(map[string]any)
		if !ok {
			object = map[string]any{}
			*traits = object
		}
		return object
	}
	outer := objectFor(traits, p.parent)
	object, ok := outer[p.name].(map[string]any)
	if !ok {
		object = map[string]any{}
		outer[p.name] = object
	}
	return object
}

// overlay copies the members of src into dst, object by object.
func overlay(dst, src map[string]any) {
	for name, value := range src {
		if more, ok := value.(map[string]any); ok {
			if old, ok := dst[name].(map[string]any); ok {
				overlay(old, more)
				continue
			}
		}
		dst[name] = value
	}
}
