package traits

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A schema may say of any value that only administrators may set it. What a person sends then never adds, changes or removes
// that value, by no keyword that leads to it (OWASP ASVS 5.0, 8.2.3): where a keyword may or may not apply, it counts.

// reserves reports whether only administrators may set what a schema describes.
func reserves(s *jsonschema.Schema) bool {
	e := extensionOf(s)
	return e != nil && e.adminOnly
}

// reserved reports whether a schema says that only administrators may set a value, or a part of it.
func (s *Schema) reserved(at *jsonschema.Schema) bool { return s.reserving[at] }

// reserve decides what of p only administrators may set. All schemas of the object that holds p count: those that make no
// field, and those that form fields stop before because they contain themselves.
func (s *Schema) reserve(p *property) {
	outer, within := withInPlace([]*jsonschema.Schema{s.compiled}), false
	if p.parent != nil {
		outer, within = p.parent.inPlace, p.parent.adminOnly
	}
	p.inPlace = withInPlace(slices.Concat(p.schemas, membersInPlace(outer, p.name)))
	p.partAdminOnly = slices.ContainsFunc(p.inPlace, s.reserved)
	p.adminOnly = within || p.partAdminOnly && len(p.children) == 0 ||
		slices.ContainsFunc(outer, reserves) || slices.ContainsFunc(p.inPlace, func(at *jsonschema.Schema) bool {
		return reserves(at) || slices.ContainsFunc(elementsOf(at), s.reserved)
	})
}

// membersInPlace returns the schemas of a member of an object to which all of these may apply.
func membersInPlace(schemas []*jsonschema.Schema, name string) []*jsonschema.Schema {
	var members []*jsonschema.Schema
	for _, at := range schemas {
		members = append(members, membersAt(at, name)...)
		if at.UnevaluatedProperties != nil && !evaluates(at, name) {
			members = append(members, at.UnevaluatedProperties)
		}
	}
	return members
}

// evaluates reports whether a schema evaluates a member in every object (JSON Schema 2020-12, 11.3).
func evaluates(s *jsonschema.Schema, name string) bool {
	return slices.ContainsFunc(closure([]*jsonschema.Schema{s}, always), func(at *jsonschema.Schema) bool { return len(membersAt(at, name)) > 0 })
}

// always returns the subschemas that apply wherever s applies, to the same value.
func always(s *jsonschema.Schema) []*jsonschema.Schema {
	return present(append([]*jsonschema.Schema{s.Ref}, s.AllOf...))
}

// reservesMember reports whether only administrators may set a member that is no child of p, or a part of it: a pattern may
// name it.
func (s *Schema) reservesMember(p *property, name string) bool {
	return len(s.reserving) > 0 && p.child(name) == nil && slices.ContainsFunc(membersInPlace(p.inPlace, name), s.reserved)
}

// keepsObject reports whether a value that a person sent would take the place of an object of which a part is reserved.
// Such a value says nothing.
func (p *property) keepsObject(sent any) bool {
	_, isObject := sent.(map[string]any)
	return p.partAdminOnly && len(p.children) > 0 && !isObject && sent != nil
}
