package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"
)

// The bounds of a program.
const (
	maxProgram = 64 << 10 // bytes
	maxInput   = 64 << 10 // bytes of a value as JSON
	maxOutput  = 64 << 10 // bytes
	maxStack   = 200      // calls within calls
	// A tail call is none of those within calls, but the library takes about 4 KiB of
	// the goroutine's stack for it all the same, and a full stack ends the process. So
	// functions may be called this often, in the program and, as far as the size of
	// the input and of arrays can tell, in the standard library.
	maxCalls = 20_000
	maxTime  = 2 * time.Second
)

// The errors of a program that was stopped. All are about the program, which is the
// operator's.
var (
	// ErrTooMuch says that a program was stopped for the time or the calls it took.
	ErrTooMuch = fmt.Errorf("the program was stopped: it has %v and %d calls of functions", maxTime, maxCalls)
	// ErrBusy says that the evaluations that may run at once took too long to end. It does
	// not pass if they are inside one call of the standard library that doesn't end.
	ErrBusy = errors.New("the program is running too often already")
)

// Error is why the evaluation of a program failed: the text of its own error expression or
// assertion, or what the evaluator objects to.
type Error struct {
	Message string // as the program has it
	At      string // where, in the program; empty if that isn't known
}

// Error shortens the message: it may hold what the program was given.
func (e *Error) Error() string {
	const most = 500
	text := e.Message
	if len(text) > most {
		text = text[:most] + "…"
	}
	if e.At == "" {
		return text
	}
	return e.At + ": " + text
}

// Program is a Jsonnet program. It is safe for concurrent use.
type Program struct {
	name    string
	root    ast.Node
	slots   chan struct{}
	maxTime time.Duration
}

// Compile checks a program. The name, such as its URL, is for error messages, which
// tell the position too. A program that imports is an error. At most atOnce
// evaluations run at a time; others wait, and fail with ErrBusy.
func Compile(name, source string, atOnce int) (*Program, error) {
	if len(source) > maxProgram {
		return nil, fmt.Errorf("%s: the program is larger than %d bytes", name, maxProgram)
	}
	root, err := bound(name, source)
	if err != nil {
		return nil, err
	}
	return &Program{name: name, root: root, slots: make(chan struct{}, atOnce), maxTime: maxTime}, nil
}

// Name is the name that the program was compiled under.
func (p *Program) Name() string { return p.name }

// With evaluates the program with an external variable, std.extVar(name), that holds
// the JSON value. It returns the program's value as JSON.
func (p *Program) With(ctx context.Context, name, json string) (string, error) {
	if len(json) > maxInput {
		return "", fmt.Errorf("the %s are larger than %d bytes", name, maxInput)
	}
	return p.WithAll(ctx, map[string]string{name: json})
}

// WithAll is With for several external variables: JSON values by their names.
func (p *Program) WithAll(ctx context.Context, values map[string]string) (string, error) {
	given := make(map[string]string, len(values))
	for name, json := range values {
		var err error
		if given[name], err = readable(name, json); err != nil {
			return "", err
		}
	}
	return p.evaluate(ctx, func(vm *jsonnet.VM) {
		for name, json := range given {
			vm.ExtCode(name, json) // JSON is Jsonnet, and only ever a value
		}
	})
}

// Call evaluates a program that is a function of one parameter: function(ctx) …
func (p *Program) Call(ctx context.Context, parameter, json string) (string, error) {
	given, err := readable(parameter, json)
	if err != nil {
		return "", err
	}
	return p.evaluate(ctx, func(vm *jsonnet.VM) { vm.TLACode(parameter, given) })
}

// readable returns the JSON value of that name without the unpaired surrogates and repeated members
// that stored JSON may have: the evaluator refuses them.
func readable(name, text string) (string, error) {
	if len(text) > maxInput {
		return "", fmt.Errorf("%s is larger than %d bytes", name, maxInput)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	made, err := json.Marshal(value)
	return string(made), err
}

type outcome struct {
	output string
	err    error
}

// evaluate runs the program beside the caller, so that the caller has an answer in
// time even where the program can't be stopped. One that can't keeps its slot.
func (p *Program) evaluate(ctx context.Context, bind func(*jsonnet.VM)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.maxTime)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return "", ErrBusy
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-p.slots }()
		output, err := run(ctx, p.root, bind)
		done <- outcome{output, err}
	}()
	select {
	case o := <-done:
		return o.output, o.err
	case <-ctx.Done():
		return "", ErrTooMuch
	}
}

func run(ctx context.Context, root ast.Node, bind func(*jsonnet.VM)) (string, error) {
	calls := &meter{ctx: ctx, left: maxCalls}
	vm := jsonnet.MakeVM()
	vm.MaxStack = maxStack
	vm.Importer(calls)
	vm.SetTraceOut(nowhere{})
	bind(vm)
	output, err := vm.Evaluate(root)
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

// nowhere is where std.trace writes: its text may be a claim or a code, which are
// not for logs.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// explained keeps the message of an error and its place, not the stack, whose frames are those
// of the library too.
func explained(err error) error {
	var runtime jsonnet.RuntimeError
	if !errors.As(err, &runtime) {
		return errors.New("the program broke the evaluator")
	}
	failed := &Error{Message: runtime.Msg}
	for _, frame := range slices.Backward(runtime.StackTrace) {
		if at := frame.Loc; at.Begin.Line > 0 && at.FileName != "" {
			failed.At = at.String()
			break
		}
	}
	return failed
}
