package flow_test

import (
	"context"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// A code came by an address, and no credential says that it still holds: what is true of
// the owner is looked at again in the transaction that signs in.
func TestSignIn_ownerChanges(t *testing.T) {
	t.Parallel()
	save := func(ctx context.Context, w *flowtest.World, id string, change func(*identity.Draft)) error {
		draft, err := w.Identities.DraftUnchanged(ctx, w.Fresh(id))
		if err != nil {
			return err
		}
		change(draft)
		_, err = w.Identities.Save(ctx, draft)
		return err
	}
	for name, meanwhile := range map[string]func(context.Context, *flowtest.World, string) error{
		"address given up": func(ctx context.Context, w *flowtest.World, id string) error {
			return save(ctx, w, id, func(d *identity.Draft) { d.Identity.Verifiable = nil })
		},
		"disabled": func(ctx context.Context, w *flowtest.World, id string) error {
			return save(ctx, w, id, func(d *identity.Draft) { d.Identity.State = identity.Inactive })
		},
		"deleted": func(ctx context.Context, w *flowtest.World, id string) error { return w.Identities.Delete(ctx, id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var owner *identity.Identity
			judged := 0
			w, _ := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
				fact := flow.Authenticated{Identity: owner, Factor: session.Factor{Method: identity.TypePassword, Via: identity.ViaEmail, Address: "ada@example.org"}}
				if judged++; judged > 1 {
					return fact, nil
				}
				return fact, meanwhile(ctx, w, owner.ID)
			})
			owner = w.Fresh(w.Person("ada@example.org", true).ID)
			b := w.Browser()
			r, err := b.Submit(b.Start(flow.Login), identity.TypePassword, nil)
			if err == nil && r.Session != nil || judged == 0 {
				t.Errorf("judged %d times, and signs in: %+v", judged, r.Session)
			}
		})
	}
}
