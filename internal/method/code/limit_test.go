package code_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/code"
	"github.com/symbolon/symbolon/internal/session"
)

// No more mails may be sent to the owner, who signs in with a code as second factor: the flow starts, says why there
// is not a code and offers the address for later.
func TestSecond_tooManyMails(t *testing.T) {
	t.Parallel()
	for _, client := range []flow.Client{flow.Browser, flow.API} {
		t.Run(string(client), func(t *testing.T) {
			t.Parallel()
			w := openAs(t, beside())
			p := person(t, w, ada, true)
			b := w.Browser()
			if client == flow.API {
				b = w.App()
			}
			b.SignIn(p, passwordFactor())
			w.Limiter.Full = true
			f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2})
			if err != nil {
				t.Fatal(err)
			}
			if says := flowtest.Said(flow.Result{Flow: f}, code.ID); f.State == flow.Challenged || len(w.Mail.Take()) > 0 || !strings.Contains(says, message.KeyTooManyMails) {
				t.Errorf("state %s, %s", f.State, says)
			}
			if f.Form.Group(code.ID) == nil || f.Form.Group(code.ID).Node("address") == nil {
				t.Errorf("the form is %+v", f.Form)
			}
			w.Limiter.Full = false
			b.MustSubmit(f, code.ID, map[string]string{"address": ada})
			if r := b.MustSubmit(f, code.ID, map[string]string{"code": mailed(t, w)}); r.Outcome != flow.Completed {
				t.Errorf("later: outcome %d, %s", r.Outcome, said(r))
			}
		})
	}
}

// Strangers who have mails sent to an address leave its owner, who has passed a first factor, a count of their own. It is
// for addresses that the owner has proven.
func TestCountMail(t *testing.T) {
	t.Parallel()
	w := openAs(t, beside())
	p := person(t, w, ada, true)
	stranger := w.Browser()
	stranger.MustSubmit(stranger.Start(flow.Recovery), code.ID, fields(flow.Recovery, ada))
	w.StepUp(p, passwordFactor())
	for _, a := range w.Limiter.Counted() {
		byOwner, byAnyone := a.IdentityID == p.ID && a.Identifiers == nil, a.IdentityID == "" && slices.Equal(a.Identifiers, []string{ada})
		if a.Kind != flow.LimitSendLink || !byOwner && !byAnyone {
			t.Errorf("counted: %+v", a)
		}
	}
	if counted := w.Limiter.Counted(); len(counted) != 2 || counted[0].IdentityID == counted[1].IdentityID {
		t.Errorf("the mails share a count: %+v", counted)
	}
	w = openAs(t, everything())
	p = w.Person(ada, true)
	b := w.Browser()
	b.SignIn(p)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	b.MustSubmit(f, code.ID, fields(flow.Login, "eve@example.org"))
	if counted := w.Limiter.Counted(); len(counted) != 1 || counted[0].IdentityID != "" || !slices.Equal(counted[0].Identifiers, []string{"eve@example.org"}) {
		t.Errorf("a foreign address counts as %+v", counted)
	}
	w.Advance(time.Minute)
	b.MustSubmit(f, code.ID, fields(flow.Login, strings.ToUpper(ada)))
	if counted := w.Limiter.Counted(); len(counted) != 2 || !slices.ContainsFunc(counted, func(a flow.Attempt) bool { return a.IdentityID == p.ID }) {
		t.Errorf("one's own address counts as %+v", counted)
	}
}

// However a stranger spells a number, text messages to it share a count.
func TestCountMail_spellings(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	for _, number := range []string{"+49 170 1234567", "+49-170-123-45-67", "+491701234567"} {
		b := w.Browser()
		b.MustSubmit(b.Start(flow.Login), code.ID, fields(flow.Login, number))
	}
	counted := w.Limiter.Counted()
	for _, a := range counted {
		if !slices.Equal(a.Identifiers, []string{"+491701234567"}) {
			t.Errorf("counted: %+v", a)
		}
	}
	if len(counted) != 3 {
		t.Errorf("%d messages are counted", len(counted))
	}
}

// A request for another code that others overtake is judged again, and counts the one mail that it sends.
func TestCountMail_overtaken(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	w.Person(ada, true)
	b := w.Browser()
	f := b.Start(flow.Login)
	b.MustSubmit(f, code.ID, fields(flow.Login, ada))
	right := mailed(t, w)
	w.Advance(time.Minute)
	overtaken(t, w, b, f, map[string]string{"identifier": ada, "resend": code.ID}, func() {
		for range 3 {
			b.MustSubmit(f, code.ID, with(flow.Login, ada, other(right)))
		}
	})
	if len(w.Mail.Take()) == 0 {
		t.Error("no other code was sent")
	}
	counted := slices.DeleteFunc(w.Limiter.Counted(), func(a flow.Attempt) bool { return a.Kind != flow.LimitSendLink })
	if len(counted) != 2 {
		t.Errorf("counted for two mails: %+v", counted)
	}
}
