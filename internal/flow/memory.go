package flow

import "encoding/json"

// Remembers reports whether the flow holds something of a method.
func (f *Flow) Remembers(method string) bool {
	_, ok := f.Private[method]
	return ok
}

// StepOf returns how far a method has led the person on, in its own words; empty if
// it has not begun. A method that has several steps remembers it as the member step.
func (f *Flow) StepOf(method string) string {
	var memory struct {
		Step string `json:"step"`
	}
	if _, err := f.recall(method, &memory); err != nil {
		return "" // what can't be read begins at the first step
	}
	return memory.Step
}

// given are the traits that a newcomer has given in an earlier step; nil for none.
func (f *Flow) given() json.RawMessage {
	var memory struct {
		Traits json.RawMessage `json:"traits"`
	}
	if f.Kind != Registration {
		return nil
	}
	if _, err := f.recall("profile", &memory); err != nil {
		return nil // what can't be read is asked for again
	}
	return memory.Traits
}
