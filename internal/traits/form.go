package traits

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Apply returns the traits of an identity after a submission: Decode and Merge for
// JSON, and for a form what HTML means by it. A form that is sent back as it was
// served changes nothing. Numbered names (traits.tags.0) are the elements of an
// array, empty ones left out; the field of the array itself then adds an element or
// says nothing. A field that is empty removes its trait, unless the old value is one
// that its input cannot show. With in.Complete a checkbox that is missing is off.
//
// The error is an *Invalid if the submission breaks a limit.
func (s *Schema) Apply(old json.RawMessage, in Input) (json.RawMessage, error) {
	if s.root.adminOnly && !in.Admin {
		return old, nil
	}
	decoded, err := s.Decode(Input{JSON: in.JSON, Admin: in.Admin})
	if err != nil {
		return nil, err
	}
	merged, err := s.Merge(old, decoded)
	if err != nil || in.Form == nil {
		return merged, err
	}
	value, err := parse(merged, rootName)
	if err != nil {
		return nil, fmt.Errorf("read stored traits: %w", err)
	}
	form, err := readForm(in)
	if err != nil {
		return nil, err
	}
	object, ok := form.object(s.root, value, true, form.tree.children[rootName])
	if !ok {
		object = map[string]any{}
	}
	if err := bound(object, rootName); err != nil {
		return nil, err
	}
	return s.encode(object)
}

// formReader applies a form to values.
type formReader struct {
	tree            *formNode
	complete, admin bool
}

// property returns the value of p after the submission; ok is false if it has none.
func (f *formReader) property(p *property, old any, had bool, n *formNode) (value any, ok bool) {
	switch {
	case p.adminOnly && !f.admin, n == nil && !f.complete:
		return old, had
	case len(p.children) > 0:
		return f.object(p, old, had, n)
	case p.leaf == nil: // it has no field, so nothing may be set here
		return old, had
	case p.leaf.typ == "boolean":
		return f.checkbox(p, old, had, n)
	case n == nil:
		return old, had
	case p.leaf.typ == "array":
		value, ok = f.array(p.schemas, old, had, n)
		if !ok && p.mandatory() && had {
			return []any{}, true
		}
		return value, ok
	case p.leaf.typ == "object":
		return f.members(p.schemas, old, had, n)
	}
	return f.scalar(p, old, had, n)
}

func (f *formReader) object(p *property, old any, had bool, n *formNode) (any, bool) {
	members, isObject := old.(map[string]any)
	if had && !isObject && n.shows(old) {
		return old, true
	}
	result := map[string]any{}
	maps.Copy(result, members)
	for _, c := range p.children {
		member, has := members[c.name]
		if value, ok := f.property(c, member, has, n.child(c.name)); ok {
			result[c.name] = value
		} else {
			delete(result, c.name)
		}
	}
	if !isObject {
		maps.DeleteFunc(result, func(_ string, v any) bool { return v == nil }) // no object for the sake of a null
	}
	if f.complete {
		p.untick(result)
	}
	if len(result) == 0 {
		return old, had && (!isObject || len(members) == 0)
	}
	return result, true
}

// untick sets the required checkboxes of an object that were not sent. "Required"
// in JSON Schema is that a member is present, and one that is not ticked is false.
func (p *property) untick(object map[string]any) {
	if len(object) == 0 && p.parent != nil {
		return
	}
	for _, c := range p.children {
		if _, has := object[c.name]; !has && c.leaf != nil && c.leaf.typ == "boolean" && c.mandatory() && !c.adminOnly {
			object[c.name] = false
		}
	}
}

// checkbox reads a boolean. Of several values the last counts: a hidden "false"
// before the checkbox says that it is not ticked.
func (f *formReader) checkbox(p *property, old any, had bool, n *formNode) (any, bool) {
	if n == nil || len(n.values) == 0 {
		if old != true {
			return old, had
		}
		return false, p.leaf.allows(false)
	}
	text := n.values[len(n.values)-1]
	if text != "" {
		return convertText("boolean", text), true
	}
	_, shown := old.(bool)
	return old, had && !shown
}

// scalar reads text, a number or a date.
func (f *formReader) scalar(p *property, old any, had bool, n *formNode) (any, bool) {
	l := p.leaf
	if len(n.values) == 0 {
		return old, had
	}
	text := n.values[0]
	switch {
	case had && l.shows(old) && l.same(old, text):
		return old, true
	case text != "":
		return l.fromForm([]string{text}), true
	case had && !l.shows(old):
		return old, true
	case l.nullable && p.mandatory():
		return nil, true
	}
	return nil, false
}

// element returns a value inside an array or a free object.
func (f *formReader) element(schemas []*jsonschema.Schema, old any, had bool, n *formNode) (any, bool) {
	l := leafAmong(schemas)
	typ := l.typ
	switch old.(type) {
	case []any:
		typ = cmp.Or(typ, "array")
	case map[string]any:
		typ = cmp.Or(typ, "object")
	}
	if typ == "" && n != nil && len(n.children) > 0 {
		typ = "object"
		if _, numbered := n.positions(); numbered {
			typ = "array"
		}
	}
	switch {
	case n == nil:
		return old, had
	case typ == "array":
		return f.array(schemas, old, had, n)
	case typ == "object":
		return f.members(schemas, old, had, n)
	case len(n.values) == 0:
		return old, had
	}
	text := n.values[len(n.values)-1]
	l.typ = cmp.Or(typ, jsonType(old))
	switch {
	case had && l.same(old, text):
		return old, true
	case text == "":
		return nil, false
	}
	return l.fromForm([]string{text}), true
}

// array reads the elements of an array: numbered names, and values of its own name.
func (f *formReader) array(schemas []*jsonschema.Schema, old any, had bool, n *formNode) (any, bool) {
	if had && n.shows(old) {
		return old, true
	}
	was, _ := old.([]any)
	typed := n.typed()
	positions, _ := n.positions()
	fixed := prefixLength(schemas)
	for i, item := range was {
		if !servable(item) && (len(positions) > 0 || !slices.ContainsFunc(was, servable)) {
			positions = append(positions, i) // no input can hold it, so none was sent
		}
	}
	slices.Sort(positions)
	result, end := []any{}, 0
	for _, i := range slices.Compact(positions) {
		var item any
		has := i < len(was)
		if has {
			item = was[i]
		}
		value, ok := f.element(itemSchemas(schemas, i), item, has, n.child(strconv.Itoa(i)))
		if ok {
			result = append(result, value)
			end = len(result)
		} else if i < fixed {
			result = append(result, "") // the others keep their positions
		}
	}
	result = result[:end]
	for _, text := range typed {
		l := leafAmong(itemSchemas(schemas, len(result)))
		result = append(result, l.fromForm([]string{text}))
	}
	if len(result) == 0 {
		return nil, false
	}
	return result, true
}

// members reads the members of a free object, or of an object in an array.
func (f *formReader) members(schemas []*jsonschema.Schema, old any, had bool, n *formNode) (any, bool) {
	if had && n.shows(old) {
		return old, true
	}
	if len(n.children) == 0 {
		if typed := n.typed(); len(typed) > 0 {
			return typed[0], true // which the schema refuses
		}
		return nil, false
	}
	was, _ := old.(map[string]any)
	result := map[string]any{}
	maps.Copy(result, was)
	for name, child := range n.children {
		member, has := was[name]
		if value, ok := f.element(memberSchemas(schemas, name), member, has, child); ok {
			result[name] = value
		} else {
			delete(result, name)
		}
	}
	return result, len(result) > 0
}

// servable reports whether a form has an input for the value or for a part of it.
func servable(value any) bool { return len(spread(nil, "", value)) > 0 }

// at returns what the form sent for p and below, nil for nothing.
func (f *formReader) at(p *property) *formNode {
	if p.parent == nil {
		return f.tree.child(rootName)
	}
	return f.at(p.parent).child(p.name)
}

// dropUnticked drops the optional objects for which a page that shows every field sent boxes that are not ticked and
// nothing else, where they lack what the schema requires of them: no one began to fill them in.
func (p *property) dropUnticked(object map[string]any) {
	for _, c := range p.children {
		inner, ok := object[c.name].(map[string]any)
		if !ok || c.leaf != nil && len(c.children) == 0 {
			continue
		}
		c.dropUnticked(inner)
		lacks := func(name string) bool { _, has := inner[name]; return !has }
		if !c.mandatory() && slices.ContainsFunc(c.requires, lacks) && unticked(inner) || len(inner) == 0 {
			delete(object, c.name)
		}
	}
}

// unticked reports whether an object has nothing but boxes that are not ticked.
func unticked(object map[string]any) bool {
	for _, member := range object {
		if inner, ok := member.(map[string]any); member != false && !(ok && unticked(inner)) {
			return false
		}
	}
	return true
}

// untickAll unticks in the objects that there are.
func (p *property) untickAll(object map[string]any) {
	p.untick(object)
	for _, c := range p.children {
		if inner, ok := object[c.name].(map[string]any); ok {
			c.untickAll(inner)
		}
	}
}
