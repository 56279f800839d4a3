package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
)

// With hide_existing the result of a registration must not tell a known identifier from an unknown one: wires show the
// identity, with its times and those of its addresses, and a limit counts both alike.
func TestRegistration_hidden(t *testing.T) {
	t.Parallel()
	for _, verifies := range []bool{true, false} {
		shown := map[bool]string{}
		counted := map[bool][]flow.Attempt{}
		for _, known := range []bool{true, false} {
			w := mailer(t, func(c *flow.Config) {
				c.HideExisting, c.ShowVerification = true, true
				k := c.Kinds[flow.Verification]
				k.Enabled = verifies
				c.Kinds[flow.Verification] = k
			})
			set := &flowtest.Stub{Name: identity.TypePassword, Roles: map[flow.Kind]flow.Role{flow.Registration: flow.FirstFactor}}
			set.Fact = func(ctx context.Context, s flow.Submission) (flow.Fact, error) {
				d, err := s.Draft(ctx)
				if err == nil {
					err = s.CountRegistration(ctx, d)
				}
				return flow.NewCredential{Credential: identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{"hashed_password":"new"}`)}}, err
			}
			w.Rebuild(append([]flow.Method{set}, mailerMethods(w)[1:]...)...)
			if known {
				w.Person("ada@example.org", true)
			}
			b := w.Browser()
			r, err := b.Submit(b.Start(flow.Registration), "password", map[string]string{"traits.email": "ada@example.org"})
			if err != nil || r.Outcome != flow.Completed {
				t.Fatalf("known %t: %d, %v", known, r.Outcome, err)
			}
			shown[known], counted[known] = withoutIDs(r), w.Limiter.Counted()
		}
		if shown[true] != shown[false] {
			t.Errorf("verifies %t, known:\n%s\nunknown:\n%s", verifies, shown[true], shown[false])
		}
		if !reflect.DeepEqual(counted[true], counted[false]) || len(counted[true]) != 1 {
			t.Errorf("known counts %+v, unknown %+v", counted[true], counted[false])
		}
	}
}

// withoutIDs is what a result says, without what is random in it.
func withoutIDs(r flow.Result) string {
	f, i := *r.Flow, *r.Identity
	f.ID, f.CSRF, f.Form, i.ID = "", "", r.Flow.Form, ""
	f.Form.Groups = nil
	for _, list := range []*[]identity.Address{&i.Verifiable, &i.Recovery} {
		copied := append([]identity.Address(nil), *list...)
		for k := range copied {
			copied[k].ID = ""
		}
		*list = copied
	}
	r.Flow, r.Identity = nil, nil
	return fmt.Sprintf("%+v\n%+v\n%+v", r, f, i)
}
