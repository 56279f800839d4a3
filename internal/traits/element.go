package traits

import (
	"cmp"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxApplied bounds the schemas that are asked about one value inside an array or
// a free object.
const maxApplied = 200

// withApplied returns the schemas and those that apply to the same value: by
// reference, in allOf, anyOf, oneOf and after if.
func withApplied(schemas []*jsonschema.Schema) []*jsonschema.Schema {
	all := present(slices.Clone(schemas))
	for i := 0; i < len(all) && len(all) < maxApplied; i++ {
		s := all[i]
		for _, more := range present(slices.Concat([]*jsonschema.Schema{s.Ref, s.If, s.Then, s.Else}, s.AllOf, s.AnyOf, s.OneOf)) {
			if !slices.Contains(all, more) {
				all = append(all, more)
			}
		}
	}
	return all
}

// itemSchemas returns the schemas of an array's element.
func itemSchemas(schemas []*jsonschema.Schema, i int) []*jsonschema.Schema {
	var items []*jsonschema.Schema
	for _, s := range withApplied(schemas) {
		items = append(items, itemAt(s, i))
	}
	return present(items)
}

// memberSchemas returns the schemas of an object's member.
func memberSchemas(schemas []*jsonschema.Schema, name string) []*jsonschema.Schema {
	var members []*jsonschema.Schema
	for _, s := range withApplied(schemas) {
		members = append(members, membersAt(s, name)...)
	}
	return members
}

// membersAt returns the schemas that one schema has for an object's member.
func membersAt(s *jsonschema.Schema, name string) []*jsonschema.Schema {
	members := present([]*jsonschema.Schema{s.Properties[name]})
	for pattern, schema := range s.PatternProperties {
		if pattern.MatchString(name) {
			members = append(members, schema)
		}
	}
	if additional, ok := s.AdditionalProperties.(*jsonschema.Schema); ok && len(members) == 0 {
		members = append(members, additional)
	}
	return members
}

// prefixLength returns how many elements of a tuple have a schema of their own.
func prefixLength(schemas []*jsonschema.Schema) int {
	longest := 0
	for _, s := range withApplied(schemas) {
		items, _ := s.Items.([]*jsonschema.Schema)
		longest = max(longest, len(items), len(s.PrefixItems))
	}
	return longest
}

// leafAmong returns how the text of a form becomes a value under the schemas.
func leafAmong(schemas []*jsonschema.Schema) leaf {
	var l leaf
	for _, s := range withApplied(schemas) {
		l.typ = cmp.Or(l.typ, typeOf(s))
		l.format = cmp.Or(l.format, formatOf(s))
	}
	return l
}
