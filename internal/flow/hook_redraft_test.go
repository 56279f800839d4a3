package flow_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// What a hook says of the state holds, whichever hook speaks after it.
func TestHook_state_order(t *testing.T) {
	t.Parallel()
	off := identity.Inactive
	closes := &program{parses: true, change: &flow.IdentityChange{State: &off}}
	names := &program{parses: true, change: &flow.IdentityChange{Traits: json.RawMessage(`{"email":"ada@example.org","name":"A"}`)}}
	for _, order := range [][]flow.Hook{{closes, names}, {names, closes}} {
		w := mailer(t, func(c *flow.Config) {
			k := c.Kinds[flow.Settings]
			k.After = map[string]flow.AfterConfig{identity.TypePassword: {Web: order}}
			c.Kinds[flow.Settings] = k
		})
		p := w.Person("ada@example.org", true)
		b := w.Browser()
		b.SignIn(p)
		if _, err := b.Submit(b.Start(flow.Settings), identity.TypePassword, nil); err != nil || w.Fresh(p.ID).State != identity.Inactive {
			t.Errorf("%v, %q", err, w.Fresh(p.ID).State)
		}
	}
}

// Codes go to the address that a hook gives a newcomer, and no longer to the one that was typed.
func TestHook_codes(t *testing.T) {
	t.Parallel()
	after := &program{parses: true, change: &flow.IdentityChange{Traits: json.RawMessage(`{"email":"corp@example.org"}`)}}
	w, stub := one(t, func(ctx context.Context, _ *flowtest.World, s flow.Submission) (flow.Fact, error) {
		d, err := s.Draft(ctx)
		if err != nil {
			return nil, err
		}
		return flow.NewCredential{Credential: d.Codes(), Factor: session.Factor{Method: identity.TypeCode}}, nil
	}, hooked(flow.Registration, nil, after))
	b := w.Browser()
	r, err := b.Submit(b.Start(flow.Registration), stub.Name, newPerson)
	if err != nil || r.Identity == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	c, err := w.Identities.Credential(t.Context(), r.Identity.ID, identity.TypeCode)
	if err != nil || len(c.Identifiers) != 1 || c.Identifiers[0] != "corp@example.org" {
		t.Errorf("%+v, %v", c, err)
	}
}

// A hook that chooses another schema changes who gets mail of a registration, as other traits do.
func TestHook_schemaCounts(t *testing.T) {
	t.Parallel()
	schema := "default"
	after := &program{parses: true, change: &flow.IdentityChange{SchemaID: &schema}}
	w, stub := one(t, newcomer, hooked(flow.Registration, nil, after), func(c *flow.Config) { c.HideExisting = true })
	b := w.Browser()
	r, err := b.Submit(b.Start(flow.Registration), stub.Name, newPerson)
	if counted := w.Limiter.Counted(); err != nil || r.Identity == nil || len(counted) != 1 || counted[0].Kind != flow.LimitRegister {
		t.Errorf("%+v, %v, counted %+v", r, err, counted)
	}
}

// A hook that has a say is asked before an account is closed, which the others hear of.
func TestHook_closedAccount(t *testing.T) {
	t.Parallel()
	asked, hears := &program{parses: true, err: refused}, &program{}
	w, stub := one(t, always(flow.ClosedAccount{}), func(c *flow.Config) {
		k := c.Kinds[flow.Settings]
		k.AfterAll = []flow.Hook{asked, hears}
		c.Kinds[flow.Settings] = k
	})
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	if r, err := b.Submit(f, stub.Name, nil); err != nil || r.Outcome != flow.FormRejected || len(hears.calls) != 0 || len(w.Mail.Take()) != 0 {
		t.Errorf("refuses: %+v, %v", r, err)
	}
	asked.err = nil
	if r, err := b.Submit(f, stub.Name, nil); err != nil || r.Outcome != flow.Completed || len(asked.calls) != 2 || len(hears.calls) != 1 {
		t.Errorf("allows: %+v, %v", r, err)
	}
	for _, told := range asked.calls {
		if told.Identity == nil || told.Identity.ID != p.ID || told.Session == nil {
			t.Errorf("%+v", told)
		}
	}
}
