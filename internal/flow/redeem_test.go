package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// A typed code proves a new address as a link does: the old one signs in no more.
func TestVerification_retained(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	for _, k := range []flow.Kind{flow.Verification, flow.Recovery} {
		w, _ := one(t, func(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error) {
			return flow.ProvedAddress{IdentityID: p.ID, Via: identity.ViaEmail, Normalized: "new@example.org", Factor: session.Factor{Method: "code"}}, nil
		}, func(c *flow.Config) {
			c.KeepAddress = true
			verification := c.Kinds[flow.Verification]
			verification.Enabled = k == flow.Verification // else a new address recovers nothing before it is proven
			c.Kinds[flow.Verification] = verification
		})
		p = w.Person("ada@example.org", k == flow.Verification)
		d, err := w.Identities.DraftFrom(t.Context(), p.Identity, "default", json.RawMessage(`{"email":"new@example.org"}`))
		if err != nil {
			t.Fatal(err)
		}
		d.RetainOldAddresses()
		if _, err := w.Identities.Save(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		old := func() error {
			_, _, err := w.Identities.ByIdentifier(t.Context(), identity.TypePassword, "ada@example.org")
			return err
		}
		if old() != nil {
			t.Fatal("the old address does not sign in before the proof")
		}
		b := w.Browser()
		f := b.Start(k)
		if r, err := b.Submit(f, identity.TypePassword, nil); err != nil || r.Outcome != flow.Completed {
			t.Fatalf("%s: %d, %v", k, r.Outcome, err)
		}
		if !errors.Is(old(), errs.ErrNotFound) {
			t.Errorf("%s: the old address still signs in: %v", k, old())
		}
	}
}

// The token of a link at the place of another method opens nothing there, and stays good.
func TestRedeemToken_ofAnotherMethod(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Verification, flow.Recovery} {
		w := mailer(t, func(c *flow.Config) { c.KeepAddress = true })
		w.Rebuild(append(mailerMethods(w), &flowtest.Stub{
			Name: "code", Roles: map[flow.Kind]flow.Role{k: flow.AddressProof},
			Fact: func(context.Context, flow.Submission) (flow.Fact, error) { return nil, &flow.Rejected{} },
		})...)
		p := w.Person("ada@example.org", true)
		b, _, token := ask(t, w, k, p.Email)
		_, err := w.RedeemToken(t.Context(), flow.RedeemRequest{Kind: k, Method: "code", Token: token, Caller: b.Caller})
		if !as[*flow.Restarted](err) {
			t.Errorf("%s: %v", k, err)
		}
		if _, err := redeem(t, b, w, k, token); err != nil {
			t.Errorf("%s, where it belongs: %v", k, err)
		}
	}
}
