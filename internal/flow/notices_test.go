package flow_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
)

// The owner is written to about each change of what signs in (OWASP ASVS 5.0, 6.3.7).
func TestSettings_notices(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]flow.Fact{
		"a new credential": flow.NewCredential{Credential: identity.Credential{Type: "spare", Config: json.RawMessage(`{"n":2}`)}},
		"one removed":      flow.RemoveCredential{Type: "spare"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := one(t, func(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error) { return fact, nil })
			p := w.Person("ada@example.org", true, identity.Credential{Type: "spare", Config: json.RawMessage(`{"n":1}`)})
			b := w.Browser()
			b.SignIn(p)
			r := b.MustSubmit(b.Start(flow.Settings), "password", nil)
			sent := w.Mail.Take()
			if r.Outcome != flow.Completed || len(sent) != 1 || sent[0].Template != courier.CredentialsChanged || sent[0].To != p.Email || sent[0].Change.Method != "password" {
				t.Errorf("%d, %+v", r.Outcome, sent)
			}
		})
	}
}
