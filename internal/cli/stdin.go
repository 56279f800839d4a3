package cli

import (
	"context"
	"fmt"
	"io"
)

// untilDone is a reader that ends with a context: a read from a terminal can't be
// interrupted otherwise. What a read brings after that is dropped.
type untilDone struct {
	//nolint:containedctx // a Reader takes none
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	type outcome struct {
		n   int
		err error
	}
	buffer := make([]byte, len(p))
	done := make(chan outcome, 1)
	go func() {
		n, err := r.Reader.Read(buffer)
		done <- outcome{n, err}
	}()
	select {
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	case o := <-done:
		return copy(p, buffer[:o.n]), o.err
	}
}

// stdin is the standard input of a command that expects JSON there. It says what
// it waits for where it would seem to hang.
func (e *env) stdin(ctx context.Context) io.Reader {
	if isTerminal(e.Stdin) {
		fmt.Fprintln(e.Stderr, "Reading JSON from the terminal; end it with Ctrl-D.")
	}
	return untilDone{ctx, e.Stdin}
}
