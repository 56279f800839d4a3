package traits

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// FormReturned is Returned for a form, with which a person replaces old traits: those that have a
// field and are not sent are removed. A form can't tell all values apart, and shows fields for
// values whose type the schema does not say; what comes back as it was served keeps its value, and so
// does what no field is for. The error is an *Invalid if the submission breaks a limit.
func (s *Schema) FormReturned(old json.RawMessage, in Input) (json.RawMessage, error) {
	was, err := parse(old, rootName)
	if err != nil {
		return nil, fmt.Errorf("read stored traits: %w", err)
	}
	now, err := s.decode(in)
	if err != nil {
		return nil, err
	}
	form, err := readForm(in)
	if err != nil {
		return nil, err
	}
	merged, err := s.encode(form.returned(s.root, was, now, form.at(s.root)))
	if err != nil {
		return nil, err
	}
	return s.Returned(old, merged)
}

// returned puts into now what a form gave back of was, or can't hold.
func (f *formReader) returned(p *property, was, now any, n *formNode) any {
	old, isObject := was.(map[string]any)
	if !isObject {
		return now
	}
	submitted, _ := now.(map[string]any)
	result := map[string]any{}
	maps.Copy(result, submitted)
	for name, kept := range old {
		c, sent := p.child(name), n.child(name)
		switch {
		case c == nil && p.forbids(name):
		case c == nil:
			f.keep(result, name, memberSchemas(p.schemas, name), kept, sent)
		case len(c.children) > 0:
			switch value := f.returned(c, kept, result[name], sent); {
			case value != nil:
				result[name] = value
			case sent.shows(kept):
				result[name] = kept
			}
		case c.leaf == nil:
			f.keep(result, name, c.schemas, kept, sent)
		case sent == nil:
		case sent.shows(kept):
			result[name] = kept
		case len(sent.children) > 0:
			f.keep(result, name, c.schemas, kept, sent)
		}
	}
	if len(result) == 0 && submitted == nil {
		return now
	}
	return result
}

// keep sets a value of which the form may have sent parts.
func (f *formReader) keep(result map[string]any, name string, schemas []*jsonschema.Schema, kept any, sent *formNode) {
	if value, ok := f.element(schemas, kept, true, sent); ok {
		result[name] = value
	} else {
		delete(result, name)
	}
}
