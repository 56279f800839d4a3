package oidc_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"testing"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/oidc"
	protocol "github.com/symbolon/symbolon/internal/oidc"
)

// site is a provider that says what a test wants.
type site struct {
	id, prompt, state string
	says              claims.Claims
	err               error
}

func (s *site) ID() string    { return s.id }
func (s *site) Label() string { return "The " + s.id }

func (s *site) Start(_ context.Context, r protocol.StartRequest) (string, protocol.Memory, error) {
	s.state, s.prompt = r.State, r.Prompt
	return "https://" + s.id + ".example/auth", protocol.Memory{Nonce: "n"}, s.err
}

func (s *site) Finish(_ context.Context, _ url.Values, m protocol.Memory) (claims.Claims, error) {
	if m.Nonce != "n" {
		return claims.Claims{}, errors.New("the memory is lost")
	}
	return s.says, s.err
}

func (s *site) Present(_ context.Context, _, nonce string) (claims.Claims, error) {
	if nonce != "n" {
		return claims.Claims{}, &protocol.Problem{Kind: protocol.Refused, Text: "another nonce"}
	}
	return s.says, s.err
}

func with(t testing.TB, acme, other *site, more ...flow.Method) (*flowtest.World, flowtest.Person) {
	t.Helper()
	public, err := url.Parse("https://id.example.org/")
	if err != nil {
		t.Fatal(err)
	}
	mapped := func(_ context.Context, c claims.Claims) (claims.Mapped, error) {
		traits, err := json.Marshal(map[string]string{"email": c.Email})
		return claims.Mapped{Traits: traits}, err
	}
	w := flowtest.New(t, func(w *flowtest.World) []flow.Method {
		return append(more, oidc.New([]oidc.Provider{
			{Site: acme, Map: mapped}, {Site: other, Map: mapped, AutoLink: true},
		}, w.Identities, public, slog.New(slog.DiscardHandler)))
	}, flowtest.Hook(flow.Registration, oidc.ID, flow.HookSession))
	return w, w.Person("ada@example.org", true)
}

// come goes to a provider from a flow and back.
func come(t *testing.T, w *flowtest.World, b *flowtest.Browser, f *flow.Flow, s *site, fields map[string]string) (flow.Result, error) {
	t.Helper()
	left, err := b.Submit(f, oidc.ID, fields)
	if err != nil || left.Outcome != flow.Redirected {
		t.Fatalf("to the provider: %v, %v", left, err)
	}
	return w.Callback(t.Context(), flow.CallbackRequest{
		Method: oidc.ID, State: s.state, Params: flow.CallbackParams{From: s.id}, Caller: b.Caller,
	})
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, oidc.ID, func(t testing.TB) (*flowtest.World, flowtest.Person) {
		t.Helper()
		return with(t, &site{id: "acme"}, &site{id: "other"})
	})
}

func TestEnter(t *testing.T) {
	t.Parallel()
	acme, other := &site{id: "acme"}, &site{id: "other"}
	w, p := with(t, acme, other)
	acme.says = claims.Claims{Subject: "1", Email: "new@example.org"}
	b := w.Browser()
	in, err := come(t, w, b, b.Start(flow.Login), acme, map[string]string{"provider": "acme"})
	if err != nil || in.Session == nil || in.Session.Factors[0].Provider != "acme" {
		t.Fatalf("a newcomer: %+v, %v", in, err)
	}
	b = w.Browser()
	again, err := come(t, w, b, b.Start(flow.Registration), acme, map[string]string{"provider": "acme"})
	if err != nil || again.Session == nil || again.Session.IdentityID != in.Session.IdentityID {
		t.Errorf("the same person signs up: %+v, %v", again, err)
	}
	acme.says = claims.Claims{Subject: "2", Email: p.Email, EmailVerified: true}
	b = w.Browser()
	taken, err := come(t, w, b, b.Start(flow.Login), acme, map[string]string{"provider": "acme"})
	if err != nil || taken.Session != nil || taken.Flow.PendingLink() != "The acme" {
		t.Errorf("an address that a person has: %+v, %v", taken, err)
	}
	other.says = acme.says
	b = w.Browser()
	linked, err := come(t, w, b, b.Start(flow.Login), other, map[string]string{"provider": "other"})
	if err != nil || linked.Session == nil || linked.Session.IdentityID != p.ID {
		t.Errorf("auto_link of a proven address: %+v, %v", linked, err)
	}
	if sent := w.Mail.Take(); sent[len(sent)-1].To != p.Email || sent[len(sent)-1].Change.Method != oidc.ID {
		t.Errorf("the owner is not told: %+v", sent)
	}
}

func TestEnter_refused(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme"}
	w, p := with(t, acme, &site{id: "other"})
	b := w.Browser()
	if _, err := b.Submit(b.Start(flow.Login), oidc.ID, map[string]string{"provider": "unknown"}); errs.Of(err) != errs.NotFound {
		t.Errorf("an unknown provider: %v", err)
	}
	b = w.Browser()
	f := b.Start(flow.Login)
	if _, err := b.Submit(f, oidc.ID, map[string]string{"provider": "acme"}); err != nil {
		t.Fatal(err)
	}
	mixed, err := w.Callback(t.Context(), flow.CallbackRequest{Method: oidc.ID, State: acme.state, Params: flow.CallbackParams{From: "other"}, Caller: b.Caller})
	if err != nil || mixed.Outcome != flow.FormRejected {
		t.Errorf("another provider answers: %+v, %v", mixed, err)
	}
	for _, failure := range []error{&protocol.Problem{Kind: protocol.Refused, Text: "no"}, errors.New("broken")} {
		acme.err = nil
		b = w.Browser()
		f = b.Start(flow.Login)
		if _, err := b.Submit(f, oidc.ID, map[string]string{"provider": "acme"}); err != nil {
			t.Fatal(err)
		}
		acme.err = failure
		r, err := w.Callback(t.Context(), flow.CallbackRequest{Method: oidc.ID, State: acme.state, Params: flow.CallbackParams{From: "acme"}, Caller: b.Caller})
		if err != nil || r.Outcome != flow.FormRejected || r.Cause == nil {
			t.Errorf("%v: %+v, %v", failure, r, err)
		}
	}
	acme.err = nil
	b.SignIn(p)
	f, err = b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	acme.says = claims.Claims{Subject: "stranger"}
	if r, err := come(t, w, b, f, acme, map[string]string{"provider": "acme"}); err != nil || r.Outcome != flow.FormRejected || acme.prompt != "login" {
		t.Errorf("re-authentication with an account of no identity: %+v, %v, prompt %q", r, err, acme.prompt)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme"}
	w, p := with(t, acme, &site{id: "other"})
	acme.says = claims.Claims{Subject: "1", Email: "else@example.org"}
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	for name, fields := range map[string]map[string]string{
		"both": {"link": "acme", "unlink": "acme"}, "unknown": {"link": "unknown"}, "not linked": {"unlink": "acme"}, "none": {},
	} {
		if r, err := b.Submit(f, oidc.ID, fields); err != nil || r.Outcome != flow.FormRejected {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	on, err := b.Submit(f, oidc.ID, map[string]string{"link": "acme"})
	if err != nil || on.Redirect != "https://id.example.org/self-service/methods/oidc/auth/"+f.ID+"?provider=acme" {
		t.Fatalf("%+v, %v", on, err)
	}
	saved, err := come(t, w, b, f, acme, map[string]string{"provider": "acme"})
	if err != nil || saved.Outcome != flow.Completed {
		t.Fatalf("%+v, %v", saved, err)
	}
	stranger := w.Browser()
	stranger.SignIn(w.Person("eve@example.org", true))
	if _, err := come(t, w, stranger, stranger.Start(flow.Settings), acme, map[string]string{"provider": "acme"}); !errors.Is(err, errs.ErrConflict) {
		t.Errorf("an account of another person: %v", err)
	}
	// It is the only way in that this world's methods can judge: it stays.
	if r, err := b.Submit(f, oidc.ID, map[string]string{"unlink": "acme"}); err != nil || r.Outcome != flow.FormRejected {
		t.Errorf("the last first factor goes: %+v, %v", r, err)
	}
	if got, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1"); err != nil || got.ID != p.ID {
		t.Errorf("%v", err)
	}
}
