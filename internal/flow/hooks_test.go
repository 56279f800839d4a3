package flow_test

import (
	"context"
	"errors"
	"testing"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/flow/flowtest"
	"symbolon/internal/identity"
	"symbolon/internal/session"
)

// A login that asks for a proven address does not sign in without one, and leads to
// proving it where that is possible.
func TestLogin_requireVerifiedAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ verified, verifies bool }{{true, true}, {false, true}, {false, false}} {
		var p flowtest.Person
		w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, nil
		}, flowtest.Hook(flow.Login, identity.TypePassword, flow.HookVerified))
		if test.verifies {
			sender := flowtest.Sender{Stub: &flowtest.Stub{Name: "sender", Roles: map[flow.Kind]flow.Role{flow.Verification: flow.AddressProof}}}
			sender.OnChallenge = func(*flow.Flow, identity.Address, string) (flow.Challenge, error) { return flow.Challenge{}, nil }
			login := &flowtest.Stub{Name: identity.TypePassword, Roles: flowtest.All(flow.FirstFactor)}
			login.Fact = func(context.Context, flow.Submission) (flow.Fact, error) {
				return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, nil
			}
			w.Rebuild(login, sender)
		}
		p = w.Person("ada@example.org", test.verified)
		b := w.Browser()
		r, err := b.Submit(b.Start(flow.Login), identity.TypePassword, nil)
		switch {
		case test.verified:
			if err != nil || r.Outcome != flow.Completed || r.Session == nil {
				t.Errorf("proven: %+v, %v", r, err)
			}
		case test.verifies:
			if err != nil || r.Outcome != flow.Redirected || !r.Unproven || r.Session != nil || r.Token != "" || r.Verification == nil || len(w.Mail.Take()) != 1 {
				t.Errorf("not proven: %+v, %v", r, err)
			}
		default:
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.ID != "session_verified_address_required" || r.Session != nil {
				t.Errorf("nothing sends: %+v, %v", r, err)
			}
		}
	}
}
