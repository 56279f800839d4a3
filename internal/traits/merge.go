package traits

import (
	"encoding/json"
	"fmt"
)

// Merge applies submitted traits, as Decode returns them, to those an identity
// has: what was not submitted stays, and so does what comes back as a form shows it;
// what was submitted empty is removed. Members that the schema does not name stay where it allows them and go where it forbids
// them, so that an identity from before a change of the schema can be saved.
func (s *Schema) Merge(old, submitted json.RawMessage) (json.RawMessage, error) {
	was, err := parse(old, rootName)
	if err != nil {
		return nil, fmt.Errorf("read stored traits: %w", err)
	}
	now, err := parse(submitted, rootName)
	if err != nil {
		return nil, err
	}
	return s.encode(s.root.merge(s.root.prune(was), now))
}

// Returned returns now, the traits with which a person replaces old ones. Values that come back as
// a form shows them (see Merge) keep their old form, and traits that the person may not set keep
// their old value: they are neither added, changed nor removed. An error says which of both is not JSON.
func (s *Schema) Returned(old, now json.RawMessage) (json.RawMessage, error) {
	was, err := parse(old, rootName)
	if err != nil {
		return nil, fmt.Errorf("read stored traits: %w", err)
	}
	value, err := parse(now, rootName)
	if err != nil {
		return nil, err
	}
	if s.root.adminOnly || s.root.keepsObject(value) {
		return s.encode(was)
	}
	return s.encode(s.restore(s.root, was, value))
}

func (s *Schema) restore(p *property, was, now any) any {
	old, _ := was.(map[string]any)
	object, _ := now.(map[string]any)
	for _, c := range p.children {
		kept, had := old[c.name]
		value, has := object[c.name]
		switch {
		case c.adminOnly, c.keepsObject(value):
			value, has = kept, had
		case c.leaf != nil && c.givenBack(kept, value):
			value = kept
		case c.leaf == nil:
			value = s.restore(c, kept, value)
			has = has || value != nil
		}
		object = with(object, c.name, value, has)
	}
	for name := range object {
		if _, had := old[name]; !had && s.reservesMember(p, name) {
			delete(object, name)
		}
	}
	for name, kept := range old {
		if s.reservesMember(p, name) {
			object = with(object, name, kept, true)
		}
	}
	if object == nil {
		return now
	}
	return object
}

// with sets a member of an object, which is made if there is none, or removes it.
func with(object map[string]any, name string, value any, has bool) map[string]any {
	if !has {
		delete(object, name)
		return object
	}
	if object == nil {
		object = map[string]any{}
	}
	object[name] = value
	return object
}

// prune drops the members that the schema forbids by not naming them.
func (p *property) prune(value any) any {
	object, ok := value.(map[string]any)
	if !ok || p.leaf != nil {
		return value
	}
	kept := make(map[string]any, len(object))
	for name, member := range object {
		c := p.child(name)
		switch {
		case c != nil:
			kept[name] = c.prune(member)
		case !p.forbids(name):
			kept[name] = member
		}
	}
	return kept
}

// forbids reports whether the schema forbids a member that is no child of p. A pattern may name it.
func (p *property) forbids(name string) bool {
	return p.closed && len(memberSchemas(p.schemas, name)) == 0
}

// merge returns the value of p after the change. It changes was.
func (p *property) merge(was, now any) any {
	submitted, ok := now.(map[string]any)
	if !ok || len(p.children) == 0 {
		return now
	}
	merged, ok := was.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	for name, value := range submitted {
		p.change(merged, name, value)
	}
	return merged
}

func (p *property) change(merged map[string]any, name string, value any) {
	if cleared(value) {
		delete(merged, name)
		return
	}
	c := p.child(name)
	if c == nil {
		merged[name] = value
		return
	}
	if c.leaf != nil && c.givenBack(merged[name], value) {
		return
	}
	result := c.merge(merged[name], value)
	if object, ok := result.(map[string]any); ok && len(object) == 0 && c.leaf == nil {
		delete(merged, name)
		return
	}
	merged[name] = result
}

// cleared reports whether a submitted value removes its trait: empty text, an empty list,
// or a list input that was emptied.
func cleared(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0 || len(v) == 1 && v[0] == ""
	default:
		return false
	}
}
