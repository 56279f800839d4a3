package traits

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// encode writes traits with the members in schema order. Members that the schema
// does not name come last, sorted.
func (s *Schema) encode(traits any) (json.RawMessage, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	w := writer{buf: &buf, encoder: encoder}
	if err := w.value(s.root, traits); err != nil {
		return nil, fmt.Errorf("encode traits: %w", err)
	}
	return buf.Bytes(), nil
}

type writer struct {
	buf     *bytes.Buffer
	encoder *json.Encoder
}

func (w writer) value(p *property, value any) error {
	object, ok := value.(map[string]any)
	if !ok || p == nil || len(p.children) == 0 {
		return w.plain(value)
	}
	w.buf.WriteByte('{')
	separator := ""
	for _, name := range p.memberOrder(object) {
		w.buf.WriteString(separator)
		separator = ","
		if err := w.plain(name); err != nil {
			return err
		}
		w.buf.WriteByte(':')
		if err := w.value(p.child(name), object[name]); err != nil {
			return err
		}
	}
	w.buf.WriteByte('}')
	return nil
}

// plain writes a value without regard to the schema.
func (w writer) plain(value any) error {
	if err := w.encoder.Encode(value); err != nil {
		return err
	}
	w.buf.Truncate(w.buf.Len() - 1) // the line feed
	return nil
}

// memberOrder returns the names of an object's members in the order to write.
func (p *property) memberOrder(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for _, c := range p.children {
		if _, ok := object[c.name]; ok {
			names = append(names, c.name)
		}
	}
	known := len(names)
	if known < len(object) {
		for name := range object {
			if p.child(name) == nil {
				names = append(names, name)
			}
		}
		slices.Sort(names[known:])
	}
	return names
}
