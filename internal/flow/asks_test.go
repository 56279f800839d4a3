package flow_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
)

// An operator made the account, so its owner was never asked to prove the address. Saved traits ask once, where the wire does.
func TestSaveTraits_asksAll(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	profile := &flowtest.Stub{Name: "profile", Roles: map[flow.Kind]flow.Role{flow.Settings: flow.Management}}
	profile.Fact = func(ctx context.Context, s flow.Submission) (flow.Fact, error) {
		d, err := w.Identities.DraftFrom(ctx, s.Identity, "default", json.RawMessage(`{"email":"ada@example.org","name":"Ada"}`))
		return flow.NewTraits{Draft: d}, err
	}
	w.Rebuild(append(mailerMethods(w), profile)...)
	p := w.Person("ada@example.org", false)
	for i, asksAll := range []bool{false, true, true} {
		b := w.Browser()
		b.SignIn(p)
		b.AsksAllAddresses = asksAll
		b.MustSubmit(b.Start(flow.Settings), "profile", nil)
		if sent, want := len(w.Mail.Take()), i == 1; (sent == 1) != want || i > 0 == w.Fresh(p.ID).Verifiable[0].SentAt.IsZero() {
			t.Errorf("time %d: %d mails, address %+v", i, sent, w.Fresh(p.ID).Verifiable[0])
		}
	}
	if a := identity.Find(w.Fresh(p.ID).Verifiable, identity.ViaEmail, "ada@example.org"); a == nil || a.Verified {
		t.Errorf("the address is %+v", a)
	}
}
