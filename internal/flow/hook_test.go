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

// program is a hook whose answer a test decides.
type program struct {
	parses bool
	change *flow.IdentityChange
	err    error
	calls  []flow.HookCall
	on     func(context.Context, flow.HookCall) // is done when it is called; nil for nothing
}

func (p *program) Parses() bool { return p.parses }

func (p *program) Call(ctx context.Context, c flow.HookCall) (*flow.IdentityChange, error) {
	p.calls = append(p.calls, c)
	if p.on != nil {
		p.on(ctx, c)
	}
	return p.change, p.err
}

// hooked calls programs before and after a kind with a password.
func hooked(k flow.Kind, before, after *program) flowtest.Option {
	return func(c *flow.Config) {
		kind := c.Kinds[k]
		if before != nil {
			kind.Before = []flow.Hook{before}
		}
		if after != nil {
			kind.After = map[string]flow.AfterConfig{identity.TypePassword: {Web: []flow.Hook{after}, Hooks: []string{flow.HookSession}}}
		}
		c.Kinds[k] = kind
	}
}

var (
	errHook = errs.New(errs.Upstream, "web_hook_failed", "no")
	refused = flow.Reject("traits.email", flow.Said(123, "error", "not here", nil))
)

func TestHook_login(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"allows": nil, "refuses": refused, "fails": errHook} {
		var p flowtest.Person
		after := &program{parses: true, err: answer}
		w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, nil
		}, hooked(flow.Login, nil, after))
		p = w.Person("ada@example.org", true)
		b := w.Browser()
		r, err := b.Submit(b.Start(flow.Login), identity.TypePassword, nil)
		switch signedIn := err == nil && r.Outcome == flow.Completed && r.Token != ""; {
		case answer == nil != signedIn:
			t.Errorf("%s: %+v, %v", name, r, err)
		case name == "refuses" && (err != nil || r.Outcome != flow.FormRejected):
			t.Errorf("%s: %+v, %v", name, r, err)
		case name == "fails" && !errors.Is(err, errHook):
			t.Errorf("%s: %v", name, err)
		}
		if len(after.calls) != 1 || after.calls[0].Identity.ID != p.ID || after.calls[0].Session == nil || len(after.calls[0].Session.Factors) != 1 {
			t.Errorf("%s: %+v", name, after.calls)
		}
	}
}

// A hook that fails when a flow starts leaves no flow behind.
func TestHook_before(t *testing.T) {
	t.Parallel()
	before := &program{}
	w, _ := one(t, func(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error) { return nil, errHook }, hooked(flow.Login, before, nil))
	b := w.Browser()
	b.Start(flow.Login)
	before.err = errHook
	if _, err := w.Start(t.Context(), flow.StartRequest{Kind: flow.Login, Client: flow.API, URL: "https://id.example.org/x"}); !errors.Is(err, errHook) {
		t.Errorf("%v", err)
	}
	if len(before.calls) != 2 || before.calls[0].Identity != nil || before.calls[1].URL != "https://id.example.org/x" {
		t.Errorf("%+v", before.calls)
	}
}

func newcomer(_ context.Context, _ *flowtest.World, _ flow.Submission) (flow.Fact, error) {
	return flow.NewCredential{Credential: identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{"hashed_password":"x"}`)}}, nil
}

// What a program says of a newcomer is stored, and its traits are judged.
func TestHook_registration(t *testing.T) {
	t.Parallel()
	after := &program{parses: true}
	w, _ := one(t, newcomer, hooked(flow.Registration, nil, after))
	register := func() (flow.Result, error) {
		b := w.Browser()
		return b.Submit(b.Start(flow.Registration), identity.TypePassword, map[string]string{"traits.email": "new@example.org"})
	}
	after.change = &flow.IdentityChange{Traits: json.RawMessage(`{"email":"x"}`)}
	if r, err := register(); err != nil || r.Outcome != flow.FormRejected {
		t.Errorf("traits that the schema refuses: %+v, %v", r, err)
	}
	off := identity.Inactive
	after.change = &flow.IdentityChange{State: &off}
	if _, err := register(); errs.Of(err) != errs.Unauthorized {
		t.Errorf("inactive: %v", err)
	}
	external := "x-1"
	after.change = &flow.IdentityChange{
		Traits: json.RawMessage(`{"email":"changed@example.org"}`), MetadataPublic: json.RawMessage(`{"p":1}`), ExternalID: &external,
		Proven: []flow.ProvenAddress{{Via: identity.ViaEmail, Value: "changed@example.org", Verified: true}},
	}
	r, err := register()
	if err != nil || r.Outcome != flow.Completed {
		t.Fatalf("%+v, %v", r, err)
	}
	i := w.Fresh(r.Identity.ID)
	if string(i.MetadataPublic) != `{"p":1}` || i.ExternalID != external || len(i.Verifiable) != 1 || i.Verifiable[0].Normalized != "changed@example.org" || !i.Verifiable[0].Verified {
		t.Errorf("%+v", i)
	}
}

// A registration whose later hook fails is taken back, so that the person can try again.
func TestHook_registrationUndone(t *testing.T) {
	t.Parallel()
	after := &program{err: errHook}
	w, _ := one(t, newcomer, hooked(flow.Registration, nil, after))
	for range 2 {
		b := w.Browser()
		r, err := b.Submit(b.Start(flow.Registration), identity.TypePassword, map[string]string{"traits.email": "new@example.org"})
		if !errors.Is(err, errHook) || r.Token != "" {
			t.Fatalf("%+v, %v", r, err)
		}
		after.err = errHook
	}
	after.err = nil
	b := w.Browser()
	if r, err := b.Submit(b.Start(flow.Registration), identity.TypePassword, map[string]string{"traits.email": "new@example.org"}); err != nil || r.Outcome != flow.Completed {
		t.Errorf("%+v, %v", r, err)
	}
}

// What a hook makes of a harmless change needs as much of the session as if the person had
// asked for it.
func TestHook_settingsPrivileged(t *testing.T) {
	t.Parallel()
	after := &program{parses: true, change: &flow.IdentityChange{Traits: json.RawMessage(`{"email":"other@example.org"}`)}}
	w, _ := one(t, func(ctx context.Context, w *flowtest.World, s flow.Submission) (flow.Fact, error) {
		d, err := w.Identities.DraftFrom(ctx, s.Identity, "", json.RawMessage(`{"email":"ada@example.org","name":"Ada"}`))
		return flow.NewTraits{Draft: d}, err
	}, hooked(flow.Settings, nil, after))
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	w.Advance(2 * time.Hour)
	if _, err := b.Submit(b.Start(flow.Settings), identity.TypePassword, nil); err == nil || !strings.Contains(string(w.Fresh(p.ID).Traits), "ada@example.org") || len(after.calls) != 1 {
		t.Errorf("%v, %s, %d calls", err, w.Fresh(p.ID).Traits, len(after.calls))
	}
}
