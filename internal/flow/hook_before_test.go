package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// stranger is a person who is known to a provider and not here.
func stranger(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error) {
	return flow.ProvedExternalAccount{
		Account: flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"},
		Traits:  json.RawMessage(`{"email":"new@example.org"}`), Factor: session.Factor{Method: identity.TypeOIDC},
	}, nil
}

// says reports whether an error of a flow that a hook refuses says so to the client.
func says(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && e.Code == errs.Invalid && strings.Contains(e.Reason, "not here")
}

// A hook that refuses a kind of flow refuses it at the start, whichever way leads there.
func TestHook_before_start(t *testing.T) {
	t.Parallel()
	before := &program{parses: true, err: refused}
	w, _ := one(t, newcomer, hooked(flow.Registration, before, nil))
	if f, err := w.Browser().TryStart(flow.StartRequest{Kind: flow.Registration}); f != nil || !says(err) {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestHook_before_switch(t *testing.T) {
	t.Parallel()
	before := &program{parses: true, err: refused}
	w, stub := one(t, stranger, hooked(flow.Registration, before, nil))
	b := w.Browser()
	f := b.Start(flow.Login)
	r, err := b.Submit(f, stub.Name, nil)
	if err != nil || r.Outcome != flow.FormRejected || r.Flow.Kind != flow.Login || r.Identity != nil || len(before.calls) != 1 {
		t.Fatalf("refuses: %+v, %v, %d calls", r, err, len(before.calls))
	}
	before.err = nil
	r, err = b.Submit(f, stub.Name, nil)
	if err != nil || r.Outcome != flow.Completed || r.Identity == nil || len(before.calls) != 2 {
		t.Fatalf("allows: %+v, %v, %d calls", r, err, len(before.calls))
	}
	if seen := before.calls[1].Flow; seen.Kind != flow.Registration || before.calls[1].Identity != nil {
		t.Errorf("%+v", before.calls[1])
	}
}

func TestHook_before_restart(t *testing.T) {
	t.Parallel()
	before := &program{parses: true}
	w, _ := one(t, newcomer, hooked(flow.Registration, before, nil))
	b := w.Browser()
	f := b.Start(flow.Registration)
	w.Advance(f.ExpiresAt.Sub(w.Now()) + time.Second)
	before.err = refused
	if _, err := b.Submit(f, identity.TypePassword, newPerson); !says(err) || len(before.calls) != 2 {
		t.Errorf("refuses: %v, %d calls", err, len(before.calls))
	}
	before.err = nil
	if _, err := b.Submit(f, identity.TypePassword, newPerson); !as[*flow.Restarted](err) || len(before.calls) != 3 {
		t.Errorf("allows: %v, %d calls", err, len(before.calls))
	}
}

// A form of a finished registration that comes again leads to a login.
func TestHook_before_registeredAgain(t *testing.T) {
	t.Parallel()
	before := &program{parses: true}
	w, _ := one(t, newcomer, hooked(flow.Login, before, nil))
	b := w.Browser()
	f := b.Start(flow.Registration)
	send := func() error {
		_, err := w.Submit(t.Context(), flow.SubmitRequest{
			Kind: f.Kind, Method: identity.TypePassword, FlowID: f.ID, Input: b.Form(newPerson), Caller: b.Caller, ByPage: true,
		})
		return err
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	before.err = refused
	if err := send(); !says(err) {
		t.Errorf("refuses: %v", err)
	}
	before.err = nil
	if err := send(); !as[*flow.Restarted](err) || len(before.calls) != 2 {
		t.Errorf("allows: %v, %d calls", err, len(before.calls))
	}
}

// An account at a provider whose identifiers are taken leads to the login that links it.
func TestHook_before_link(t *testing.T) {
	t.Parallel()
	before := &program{parses: true}
	w, stub := one(t, stranger, hooked(flow.Login, before, nil))
	w.Person("new@example.org", true)
	b := w.Browser()
	b.Providers.Links = true
	f := b.Start(flow.Registration)
	before.err = refused
	before.on = func(ctx context.Context, c flow.HookCall) {
		if _, err := w.DB.Flow(ctx, c.Flow.ID); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("the login is stored before the hook has answered: %v", err)
		}
	}
	if r, err := b.Submit(f, stub.Name, nil); err != nil || r.Outcome != flow.FormRejected || r.Next != nil || len(before.calls) != 1 {
		t.Errorf("refuses: %+v, %v, %d calls", r, err, len(before.calls))
	}
	before.err = nil
	r, err := b.Submit(f, stub.Name, nil)
	if err != nil || r.Next == nil || len(before.calls) != 2 || r.Next.ID != before.calls[1].Flow.ID || w.Stored(r.Next).PendingLink() != "Acme" {
		t.Errorf("allows: %+v, %v, %d calls", r, err, len(before.calls))
	}
}

// A login that a hook refuses leaves an account that waits to be linked where it is.
func TestHook_before_claim(t *testing.T) {
	t.Parallel()
	before := &program{parses: true}
	w, stub := one(t, stranger, hooked(flow.Login, before, nil))
	w.Person("new@example.org", true)
	b := w.Browser()
	f := b.Start(flow.Registration)
	if r, err := b.Submit(f, stub.Name, nil); err != nil || r.Outcome != flow.FormRejected {
		t.Fatalf("%+v, %v", r, err)
	}
	before.err = refused
	if _, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Link: f.ID}); !says(err) {
		t.Errorf("refuses: %v", err)
	}
	before.err = nil
	if login, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Link: f.ID}); err != nil || login.PendingLink() != "Acme" {
		t.Errorf("allows: %+v, %v", login, err)
	}
}
