package flow_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// A proof may replace the stored form of its credential. Another request that changed it
// first wins: an outdated hash is replaced next time, a code that counts once is judged
// again.
func TestSignIn_upgrade(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spent, meanwhile bool
		judged           int // how often
		stored           string
		outcome          flow.Outcome
	}{
		"hash":                  {false, false, 1, `{"n":"upgraded"}`, flow.Completed},
		"hash, changed before":  {false, true, 1, `{"n":"other"}`, flow.Completed},
		"code":                  {true, false, 1, `{"n":"upgraded"}`, flow.Completed},
		"code, used by another": {true, true, 2, `{"n":"other"}`, flow.FormRejected},
	} {
		var p flowtest.Person
		times := 0
		w, _ := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
			times++
			if times > 1 {
				return nil, flow.Reject("", message.Of(message.KeyInvalidCredentials))
			}
			now, err := w.Identities.Credential(ctx, p.ID, "spare")
			if err != nil {
				return nil, err
			}
			upgrade := *now
			upgrade.Config = json.RawMessage(`{"n":"upgraded"}`)
			if c.meanwhile {
				now.Config = json.RawMessage(`{"n":"other"}`)
				if err := w.Identities.UpdateCredential(ctx, p.ID, *now); err != nil {
					return nil, err
				}
			}
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}, Upgrade: &upgrade, Spent: c.spent}, nil
		})
		p = w.Person("ada@example.org", true, identity.Credential{Type: "spare", Config: json.RawMessage(`{"n":"old"}`)})
		b := w.Browser()
		result, err := b.Submit(b.Start(flow.Login), "password", nil)
		stored, readErr := w.Identities.Credential(t.Context(), p.ID, "spare")
		if err != nil || readErr != nil || result.Outcome != c.outcome || times != c.judged || string(stored.Config) != c.stored {
			t.Errorf("%s: outcome %d, judged %d times, stored %s, %v", name, result.Outcome, times, stored.Config, err)
		}
	}
}

// The operator may say that a provider's proven address is proof enough to link its account.
func TestSignIn_link(t *testing.T) {
	t.Parallel()
	account := &flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"}
	var p flowtest.Person
	w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "oidc"}, Link: account}, nil
	})
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	result, err := b.Submit(b.Start(flow.Login), "password", nil)
	if owner, _, readErr := w.Identities.ByCredential(t.Context(), account.Type, account.Identifier); err != nil || readErr != nil || owner.ID != p.ID || result.Token == "" {
		t.Fatalf("%v, %v", err, readErr)
	}
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].To != p.Email {
		t.Errorf("the owner is not told: %+v", sent)
	}
	p = w.Person("eve@example.org", true)
	b = w.Browser()
	result, err = b.Submit(b.Start(flow.Login), "password", nil)
	if err != nil || result.Outcome != flow.FormRejected || result.Flow.Form.Group("password").Messages[0].Key != message.KeySubjectTaken {
		t.Errorf("an account that is another's: %d, %v", result.Outcome, err)
	}
}

// The sign-in that links may change its own credential: a counter, or an outdated hash.
func TestSignIn_linkAndUpgrade(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"spare", identity.TypePassword} {
		var p flowtest.Person
		w, _ := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
			judged, err := w.Identities.Credential(ctx, p.ID, typ)
			if err != nil {
				return nil, err
			}
			upgrade := *judged
			upgrade.Config = json.RawMessage(`{"hashed_password":"upgraded"}`)
			return flow.Authenticated{
				Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}, Judged: judged, Upgrade: &upgrade, Spent: true,
				Link: &flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"},
			}, nil
		})
		p = w.Person("ada@example.org", true, identity.Credential{Type: "spare", Config: json.RawMessage(`{"n":"old"}`)})
		b := w.Browser()
		result, err := b.Submit(b.Start(flow.Login), "password", nil)
		if err != nil || result.Token == "" {
			t.Fatalf("%s: %v", typ, err)
		}
		if owner, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1"); err != nil || owner.ID != p.ID {
			t.Errorf("%s: not linked: %v", typ, err)
		}
		stored, err := w.Identities.Credential(t.Context(), p.ID, typ)
		if err != nil || string(stored.Config) != `{"hashed_password":"upgraded"}` || stored.Version != 1 {
			t.Errorf("%s: stored %+v, %v", typ, stored, err)
		}
	}
}

// What a provider did not tell is asked for, on the form of its method alone.
func TestMissingTraits(t *testing.T) {
	t.Parallel()
	var asks bool
	w, stub := one(t, func(_ context.Context, _ *flowtest.World, s flow.Submission) (flow.Fact, error) {
		asks = s.AsksMissingTraits()
		return flow.ProvedExternalAccount{
			Account: flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"},
			Traits:  json.RawMessage(`{"email":"no address","name":"Ada"}`), Factor: session.Factor{Method: "oidc"},
		}, nil
	}, flowtest.Hook(flow.Registration, "password", flow.HookSession))
	b := w.Browser()
	first, err := b.Submit(b.Start(flow.Login), stub.Name, nil)
	if err != nil || first.Outcome != flow.FormRejected || first.Flow.Kind != flow.Registration || asks {
		t.Fatalf("outcome %d of a %s flow, %v", first.Outcome, first.Flow.Kind, err)
	}
	f := first.Flow
	if got := f.Form.Group(stub.Name).Node("traits.name"); f.MissingTraitsOf() != stub.Name || got == nil || got.Value != "Ada" {
		t.Errorf("asks for the traits of %q; the name is %+v", f.MissingTraitsOf(), got)
	}
	done, err := b.Submit(f, stub.Name, map[string]string{"traits.email": "ada@example.org", "traits.name": "Ada"})
	if err != nil || done.Outcome != flow.Completed || !asks || done.Identity == nil {
		t.Fatalf("outcome %d, asks %v, %v", done.Outcome, asks, err)
	}
	if owner, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1"); err != nil || string(owner.Traits) != `{"email":"ada@example.org","name":"Ada"}` {
		t.Errorf("%v, %v", owner, err)
	}
}

// Only an owner of what an external account wanted to be known by is asked to link it.
func TestPendingLink_ofAnother(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	w, stub := one(t, nil)
	stub.Fact = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
		if s.Flow.Kind == flow.Login {
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}}, nil
		}
		return flow.ProvedExternalAccount{
			Account: flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"}, Traits: json.RawMessage(`{"email":"ada@example.org"}`),
		}, nil
	}
	w.Person("ada@example.org", true)
	p = w.Person("eve@example.org", true)
	b := w.Browser()
	taken, err := b.Submit(b.Start(flow.Registration), stub.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	login, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Link: taken.Flow.ID})
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Submit(login, stub.Name, nil)
	if err != nil || in.Redirect != "https://app.example.org/" {
		t.Errorf("who owns none of the addresses is led to %s, %v", in.Redirect, err)
	}
	for _, from := range []string{taken.Flow.ID, login.ID, "nonsense"} {
		if _, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Link: from, Refresh: true}); errs.Of(err) != errs.Invalid && errs.Of(err) != errs.NotFound {
			t.Errorf("%s is linked once more: %v", from, err)
		}
	}
}

// Traits that are sent are drafted once, and what the schema objects to is said on the fields.
func TestDraft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind flow.Kind
		in   func(*flowtest.Browser) flow.Input
		want string // the traits, or what is said
	}{
		"registration": {flow.Registration, func(b *flowtest.Browser) flow.Input {
			return b.Form(map[string]string{"traits.email": "new@example.org"})
		}, `{"email":"new@example.org"}`},
		"registration, against the schema": {flow.Registration, func(b *flowtest.Browser) flow.Input {
			return b.Form(map[string]string{"traits.email": "x"})
		}, "traits.email:schema.format"},
		"registration, whole, unknown trait": {flow.Registration, func(b *flowtest.Browser) flow.Input {
			return object(t, `{"csrf_token":"`+b.Form(nil).Form().Get("csrf_token")+`","traits":{"email":"new@example.org","age":3}}`).Whole()
		}, "traits:schema.additionalProperties"},
		"settings, merged": {flow.Settings, func(b *flowtest.Browser) flow.Input {
			return b.Form(map[string]string{"traits.name": "Ada"})
		}, `{"email":"ada@example.org","name":"Ada"}`},
		"settings, whole": {flow.Settings, func(b *flowtest.Browser) flow.Input {
			return object(t, `{"csrf_token":"`+b.Form(nil).Form().Get("csrf_token")+`","traits":{"email":"ada@example.org"}}`).Whole()
		}, `{"email":"ada@example.org"}`},
		"settings, none sent": {flow.Settings, func(b *flowtest.Browser) flow.Input { return b.Form(nil) }, `untouched {"email":"ada@example.org","name":"A"}`},
	} {
		var got string
		w, stub := one(t, nil)
		stub.Fact = func(ctx context.Context, s flow.Submission) (flow.Fact, error) {
			sent, err := s.HasTraits(ctx)
			if err != nil {
				return nil, err
			}
			draft := s.CurrentDraft
			if sent {
				draft = s.Draft
			} else {
				got = "untouched "
			}
			d, err := draft(ctx)
			if err != nil {
				got += said(err)
				return nil, err
			}
			if again, err := draft(ctx); err != nil || again != d {
				t.Errorf("%s: drafted twice, %v", name, err)
			}
			got += string(d.Identity.Traits)
			return flow.Prepared{}, nil
		}
		b := w.Browser()
		if c.kind == flow.Settings {
			p := w.Person("ada@example.org", true)
			d, err := w.Identities.DraftFrom(t.Context(), p.Identity, "default", json.RawMessage(`{"email":"ada@example.org","name":"A"}`))
			if err == nil {
				_, err = w.Identities.Save(t.Context(), d)
			}
			if err != nil {
				t.Fatal(err)
			}
			b.SignIn(p)
		}
		if _, err := b.Send(b.Start(c.kind), stub.Name, c.in(b)); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}
