package claims

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"
)

// The bounds of a program.
const (
	maxProgram = 64 << 10 // bytes
	maxInput   = 64 << 10 // bytes of claims as JSON
	maxOutput  = 64 << 10 // bytes
	maxStack   = 200      // calls within calls
	// A tail call is none of those within calls, but the library takes about 4 KiB of
	// the goroutine's stack for it all the same, and a full stack ends the process. So
	// functions may be called this often, in the program and, as far as the size of
	// the claims and of arrays can tell, in the standard library.
	maxCalls  = 20_000
	maxTime   = 2 * time.Second
	maxAtOnce = 2 // evaluations of one program
)

// The errors of a mapper. All are about the program, which is the operator's.
var (
	// ErrNoTraits says that identity.traits is no object.
	ErrNoTraits = errors.New("the program's identity.traits is not an object")
	// ErrTooMuch says that a program was stopped for the time or the calls it took.
	ErrTooMuch = fmt.Errorf("the program was stopped: it has %v and %d calls of functions", maxTime, maxCalls)
	// ErrBusy says that the evaluations that may run at once do so already. It does
	// not pass if they are inside one call of the standard library that doesn't end.
	ErrBusy = errors.New("the program is running too often already")
)

// Mapper turns claims into traits by one program. It is safe for concurrent use.
type Mapper struct {
	name    string
	program ast.Node
	slots   chan struct{}
	maxTime time.Duration
}

// Compile checks a program. The name, such as its URL, is for error messages, which
// tell the position too. A program that imports is an error.
func Compile(name, program string) (*Mapper, error) {
	if len(program) > maxProgram {
		return nil, fmt.Errorf("%s: the program is larger than %d bytes", name, maxProgram)
	}
	bounded, err := bound(name, program)
	if err != nil {
		return nil, err
	}
	return &Mapper{name: name, program: bounded, slots: make(chan struct{}, maxAtOnce), maxTime: maxTime}, nil
}

// Traits evaluates the program. The claims are its external variable claims; its
// value must be {identity: {traits: {…}}}. What it returns is a JSON object, and {}
// with ErrNoTraits, which v0.5 goes on with.
func (m *Mapper) Traits(ctx context.Context, c Claims) (json.RawMessage, error) {
	input, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode claims: %w", err)
	}
	if len(input) > maxInput {
		return nil, fmt.Errorf("the claims are larger than %d bytes", maxInput)
	}
	output, err := m.evaluate(ctx, string(input))
	if err != nil {
		return nil, fmt.Errorf("map claims by %s: %w", m.name, err)
	}
	var value struct {
		Identity struct {
			Traits json.RawMessage `json:"traits"`
		} `json:"identity"`
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(output), &value) != nil || json.Unmarshal(value.Identity.Traits, &object) != nil || object == nil {
		return json.RawMessage("{}"), fmt.Errorf("map claims by %s: %w", m.name, ErrNoTraits)
	}
	return value.Identity.Traits, nil
}

type outcome struct {
	output string
	err    error
}

// evaluate runs the program beside the caller, so that the caller has an answer in
// time even where the program can't be stopped. One that can't keeps its slot.
func (m *Mapper) evaluate(ctx context.Context, claims string) (string, error) {
	select {
	case m.slots <- struct{}{}:
	default:
		return "", ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, m.maxTime)
	defer cancel()
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-m.slots }()
		output, err := run(ctx, m.program, claims)
		done <- outcome{output, err}
	}()
	select {
	case o := <-done:
		return o.output, o.err
	case <-ctx.Done():
		return "", ErrTooMuch
	}
}

func run(ctx context.Context, program ast.Node, claims string) (string, error) {
	calls := &meter{ctx: ctx, left: maxCalls}
	vm := jsonnet.MakeVM()
	vm.MaxStack = maxStack
	vm.Importer(calls)
	vm.SetTraceOut(nowhere{})
	vm.ExtCode("claims", claims) // JSON is Jsonnet, and only ever a value
	output, err := vm.Evaluate(program)
	switch {
	case calls.spent:
		return "", ErrTooMuch
	case err != nil:
		return "", explained(err)
	case len(output) > maxOutput:
		return "", fmt.Errorf("the program's value is larger than %d bytes", maxOutput)
	}
	return output, nil
}

// nowhere is where std.trace writes: its text may be a claim, and claims are not for
// logs.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// explained keeps the first line of an error: the message, not the stack, whose
// frames are those of the library too.
func explained(err error) error {
	var runtime jsonnet.RuntimeError
	if !errors.As(err, &runtime) {
		return errors.New("the program broke the evaluator")
	}
	const most = 500
	text := runtime.Msg
	if len(text) > most {
		text = text[:most] + "…"
	}
	for _, frame := range slices.Backward(runtime.StackTrace) {
		if at := frame.Loc; at.Begin.Line > 0 && at.FileName != "" {
			return fmt.Errorf("%s: %s", at.String(), text)
		}
	}
	return errors.New(text)
}
