package traits

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// Value is a trait by the name of its field.
type Value struct {
	Name  string
	Value any // string, bool or json.Number
}

// Flatten returns the scalars in traits by field name and in schema order, to show
// them in a form. Elements of arrays are numbered (traits.tags.0). Members that
// the schema does not name are left out.
func (s *Schema) Flatten(traits json.RawMessage) []Value {
	value, err := parse(traits, rootName)
	if err != nil {
		return nil
	}
	return s.root.flatten(nil, value)
}

func (p *property) flatten(out []Value, value any) []Value {
	object, ok := value.(map[string]any)
	if p.leaf != nil {
		value = p.leaf.shownAs(value)
	}
	if !ok || len(p.children) == 0 {
		return spread(out, p.path, value)
	}
	for _, c := range p.children {
		if member, ok := object[c.name]; ok {
			out = c.flatten(out, member)
		}
	}
	return out
}

// spread lists the scalars below a value that the schema says nothing about.
func spread(out []Value, name string, value any) []Value {
	switch v := value.(type) {
	case nil:
	case []any:
		for i, item := range v {
			out = spread(out, name+"."+strconv.Itoa(i), item)
		}
	case map[string]any:
		for _, member := range sortedNames(v) {
			out = spread(out, name+"."+escapeDots(member), v[member])
		}
	default:
		out = append(out, Value{Name: name, Value: v})
	}
	return out
}

func sortedNames[V any](object map[string]V) []string { return slices.Sorted(maps.Keys(object)) }
