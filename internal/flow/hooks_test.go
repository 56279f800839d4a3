package flow_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
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

// asksForProof is a world in which every login is by the right password, and one without a proven address mails a link.
func asksForProof(t *testing.T) (*flowtest.World, flowtest.Person) {
	t.Helper()
	var p flowtest.Person
	w, login := one(t, always(nil), flowtest.Hook(flow.Login, identity.TypePassword, flow.HookVerified))
	login.Fact = func(context.Context, flow.Submission) (flow.Fact, error) {
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, nil
	}
	sender := flowtest.Sender{Stub: &flowtest.Stub{Name: "sender", Roles: map[flow.Kind]flow.Role{flow.Verification: flow.AddressProof}}}
	sender.OnChallenge = func(*flow.Flow, identity.Address, string) (flow.Challenge, error) { return flow.Challenge{}, nil }
	w.Rebuild(login, sender)
	p = w.Person("ada@example.org", false)
	return w, p
}

// Each right password used to send a mail, without limit.
func TestLogin_requireVerifiedAddress_mails(t *testing.T) {
	t.Parallel()
	w, _ := asksForProof(t)
	b := w.Browser()
	f := b.Start(flow.Login)
	if r := b.MustSubmit(f, identity.TypePassword, nil); !r.Unproven || len(w.Mail.Take()) != 1 {
		t.Fatalf("the first login: %+v", r)
	}
	counted := w.Limiter.Counted()
	if len(counted) != 1 || counted[0].Kind != flow.LimitSendLink || !slices.Equal(counted[0].Identifiers, []string{"ada@example.org"}) {
		t.Errorf("counted: %+v", counted)
	}
	if _, err := b.Submit(f, identity.TypePassword, nil); !as[*flow.Restarted](err) || len(w.Mail.Take()) != 0 {
		t.Errorf("the same form once more: %v", err)
	}
	w.Limiter.Full = true
	for name, c := range map[string]*flowtest.Browser{"browser": w.Browser(), "app": w.App()} {
		r, err := c.Submit(c.Start(flow.Login), identity.TypePassword, nil)
		if name == "browser" && (err != nil || r.Outcome != flow.FormRejected) || name == "app" && errs.Of(err) != errs.TooMany {
			t.Errorf("%s, too many mails: %+v, %v", name, r, err)
		}
	}
	if sent := w.Mail.Take(); len(sent) != 0 {
		t.Errorf("too many mails, and still sent: %+v", sent)
	}
}

// The address is not proven any more when the effect happens: the mails are counted first.
func TestLogin_requireVerifiedAddress_overtaken(t *testing.T) {
	t.Parallel()
	w, p := asksForProof(t)
	judged := 0
	stale := w.Fresh(p.ID)
	stale.Verifiable[0].Verified = true
	login := &flowtest.Stub{Name: identity.TypePassword, Roles: flowtest.All(flow.FirstFactor)}
	login.Fact = func(context.Context, flow.Submission) (flow.Fact, error) {
		judged++
		seen := w.Fresh(p.ID)
		if judged == 1 {
			seen = stale
		}
		return flow.Authenticated{Identity: seen, Factor: session.Factor{Method: identity.TypePassword}}, nil
	}
	w.Rebuild(login)
	b := w.Browser()
	if _, err := b.Submit(b.Start(flow.Login), identity.TypePassword, nil); !errors.Is(err, flow.ErrUnproven) || judged != 2 {
		t.Errorf("judged %d times, %v", judged, err)
	}
}
