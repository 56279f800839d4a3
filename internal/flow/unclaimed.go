package flow

import (
	"context"

	"github.com/symbolon/symbolon/internal/secret"
)

// unclaimed reports whether a flow waits for a code and belongs to no browser yet: the
// engine, an operator or a server whose accounts were taken over sent the code. Its form
// is shown to anyone who has its id, which is as random as a token; it becomes the flow of
// the browser that types the code, or asks for another. A verification, which does not sign in,
// may become that of a native application.
func (f *Flow) unclaimed() bool {
	if f.Client != Browser || f.CSRF != "" || f.State != Challenged {
		return false
	}
	typed := false
	_, _ = f.recall(typedMemory, &typed) // what can't be read is not typed
	return typed || f.ResumeHash == ""
}

// lend returns a copy of an unclaimed flow whose form this browser can send. It is not
// stored.
func (e *Engine) lend(ctx context.Context, f *Flow, c Caller) (*Flow, error) {
	lent := f.clone()
	lent.CSRF = secret.MaskCSRF(c.csrf(Browser))
	return lent, e.renderFor(ctx, lent, nil, c.Session)
}

// claim makes an unclaimed flow the caller's.
func (f *Flow) claim(c Caller) {
	switch {
	case !f.unclaimed():
	case f.fitsApp(c):
		f.Client = API
	default:
		f.CSRF = secret.MaskCSRF(c.csrf(Browser))
	}
}

// fitsApp reports whether a native application may send the form of a flow that was started
// for no client: it has no form token, and no page of another site can send what it sends.
func (f *Flow) fitsApp(c Caller) bool { return f.Kind == Verification && f.unclaimed() && c.native() }

// handOver makes a browser's flow that of another browser: the one that opened its link.
func (f *Flow) handOver(csrf string) {
	if f.Client == Browser {
		f.CSRF = secret.MaskCSRF(csrf)
	}
}

// withMemory is what is stored of a rejected submission to an unclaimed flow: nothing but
// what the method remembers of it, such as how many codes were wrong; nil if it does not.
func (f *Flow) withMemory(method string, r *Rejected) (*Flow, error) {
	if r.Memory == nil {
		return nil, nil
	}
	kept := f.clone()
	return kept, kept.remember(method, r.Memory)
}
