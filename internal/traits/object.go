package traits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// maxObjectNested is how many arrays and objects nest in an object beside traits: the evaluator of programs gives up on
// about three times as many.
const maxObjectNested = 64

// Object reads a JSON object that travels beside traits, such as metadata; it is nil for none and for null. The programs
// of operators read such objects, so one that they can't read is an error, which says what to do.
func Object(raw json.RawMessage) (map[string]any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil {
		return nil, errors.New("must be a JSON object whose numbers a 64-bit floating point number can hold")
	}
	if nesting(object) > maxObjectNested {
		return nil, fmt.Errorf("must not nest more than %d arrays and objects", maxObjectNested)
	}
	return object, nil
}

// WriteJSON returns a value as JSON without the escapes that HTML would need: they make it up to six times as large, and
// what programs read has a size limit.
func WriteJSON(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("can't be written as JSON: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}
