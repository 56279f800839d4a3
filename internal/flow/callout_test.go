package flow_test

import (
	"context"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// What a method asks of another program takes of the time that hooks have.
func TestCallOut(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	after := &program{}
	w, stub := one(t, func(ctx context.Context, w *flowtest.World, s flow.Submission) (flow.Fact, error) {
		err := s.CallOut(ctx, func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the call has no end")
			}
			w.Advance(30 * time.Second)
			return nil
		})
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, err
	}, hooked(flow.Login, nil, after))
	p = w.Person("ada@example.org", true)
	after.on = func(ctx context.Context, _ flow.HookCall) {
		if end, _ := ctx.Deadline(); time.Until(end) > 10*time.Second {
			t.Errorf("the hook has %s", time.Until(end))
		}
	}
	b := w.Browser()
	if r, err := b.Submit(b.Start(flow.Login), stub.Name, nil); err != nil || r.Session == nil || len(after.calls) != 1 {
		t.Errorf("%+v, %v, %d calls", r, err, len(after.calls))
	}
}
