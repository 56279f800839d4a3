package claims

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/symbolon/symbolon/internal/program"
)

// maxAtOnce bounds the evaluations of one program at a time.
const maxAtOnce = 2

// ErrNoTraits says that identity.traits is no object.
var ErrNoTraits = errors.New("the program's identity.traits is not an object")

// Mapper turns claims into traits by one program. It is safe for concurrent use.
type Mapper struct{ program *program.Program }

// Compile checks a program. The name, such as its URL, is for error messages, which
// tell the position too. A program that imports is an error.
func Compile(name, source string) (*Mapper, error) {
	p, err := program.Compile(name, source, maxAtOnce)
	if err != nil {
		return nil, err
	}
	return &Mapper{program: p}, nil
}

// Traits evaluates the program. The claims are its external variable claims; its
// value must be {identity: {traits: {…}}}. What it returns is a JSON object, and {}
// with ErrNoTraits, which v0.5 goes on with.
func (m *Mapper) Traits(ctx context.Context, c Claims) (json.RawMessage, error) {
	input, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode claims: %w", err)
	}
	output, err := m.program.With(ctx, "claims", string(input))
	if err != nil {
		return nil, fmt.Errorf("map claims by %s: %w", m.program.Name(), err)
	}
	var value struct {
		Identity struct {
			Traits json.RawMessage `json:"traits"`
		} `json:"identity"`
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(output), &value) != nil || json.Unmarshal(value.Identity.Traits, &object) != nil || object == nil {
		return json.RawMessage("{}"), fmt.Errorf("map claims by %s: %w", m.program.Name(), ErrNoTraits)
	}
	return value.Identity.Traits, nil
}
