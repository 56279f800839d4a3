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

// linkingLogin is a login that links acme:1 to a person whose address the provider has told. How the
// person signs in there is a test's.
func linkingLogin(t *testing.T, proven bool, signsIn session.Factor, o ...flowtest.Option) (*flowtest.World, *flowtest.Stub, *flowtest.Browser, *flow.Flow, flowtest.Person) {
	t.Helper()
	var p flowtest.Person
	waits := false
	w, stub := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		if waits {
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: signsIn}, nil
		}
		traits, err := json.Marshal(map[string]string{"email": p.Email})
		return flow.ProvedExternalAccount{
			Account: flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"},
			Traits:  traits, Factor: session.Factor{Method: identity.TypeOIDC, Provider: "acme"},
		}, err
	}, o...)
	p = w.Person("ada@example.org", proven, identity.Credential{Type: "spare", Config: json.RawMessage(`{}`)})
	b := w.Browser()
	b.Providers.Links = true
	asked := b.MustSubmit(b.Start(flow.Login), stub.Name, nil)
	if asked.Next == nil || asked.Next.Kind != flow.Login {
		t.Fatalf("%+v", asked)
	}
	waits = true
	return w, stub, b, w.Stored(asked.Next), p
}

// A code that signs in may be the first proof of the address. It ends the credentials from before, and not the
// account that the sign-in links.
func TestLinkAtSignIn_firstProof(t *testing.T) {
	t.Parallel()
	address := session.Factor{Method: identity.TypePassword, Via: identity.ViaEmail, Address: "ada@example.org"}
	w, stub, b, f, p := linkingLogin(t, false, address)
	in, err := b.Submit(f, stub.Name, nil)
	if err != nil || in.Session == nil || len(in.Session.Factors) != 2 {
		t.Fatalf("%+v, %v", in, err)
	}
	if has, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1"); err != nil || has.ID != p.ID {
		t.Errorf("not linked: %v", err)
	}
	if _, err := w.Identities.Credential(t.Context(), p.ID, "spare"); err == nil {
		t.Error("a credential from before the proof stays")
	}
}

// A second factor that is set up while the sign-in is judged keeps it from linking: settings ask for both.
func TestLinkAtSignIn_secondFactorMeanwhile(t *testing.T) {
	t.Parallel()
	after := &program{}
	w, stub, b, f, _ := linkingLogin(t, true, session.Factor{Method: identity.TypePassword}, hooked(flow.Login, nil, after))
	second := false
	stub.Counts = func(identity.Credential) flow.Factors {
		if second {
			return flow.Factors{First: 1, Second: 1}
		}
		return flow.Factors{First: 1}
	}
	after.parses = true
	after.on = func(context.Context, flow.HookCall) { second = true }
	in, err := b.Submit(f, stub.Name, nil)
	if err != nil || in.Session == nil || !second {
		t.Fatalf("%+v, %v", in, err)
	}
	if _, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1"); err == nil {
		t.Error("linked without the second factor")
	}
	if in.Next == nil || in.Next.PendingLink() != "Acme" {
		t.Errorf("the settings do not ask: %+v", in)
	}
}

// An account that is linked by a proven address is judged again if the owner has changed meanwhile: the
// address may be another person's now.
func TestSignIn_linkOfChangedOwner(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	judged := 0
	w, stub := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		judged++
		owner := w.Fresh(p.ID)
		if judged == 1 {
			draft, err := w.Identities.DraftUnchanged(ctx, owner)
			if err == nil {
				_, err = w.Identities.Save(ctx, draft)
			}
			if err != nil {
				return nil, err
			}
		}
		return flow.Authenticated{
			Identity: owner, Factor: session.Factor{Method: identity.TypePassword},
			Link: &flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"},
		}, nil
	})
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	if in, err := b.Submit(b.Start(flow.Login), stub.Name, nil); err != nil || in.Session == nil || judged != 2 {
		t.Errorf("%+v, %v, judged %d times", in, err, judged)
	}
}
