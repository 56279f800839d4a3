package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/symbolon/symbolon/internal/message"
)

// The bounds of what a submission carries for hooks.
const (
	maxTransient       = 16 << 10 // bytes
	maxTransientNested = 64       // arrays and objects
)

// checkTransient refuses a transient_payload outside the bounds of payload if a hook of the flow may
// get it. Without such a hook the flow goes on, and messages get an empty object.
func (e *Engine) checkTransient(c checked) error {
	kinds := []Kind{c.flow.Kind}
	if k := c.flow.Kind; k == Login || k == Registration { // which lead to each other: see adapt
		kinds = []Kind{Login, Registration}
	}
	hears := func(k Kind) bool {
		with := e.config.Kinds[k]
		return len(with.webAfter(c.method)) > 0 || len(with.Before) > 0
	}
	if !slices.ContainsFunc(kinds, hears) {
		return nil
	}
	if _, err := c.input.payload(); err != nil {
		return Reject("", message.Reason("The transient_payload "+err.Error()+"."))
	}
	return nil
}

// transient is what a submission carries for hooks.
func (in Input) transient() json.RawMessage {
	if made, err := in.payload(); err == nil && made != nil {
		return made
	}
	return json.RawMessage("{}")
}

// payload returns the transient_payload of a submission in a form that all JSON parsers read alike:
// without repeated members, unpaired surrogates and numbers out of range. It is nil if there is none;
// the error says which bound it breaks.
func (in Input) payload() (json.RawMessage, error) {
	raw := in.object["transient_payload"]
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var value map[string]any
	if raw[0] != '{' || json.Unmarshal(raw, &value) != nil {
		return nil, errors.New("must be a JSON object whose numbers a 64-bit floating point number can hold")
	}
	if nested(value, maxTransientNested) {
		return nil, fmt.Errorf("must not nest more than %d arrays and objects", maxTransientNested)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("can't be written as JSON: %w", err)
	}
	if made := bytes.TrimSpace(out.Bytes()); len(made) <= maxTransient {
		return made, nil
	}
	return nil, fmt.Errorf("must not be larger than %d bytes", maxTransient)
}

// nested reports whether arrays and objects of a JSON value nest in more than that many levels.
func nested(value any, most int) bool {
	var members iter.Seq[any]
	switch v := value.(type) {
	case map[string]any:
		members = maps.Values(v)
	case []any:
		members = slices.Values(v)
	default:
		return false
	}
	if most == 0 {
		return true
	}
	for member := range members {
		if nested(member, most-1) {
			return true
		}
	}
	return false
}
