package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

var newPerson = map[string]string{"traits.email": "new@example.org"}

// The mails of a registration leave once its hooks have let it pass: an account that was taken
// back has nothing to prove.
func TestHook_registrationMails(t *testing.T) {
	t.Parallel()
	after := &program{err: errHook}
	w := mailer(t, hooked(flow.Registration, nil, after))
	after.on = func(context.Context, flow.HookCall) {
		if sent := w.Mail.Take(); len(sent) != 0 {
			t.Errorf("sent before the hook has answered: %+v", sent)
		}
	}
	b := w.Browser()
	f := b.Start(flow.Registration)
	if _, err := b.Submit(f, identity.TypePassword, newPerson); !errors.Is(err, errHook) || len(w.Mail.Take()) != 0 {
		t.Fatalf("fails: %v", err)
	}
	// The form that failed works again.
	after.err = nil
	r, err := b.Submit(f, identity.TypePassword, newPerson)
	if err != nil || r.Outcome != flow.Completed {
		t.Fatalf("the same form: %+v, %v", r, err)
	}
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].To != "new@example.org" {
		t.Errorf("passes: %+v", sent)
	}
}

// A registration that a hook makes fail stays counted, also if its identity is gone already.
func TestHook_registrationUndone_gone(t *testing.T) {
	t.Parallel()
	after := &program{err: errHook}
	w, _ := one(t, func(ctx context.Context, _ *flowtest.World, s flow.Submission) (flow.Fact, error) {
		d, err := s.Draft(ctx)
		if err == nil {
			err = s.CountRegistration(ctx, d)
		}
		return flow.NewCredential{Credential: identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{"hashed_password":"x"}`)}}, err
	}, hooked(flow.Registration, nil, after))
	after.on = func(ctx context.Context, c flow.HookCall) {
		if err := w.Identities.Delete(ctx, c.Identity.ID); err != nil {
			t.Error(err)
		}
	}
	b := w.Browser()
	if _, err := b.Submit(b.Start(flow.Registration), identity.TypePassword, newPerson); !errors.Is(err, errHook) || errs.Of(err) != errs.Upstream {
		t.Errorf("%v", err)
	}
	if counted := w.Limiter.Counted(); len(counted) != 1 || counted[0].Kind != flow.LimitRegister {
		t.Errorf("counted: %+v", counted)
	}
}

// A client that hangs up neither stops the hooks nor undoes the change that they were told about.
func TestHook_hangUp(t *testing.T) {
	t.Parallel()
	for _, parses := range []bool{true, false} {
		after := &program{parses: parses}
		w, _ := one(t, newcomer, hooked(flow.Registration, nil, after))
		b := w.App()
		f := b.Start(flow.Registration)
		ctx, hangUp := context.WithCancel(t.Context())
		after.on = func(ctx context.Context, _ flow.HookCall) {
			hangUp()
			if _, bounded := ctx.Deadline(); ctx.Err() != nil || !bounded {
				t.Errorf("the call ends with the client: %v, has an end: %t", ctx.Err(), bounded)
			}
		}
		r, err := w.Submit(ctx, flow.SubmitRequest{Kind: flow.Registration, Method: identity.TypePassword, FlowID: f.ID, Input: b.Form(newPerson), Caller: b.Caller})
		if err != nil || r.Outcome != flow.Completed || w.Fresh(r.Identity.ID) == nil {
			t.Errorf("parses %t: %+v, %v", parses, r, err)
		}
	}
}

// The identity of a newcomer has the id that its hook was shown, no matter what the hook changes.
func TestHook_registrationID(t *testing.T) {
	t.Parallel()
	after := &program{parses: true, change: &flow.IdentityChange{Traits: json.RawMessage(`{"email":"other@example.org"}`)}}
	w, _ := one(t, newcomer, hooked(flow.Registration, nil, after))
	b := w.Browser()
	r, err := b.Submit(b.Start(flow.Registration), identity.TypePassword, newPerson)
	if err != nil || r.Identity == nil || len(after.calls) != 1 || w.Fresh(r.Identity.ID).ID != after.calls[0].Identity.ID {
		t.Errorf("%+v, %v, %+v", r, err, after.calls)
	}
}

// With hide_existing the identity that a taken identifier seems to get is told to no program.
func TestHook_hidden(t *testing.T) {
	t.Parallel()
	after := &program{}
	w := mailer(t, hooked(flow.Registration, nil, after), func(c *flow.Config) { c.HideExisting = true })
	w.Person("new@example.org", true)
	b := w.Browser()
	r, err := b.Submit(b.Start(flow.Registration), identity.TypePassword, newPerson)
	if err != nil || r.Outcome != flow.Completed || len(after.calls) != 0 {
		t.Errorf("%+v, %v, told of %d", r, err, len(after.calls))
	}
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].Template != courier.RegistrationTaken {
		t.Errorf("sent: %+v", sent)
	}
}

// What a hook changes beside a new password is treated as if the person had typed it: the new
// address is to be proven, the old one hears of it, and a change that loses the identifier is refused.
func TestHook_settingsAddresses(t *testing.T) {
	t.Parallel()
	after := &program{parses: true}
	w := mailer(t, hooked(flow.Settings, nil, after))
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	after.change = &flow.IdentityChange{Traits: json.RawMessage(`{"name":"Ada"}`)}
	if r, err := b.Submit(b.Start(flow.Settings), identity.TypePassword, nil); err != nil || r.Outcome != flow.FormRejected || w.Fresh(p.ID).Verifiable == nil {
		t.Errorf("without an identifier: %+v, %v", r, err)
	}
	w.Mail.Take()
	counted := len(w.Limiter.Counted())
	after.change = &flow.IdentityChange{Traits: json.RawMessage(`{"email":"new@example.org"}`)}
	if r, err := b.Submit(b.Start(flow.Settings), identity.TypePassword, nil); err != nil || r.Outcome != flow.Completed {
		t.Fatalf("%+v, %v", r, err)
	}
	var got []string
	for _, m := range w.Mail.Take() {
		got = append(got, m.To+" "+string(m.Template))
	}
	if all := strings.Join(got, ","); !strings.Contains(all, "ada@example.org "+string(courier.AddressChanged)) || !strings.Contains(all, "new@example.org ") {
		t.Errorf("mailed: %s", all)
	}
	var limited []string
	for _, a := range w.Limiter.Counted() {
		limited = append(limited, a.Identifiers...)
	}
	if len(w.Limiter.Counted()) <= counted || !strings.Contains(strings.Join(limited, " "), "new@example.org") {
		t.Errorf("counted: %v", limited)
	}
}

// What a hook says of an address is not written into the identity that a session keeps.
func TestHook_settingsShared(t *testing.T) {
	t.Parallel()
	after := &program{parses: true, change: &flow.IdentityChange{Proven: []flow.ProvenAddress{{Via: identity.ViaEmail, Value: "ada@example.org", Verified: true}}}}
	w := mailer(t, hooked(flow.Settings, nil, after))
	p := w.Person("ada@example.org", false)
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	if r, err := b.Submit(f, identity.TypePassword, nil); err != nil || r.Outcome != flow.Completed || !w.Fresh(p.ID).Verifiable[0].Verified {
		t.Errorf("%+v, %v, %+v", r, err, w.Fresh(p.ID).Verifiable)
	}
	if b.Session.Identity.Verifiable[0].Verified {
		t.Error("the session's identity changed")
	}
}

// The hooks before settings are asked before a recovery stores anything.
func TestHook_recovery(t *testing.T) {
	t.Parallel()
	before := &program{}
	w := mailer(t, hooked(flow.Settings, before, nil))
	p := w.Person("ada@example.org", true)
	b, _, token := ask(t, w, flow.Recovery, p.Email)
	before.err = errHook
	if _, err := redeem(t, b, w, flow.Recovery, token); !errors.Is(err, errHook) || len(before.calls) != 1 {
		t.Fatalf("%v, %d calls", err, len(before.calls))
	}
	if c := before.calls[0]; c.Flow.Kind != flow.Settings || c.Identity.ID != p.ID || c.Session == nil || c.Session.AAL() != session.AAL1 || strings.Contains(c.URL, token) {
		t.Errorf("told: %+v", c)
	}
	before.err = nil
	r, err := redeem(t, b, w, flow.Recovery, token)
	if err != nil || r.Next == nil || len(before.calls) != 2 || before.calls[1].Flow.ID != r.Next.ID {
		t.Errorf("the link again: %+v, %v", r, err)
	}
}

// Hooks after a recovery or a verification that parse have a say.
func TestHook_proofRefused(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Recovery, flow.Verification} {
		after := &program{parses: true, err: refused}
		w := mailer(t, func(c *flow.Config) {
			kind := c.Kinds[k]
			kind.AfterAll = []flow.Hook{after}
			c.Kinds[k] = kind
		})
		p := w.Person("ada@example.org", false)
		b, _, token := ask(t, w, k, p.Email)
		r, err := redeem(t, b, w, k, token)
		if err != nil || r.Outcome != flow.FormRejected || r.Session != nil || w.Fresh(p.ID).Verifiable[0].Verified || len(after.calls) != 1 {
			t.Errorf("%s: %+v, %v", k, r, err)
		}
	}
}

// A one-time code that was right is spent, although a hook refuses the login.
func TestHook_loginSpent(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"refuses": refused, "fails": errHook} {
		var p flowtest.Person
		after := &program{parses: true, err: answer}
		w, _ := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
			c, err := w.Identities.Credential(ctx, p.ID, identity.TypePassword)
			next := *c
			next.Config = json.RawMessage(`{"hashed_password":"spent"}`)
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}, Judged: c, Upgrade: &next, Spent: true}, err
		}, hooked(flow.Login, nil, after))
		p = w.Person("ada@example.org", true)
		b := w.Browser()
		_, _ = b.Submit(b.Start(flow.Login), identity.TypePassword, nil)
		c, err := w.Identities.Credential(t.Context(), p.ID, identity.TypePassword)
		if err != nil || !strings.Contains(string(c.Config), "spent") {
			t.Errorf("%s: %s, %v", name, c.Config, err)
		}
	}
}

// So is one that was mailed: the form asks for another.
func TestHook_loginSpent_mailed(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"refuses": refused, "fails": errHook} {
		var p flowtest.Person
		after := &program{err: answer}
		w, _ := one(t, func(_ context.Context, w *flowtest.World, s flow.Submission) (flow.Fact, error) {
			if s.Flow.State != flow.Challenged {
				return flow.Sent{Notify: message.Of(message.KeyRecoverySent), Memory: "123456"}, nil
			}
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, nil
		}, hooked(flow.Login, nil, after))
		p = w.Person("ada@example.org", true)
		b := w.Browser()
		f := b.Start(flow.Login)
		b.MustSubmit(f, identity.TypePassword, nil)
		r, err := b.Submit(f, identity.TypePassword, nil)
		if name == "refuses" && (err != nil || r.Outcome != flow.FormRejected) || name == "fails" && !errors.Is(err, errHook) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if stored := w.Stored(f); stored.State != flow.Open || stored.Private[identity.TypePassword] != nil {
			t.Errorf("%s: %s, remembers %s", name, stored.State, stored.Private[identity.TypePassword])
		}
	}
}

// A login that is judged once more, because its credential changed meanwhile, calls its hooks once.
func TestHook_overtaken(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	after, judged := &program{}, 0
	w, _ := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		judged++
		c, err := w.Identities.Credential(ctx, p.ID, identity.TypePassword)
		if judged == 1 {
			c.Version--
		}
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}, Judged: c}, err
	}, hooked(flow.Login, nil, after))
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	r, err := b.Submit(b.Start(flow.Login), identity.TypePassword, nil)
	if err != nil || r.Outcome != flow.Completed || judged != 2 || len(after.calls) != 1 {
		t.Errorf("%+v, %v, judged %d times, %d calls", r, err, judged, len(after.calls))
	}
}

// All hooks of a submission have a time together: one that is slow leaves less to the next.
func TestHook_time(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	slow, next := &program{}, &program{}
	w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, nil
	}, func(c *flow.Config) {
		c.Kinds[flow.Login] = flow.KindConfig{Enabled: true, Lifespan: time.Hour, AfterAll: []flow.Hook{slow, next}}
	})
	p = w.Person("ada@example.org", true)
	slow.on = func(context.Context, flow.HookCall) { w.Advance(time.Minute) }
	next.on = func(ctx context.Context, _ flow.HookCall) {
		if ctx.Err() == nil {
			t.Error("the next hook has time left")
		}
	}
	b := w.Browser()
	b.MustSubmit(b.Start(flow.Login), identity.TypePassword, nil)
	if len(slow.calls) != 1 || len(next.calls) != 1 {
		t.Errorf("%d and %d calls", len(slow.calls), len(next.calls))
	}
}
