package code_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/method/code"
)

// finished is a login by code whose answer the browser has missed, a moment ago.
func finished(t *testing.T, client func(*flowtest.World) *flowtest.Browser) (w *flowtest.World, b *flowtest.Browser, f *flow.Flow, in map[string]string, r flow.Result) {
	t.Helper()
	w = openAs(t, everything())
	w.Person(ada, true)
	b = client(w)
	f = b.Start(flow.Login)
	b.MustSubmit(f, code.ID, fields(flow.Login, ada))
	in = with(flow.Login, ada, mailed(t, w))
	var err error
	if r, err = b.Submit(f, code.ID, in); err != nil || r.Outcome != flow.Completed {
		t.Fatalf("outcome %d, %v", r.Outcome, err)
	}
	w.Advance(time.Second)
	return w, b, f, in, r
}

// over reports whether a submission finds the flow over.
func over(b *flowtest.Browser, f *flow.Flow, in map[string]string) bool {
	_, err := b.Submit(f, code.ID, in)
	_, ended := errors.AsType[*flow.Restarted](err)
	return ended || errors.Is(err, errs.ErrCSRF)
}

// The browser that missed the answer gets the session of its login; everything else finds the flow over.
func TestLogin_answerLost(t *testing.T) {
	t.Parallel()
	w, b, f, in, first := finished(t, (*flowtest.World).Browser)
	stranger := w.Browser()
	if !over(stranger, f, in) {
		t.Error("a browser that the flow does not belong to is let in")
	}
	again, err := b.Submit(f, code.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if again.Outcome != flow.Completed || again.Session.ID != first.Session.ID || again.Token == first.Token {
		t.Errorf("outcome %d, session %v after %v", again.Outcome, again.Session.ID, first.Session.ID)
	}
	if _, err := w.Sessions.Check(t.Context(), first.Token); err == nil {
		t.Error("the token of the answer that was lost is left")
	}
	w.Advance(time.Second)
	if err := w.Sessions.Revoke(t.Context(), again.Token); err != nil {
		t.Fatal(err)
	}
	if !over(b, f, in) {
		t.Error("the code counts after a logout")
	}
}

// A guess at the code of a finished login is the last one.
func TestLogin_answerLostGuess(t *testing.T) {
	t.Parallel()
	_, b, f, in, _ := finished(t, (*flowtest.World).Browser)
	if !over(b, f, with(flow.Login, ada, other(in["code"]))) || !over(b, f, in) {
		t.Error("the code can be guessed after the login")
	}
}

// Nothing tells one native client from another.
func TestLogin_answerLostApp(t *testing.T) {
	t.Parallel()
	_, b, f, in, _ := finished(t, (*flowtest.World).App)
	if !over(b, f, in) {
		t.Error("a code counts twice")
	}
}

// Of codes that were sent at once one counts, and none when it has expired.
func TestLogin_answerLostLate(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"at once": -time.Second, "expired": everything().Lifespan} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b, f, in, _ := finished(t, (*flowtest.World).Browser)
			w.Advance(later)
			if !over(b, f, in) {
				t.Error("the code counts twice")
			}
		})
	}
}

// What sends a code is told to templates and senders: the start of the flow, and what came along for hooks.
func TestMail_trace(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	p := person(t, w, ada, true)
	b := w.Browser()
	f := b.Start(flow.Recovery)
	b.MustSubmit(f, code.ID, fields(flow.Recovery, ada))
	sent := w.Mail.Take()
	if len(sent) != 1 || sent[0].Request == "" || sent[0].Request != f.Request || string(sent[0].Transient) != "{}" || sent[0].IdentityID != p.ID {
		t.Errorf("%+v of a flow that began with %q", sent, f.Request)
	}
	b.MustSubmit(b.Start(flow.Registration), code.ID, fields(flow.Registration, "new@example.org"))
	if sent = w.Mail.Take(); len(sent) != 1 || !strings.Contains(string(sent[0].Traits), "new@example.org") {
		t.Errorf("a newcomer: %+v", sent)
	}
}
