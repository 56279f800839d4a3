package traits

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Validate judges traits. The error is an *Invalid that lists every cause. Traits
// that are absent are judged as null.
func (s *Schema) Validate(traits json.RawMessage) error {
	if len(traits) == 0 {
		traits = json.RawMessage("null")
	}
	value, err := parse(traits, rootName)
	if err != nil {
		return err
	}
	if nesting(value) > s.depth {
		return refuse(rootName, errTooComplex)
	}
	err = s.judge.Validate(map[string]any{rootName: value})
	if err == nil {
		return nil
	}
	failure, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return fmt.Errorf("validate traits: %w", err)
	}
	cause := topCause(failure)
	return &Invalid{
		Violations: s.tidy(s.collect(nil, cause)),
		Dump:       s.dump(cause),
	}
}

// nesting returns how deep objects and arrays are nested.
func nesting(value any) int {
	deepest := 0
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			deepest = max(deepest, nesting(item))
		}
	case map[string]any:
		for _, member := range v {
			deepest = max(deepest, nesting(member))
		}
	default:
		return 0
	}
	return deepest + 1
}

// topCause unpacks the errors of the library and of the judge, which have no
// meaning of their own.
func topCause(failure *jsonschema.ValidationError) *jsonschema.ValidationError {
	for range 2 {
		if len(failure.Causes) == 1 {
			failure = failure.Causes[0]
		}
	}
	return failure
}

// placed is a violation with its place in the list.
type placed struct {
	Violation
	place place
}

// collect adds the leaf causes of a failure.
func (s *Schema) collect(list []placed, e *jsonschema.ValidationError) []placed {
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			list = s.missing(list, append(slices.Clone(e.InstanceLocation), name))
		}
		return list
	case *kind.Group, *kind.Reference, *kind.AllOf, *kind.AnyOf, *kind.OneOf:
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				list = s.collect(list, cause)
			}
			return list
		}
	}
	keyword, values, text := describe(e.ErrorKind)
	field := dotted(e.InstanceLocation)
	if field == "" {
		field = rootName
	}
	return append(list, placed{
		Violation{Field: field, Text: text, Kind: keyword, Params: values},
		s.placeOf(e.InstanceLocation, keyword, text),
	})
}

// missing adds a violation for a missing property. Where that is an object of
// which the form shows the members, the required ones are named instead.
func (s *Schema) missing(list []placed, path []string) []placed {
	field := dotted(path)
	if p := s.known[field]; p != nil && p.leaf == nil {
		if inner := p.required(); len(inner) > 0 {
			for _, leaf := range inner {
				list = append(list, s.missingField(leaf.path, leaf.name, path))
			}
			return list
		}
	}
	return append(list, s.missingField(field, path[len(path)-1], path))
}

func (s *Schema) missingField(field, name string, path []string) placed {
	at := s.placeOf(path, "required", name)
	if p := s.known[field]; p != nil {
		at.position, at.rest = p.position, nil
	}
	return placed{Violation{
		Field: field, Property: name, Kind: "required",
		Text: fmt.Sprintf("Property %s is missing.", name), Params: params{"property": name},
	}, at}
}

// required returns the leaves that p must have if it is there.
func (p *property) required() []*property {
	var out []*property
	for _, c := range p.children {
		if !slices.Contains(p.requires, c.name) {
			continue
		}
		if c.leaf != nil {
			out = append(out, c)
		} else {
			out = append(out, c.required()...)
		}
	}
	return out
}
