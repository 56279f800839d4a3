package flow

import (
	"context"
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
)

// BringCode notes the code that the link of a mail brings into a verification, so that its form shows it: a person reads
// what the link is for before they send it, and a program that opens links confirms nothing. Other flows, and those of
// other browsers, stay as they are.
func (e *Engine) BringCode(ctx context.Context, id, code string, c Caller) error {
	f, err := e.load(ctx, Verification, id)
	if err != nil {
		return err
	}
	if !c.sees(f) || f.State != Challenged || f.Expired(e.now()) || len(code) > maxBrought {
		return nil
	}
	if err := f.remember(broughtMemory, code); err != nil {
		return err
	}
	if err := e.store.SaveFlow(ctx, f); err != nil && !isStale(err) {
		return fmt.Errorf("keep code of a link: %w", err)
	}
	return nil
}

// maxBrought bounds the code that a link brings.
const maxBrought = 32

// isStale reports whether another request was first.
func isStale(err error) bool { return errs.Of(err) == errs.Conflict }

// fillBrought shows the code that a link has brought.
func (f *Flow) fillBrought() {
	code := f.recallText(broughtMemory)
	if code == "" {
		return
	}
	for i := range f.Form.Groups {
		if n := f.Form.Groups[i].Node("code"); n != nil {
			n.Value = code
		}
	}
}
