package flow_test

import (
	"context"
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// coder is a world whose method "code" takes the answer "right" and remembers how many were wrong.
func coder(t *testing.T) *flowtest.World {
	t.Helper()
	return flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{codes()} })
}

func codes() flow.Method {
	type memory struct {
		Owner, Address string
		Wrong          int
	}
	by := &flowtest.Stub{Name: "code", Roles: map[flow.Kind]flow.Role{flow.Recovery: flow.AddressProof, flow.Verification: flow.AddressProof}}
	by.OnChallenge = func(_ *flow.Flow, a identity.Address, identityID string) (flow.Challenge, error) {
		return flow.Challenge{Code: "right", Memory: memory{Owner: identityID, Address: a.Normalized}}, nil
	}
	by.Fact = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
		var kept memory
		if _, err := s.Recall(&kept); err != nil {
			return nil, err
		}
		switch typed, _, _ := s.Input.Text("answer"); typed {
		case "right":
			return flow.ProvedAddress{IdentityID: kept.Owner, Via: identity.ViaEmail, Normalized: kept.Address, Factor: session.Factor{Method: "code"}}, nil
		case "again":
			return flow.Sent{Notify: message.Of(message.KeyRecoverySent), Memory: kept, IdentityID: kept.Owner}, nil
		}
		kept.Wrong++
		r := flow.Reject("", message.Of(message.KeyCodeInvalidPrefix+string(s.Flow.Kind)))
		r.Memory = kept
		return nil, r
	}
	return flowtest.Sender{Stub: by}
}

// offered is a flow for a code that an operator hands over.
func offered(t *testing.T, w *flowtest.World) (p flowtest.Person, f *flow.Flow) {
	t.Helper()
	p = w.Person("ada@example.org", true)
	offer, err := w.OfferRecovery(t.Context(), flow.RecoveryRequest{IdentityID: p.ID, Method: "code", Client: flow.Browser})
	if err != nil || offer.Code != "right" {
		t.Fatalf("%+v, %v", offer, err)
	}
	return p, w.Stored(&flow.Flow{ID: offer.FlowID})
}

func TestOfferRecovery_code(t *testing.T) {
	t.Parallel()
	w := coder(t)
	p, f := offered(t, w)
	b := w.Browser()
	shown, err := w.Get(t.Context(), flow.Recovery, f.ID, b.Caller)
	if err != nil || !secret.CheckCSRF(shown.Flow.CSRF, b.CSRF) || !secret.CheckCSRF(shown.Flow.Form.Group("code").Node("csrf_token").Value.(string), b.CSRF) {
		t.Fatalf("the form is not for this browser: %+v, %v", shown.Flow, err)
	}
	if stored := w.Stored(f); stored.CSRF != "" || stored.Version != f.Version {
		t.Errorf("looking at it changed it: %+v", stored)
	}
	wrong, err := b.Submit(f, "code", map[string]string{"answer": "wrong"})
	if err != nil || wrong.Outcome != flow.FormRejected || !secret.CheckCSRF(wrong.Flow.CSRF, b.CSRF) {
		t.Fatalf("a wrong code: %+v, %v", wrong, err)
	}
	if stored := w.Stored(f); stored.CSRF != "" || len(stored.Form.Messages) != len(f.Form.Messages) || string(stored.Private["code"]) == string(f.Private["code"]) {
		t.Errorf("a wrong code counts, and changes nothing else: %+v", stored)
	}
	other := w.Browser()
	in, err := other.Submit(f, "code", map[string]string{"answer": "right"})
	if err != nil || in.Session == nil || in.Session.IdentityID != p.ID {
		t.Fatalf("the right code in another browser: %+v, %v", in, err)
	}
	for name, late := range map[string]*flowtest.Browser{"the first browser": b, "a third": w.Browser()} {
		if _, err := late.Submit(f, "code", map[string]string{"answer": "right"}); !errors.Is(err, errs.ErrCSRF) {
			t.Errorf("%s after the proof: %v", name, err)
		}
	}
}

func TestOfferRecovery_foreignPages(t *testing.T) {
	t.Parallel()
	w := coder(t)
	_, f := offered(t, w)
	for name, send := range map[string]func(b *flowtest.Browser) error{
		"without a token": func(b *flowtest.Browser) error {
			_, err := b.Send(f, "code", flow.FormInput(map[string][]string{"answer": {"right"}}))
			return err
		},
		"with the token of another browser": func(b *flowtest.Browser) error {
			_, err := b.Send(f, "code", w.Browser().Form(map[string]string{"answer": "right"}))
			return err
		},
		"without a cookie": func(*flowtest.Browser) error {
			_, err := w.App().Send(f, "code", w.Browser().Form(map[string]string{"answer": "right"}))
			return err
		},
		"by a link": func(b *flowtest.Browser) error {
			_, err := w.Submit(t.Context(), flow.SubmitRequest{
				Kind: f.Kind, Method: "code", FlowID: f.ID, Input: flow.FormInput(map[string][]string{"answer": {"right"}}), Caller: b.Caller, ByLink: true,
			})
			return err
		},
	} {
		if err := send(w.Browser()); !errors.Is(err, errs.ErrCSRF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if stored := w.Stored(f); stored.Version != f.Version {
		t.Errorf("a foreign page changed the flow: %+v", stored)
	}
}

func TestOfferRecovery_another(t *testing.T) {
	t.Parallel()
	w := coder(t)
	_, f := offered(t, w)
	b := w.Browser()
	if _, err := b.Submit(f, "code", map[string]string{"answer": "again"}); err != nil {
		t.Fatal(err)
	}
	if stored := w.Stored(f); !secret.CheckCSRF(stored.CSRF, b.CSRF) {
		t.Errorf("the flow is not the browser's that asked for another code: %+v", stored)
	}
	if _, err := w.Browser().Submit(f, "code", map[string]string{"answer": "right"}); !errors.Is(err, errs.ErrCSRF) {
		t.Errorf("another browser: %v", err)
	}
}

// A native application is told by which flow an address is proven; it has no cookie.
func TestSubmit_engineStartedVerificationOfAnApp(t *testing.T) {
	t.Parallel()
	started := func(t *testing.T) (*flowtest.World, *flow.Flow) {
		t.Helper()
		var p flowtest.Person
		w := flowtest.New(t, func(w *flowtest.World) []flow.Method {
			login := &flowtest.Stub{Name: identity.TypePassword, Roles: flowtest.All(flow.FirstFactor)}
			login.Fact = func(context.Context, flow.Submission) (flow.Fact, error) {
				return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: identity.TypePassword}}, nil
			}
			return []flow.Method{login, codes()}
		}, flowtest.Hook(flow.Login, identity.TypePassword, flow.HookVerified))
		p = w.Person("ada@example.org", false)
		app := w.App()
		r, err := app.Submit(app.Start(flow.Login), identity.TypePassword, nil)
		if err != nil || r.Verification == nil {
			t.Fatalf("%+v, %v", r, err)
		}
		return w, w.Stored(r.Verification)
	}
	right := flow.FormInput(map[string][]string{"answer": {"right"}})
	t.Run("a code", func(t *testing.T) {
		t.Parallel()
		w, f := started(t)
		wrong, err := w.App().Send(f, "code", flow.FormInput(map[string][]string{"answer": {"wrong"}}))
		if err != nil || wrong.Outcome != flow.FormRejected {
			t.Fatalf("a wrong code: %+v, %v", wrong, err)
		}
		if stored := w.Stored(f); stored.Client != flow.Browser {
			t.Error("a wrong code took the flow from the browser that opens the mail")
		}
		passed, err := w.App().Send(f, "code", right)
		if err != nil || passed.Flow.State != flow.Passed || passed.Flow.Client != flow.API {
			t.Fatalf("the right code: %+v, %v", passed, err)
		}
		if _, err := w.Get(t.Context(), f.Kind, f.ID, w.App().Caller); err != nil {
			t.Errorf("looking at the flow then: %v", err)
		}
	})
	for name, caller := range map[string]flow.Caller{
		"a page of another site":      {Origin: true},
		"a browser without the token": {Cookie: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := started(t)
			if _, err := w.Submit(t.Context(), flow.SubmitRequest{Kind: f.Kind, Method: "code", FlowID: f.ID, Input: right, Caller: caller}); !errors.Is(err, errs.ErrCSRF) {
				t.Errorf("%v", err)
			}
		})
	}
}

// The right code of an operator whose recovery a hook refuses is spent. The form stays that of the browser that typed it.
func TestOfferRecovery_hookRefuses(t *testing.T) {
	t.Parallel()
	after := &program{parses: true, err: refused}
	w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{codes()} }, func(c *flow.Config) {
		kind := c.Kinds[flow.Recovery]
		kind.AfterAll = []flow.Hook{after}
		c.Kinds[flow.Recovery] = kind
	})
	_, f := offered(t, w)
	b := w.Browser()
	if r, err := b.Submit(f, "code", map[string]string{"answer": "right"}); err != nil || r.Outcome != flow.FormRejected || len(after.calls) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	shown, err := w.Get(t.Context(), flow.Recovery, f.ID, b.Caller)
	if err != nil || !secret.CheckCSRF(shown.Flow.CSRF, b.CSRF) || shown.Flow.Offered() {
		t.Errorf("afterwards: %+v, %v", shown.Flow, err)
	}
	if _, err := b.Submit(f, "code", map[string]string{"answer": "again"}); err != nil {
		t.Errorf("the browser asks for another code: %v", err)
	}
	if _, err := w.Get(t.Context(), flow.Recovery, f.ID, w.Browser().Caller); !errors.Is(err, errs.ErrCSRF) {
		t.Errorf("another browser: %v", err)
	}
}
