package flow

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/traits"
)

// maxTransient bounds what a submission carries for hooks.
const maxTransient = 16 << 10 // bytes

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
	value, err := traits.Object(in.object["transient_payload"])
	if err != nil || value == nil {
		return nil, err
	}
	made, err := traits.WriteJSON(value)
	if err == nil && len(made) > maxTransient {
		err = fmt.Errorf("must not be larger than %d bytes", maxTransient)
	}
	return made, err
}
