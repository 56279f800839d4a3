package traits

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Limits on a compiled schema, so that a hostile or mistaken one is refused when
// it is read and not when someone signs up.
const (
	maxSchemas = 5_000
	// maxWork is how many subschemas may apply to one value and what it is nested in.
	maxWork = 10_000
	// minDepth is how deep traits may be nested under any accepted schema.
	minDepth = 4
)

// inPlace returns the subschemas that apply to the same value as s itself.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	list := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	if s.DynamicRef != nil {
		list = append(list, s.DynamicRef.Ref)
	}
	list = append(list, s.AllOf...)
	list = append(list, s.AnyOf...)
	list = append(list, s.OneOf...)
	for _, dependency := range s.Dependencies {
		if schema, ok := dependency.(*jsonschema.Schema); ok {
			list = append(list, schema)
		}
	}
	list = slices.AppendSeq(list, maps.Values(s.DependentSchemas))
	return present(list)
}

// withInPlace returns the schemas and all that apply to the same value, each once.
func withInPlace(schemas []*jsonschema.Schema) []*jsonschema.Schema { return closure(schemas, inPlace) }

// closure returns the schemas and all that steps lead to from them, each once, the nearest first.
func closure(from []*jsonschema.Schema, step func(*jsonschema.Schema) []*jsonschema.Schema) []*jsonschema.Schema {
	seen, list := map[*jsonschema.Schema]bool{}, []*jsonschema.Schema(nil)
	for level := from; len(level) > 0; {
		var next []*jsonschema.Schema
		for _, s := range level {
			if !seen[s] {
				seen[s] = true
				list = append(list, s)
				next = append(next, step(s)...)
			}
		}
		level = next
	}
	return list
}

// below returns the subschemas that apply to members or elements, beside those
// of "properties".
func below(s *jsonschema.Schema) []*jsonschema.Schema {
	list := append(elementsOf(s), s.PropertyNames, s.UnevaluatedProperties)
	list = slices.AppendSeq(list, maps.Values(s.PatternProperties))
	additional, _ := s.AdditionalProperties.(*jsonschema.Schema)
	return present(append(list, additional))
}

// elementsOf returns the subschemas that apply to the elements of an array, and to
// what a text contains.
func elementsOf(s *jsonschema.Schema) []*jsonschema.Schema {
	list := append([]*jsonschema.Schema{s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema}, s.PrefixItems...)
	for _, either := range []any{s.Items, s.AdditionalItems} {
		switch x := either.(type) {
		case *jsonschema.Schema:
			list = append(list, x)
		case []*jsonschema.Schema:
			list = append(list, x...)
		}
	}
	return present(list)
}

func present(list []*jsonschema.Schema) []*jsonschema.Schema {
	return slices.DeleteFunc(list, func(s *jsonschema.Schema) bool { return s == nil })
}

// children returns all direct subschemas.
func children(s *jsonschema.Schema) []*jsonschema.Schema {
	return slices.AppendSeq(append(inPlace(s), below(s)...), maps.Values(s.Properties))
}

// leadingTo returns the schemas of a list from which one that satisfies found is reached.
func leadingTo(list []*jsonschema.Schema, found func(*jsonschema.Schema) bool) map[*jsonschema.Schema]bool {
	parents, ends := map[*jsonschema.Schema][]*jsonschema.Schema{}, []*jsonschema.Schema(nil)
	for _, s := range list {
		for _, child := range children(s) {
			parents[child] = append(parents[child], s)
		}
		if found(s) {
			ends = append(ends, s)
		}
	}
	marked := map[*jsonschema.Schema]bool{}
	for _, s := range closure(ends, func(s *jsonschema.Schema) []*jsonschema.Schema { return parents[s] }) {
		marked[s] = true
	}
	return marked
}

// depthAllowed returns how deep a document may be nested so that judging any
// value in it stays within maxWork. Schemas that refer to themselves along
// several branches multiply the work with each level.
func depthAllowed(root *jsonschema.Schema) int {
	e := estimate{known: map[step]int{}}
	for depth := range maxDepth {
		if e.work(root, depth+1) > maxWork {
			return depth
		}
	}
	return maxDepth
}

type step struct {
	schema *jsonschema.Schema
	depth  int
}

type estimate struct{ known map[step]int }

// work counts the subschemas that apply to a value, and to the costliest path
// down from it, if the value is nested depth levels deep. A schema that refers to
// itself in place is stopped by the library and counts once.
func (e estimate) work(s *jsonschema.Schema, depth int) int {
	at := step{s, depth}
	if n, ok := e.known[at]; ok {
		return n
	}
	e.known[at] = 0
	total := 1
	for _, child := range inPlace(s) {
		total = min(total+e.work(child, depth), maxWork+1)
	}
	if depth > 0 {
		costliest := 0
		for _, child := range s.Properties {
			costliest = max(costliest, e.work(child, depth-1))
		}
		total = min(total+costliest, maxWork+1)
		for _, child := range below(s) {
			total = min(total+e.work(child, depth-1), maxWork+1)
		}
	}
	e.known[at] = total
	return total
}
