package flow_test

import (
	"errors"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// TestPolicy tries what a policy asks of a session, at its check and when its owner starts
// another sign-in.
func TestPolicy(t *testing.T) {
	t.Parallel()
	app := identity.Credential{Type: "app", Identifiers: []string{"ada's"}, Config: []byte(`{}`)}
	begins := storetest.Now.Add(time.Hour)
	for name, c := range map[string]struct {
		policy flow.Policy
		has    []identity.Credential
		after  time.Duration
		owes   bool
	}{
		"no factor":                        {owes: true},
		"a factor":                         {has: []identity.Credential{app}},
		"within the grace period":          {policy: flow.Policy{Grace: time.Hour}, after: 59 * time.Minute},
		"after the grace period":           {policy: flow.Policy{Grace: time.Hour}, after: time.Hour, owes: true},
		"before it begins":                 {policy: flow.Policy{Since: begins}},
		"grace counts from its begin":      {policy: flow.Policy{Since: begins, Grace: time.Hour}, after: 119 * time.Minute},
		"grace is over since its begin":    {policy: flow.Policy{Since: begins, Grace: time.Hour}, after: 2 * time.Hour, owes: true},
		"the factor that it names":         {policy: flow.Policy{Factors: []string{"app"}}, has: []identity.Credential{app}},
		"another factor than it names":     {policy: flow.Policy{Factors: []string{"key"}}, has: []identity.Credential{app}, owes: true},
		"a method that is switched off":    {policy: flow.Policy{Factors: []string{"webauthn"}}},
		"a first factor where it names it": {policy: flow.Policy{Factors: []string{identity.TypePassword}}},
	} {
		w := flowtest.New(t, func(*flowtest.World) []flow.Method {
			first := map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor}
			second := map[flow.Kind]flow.Role{flow.Login: flow.SecondFactor}
			return []flow.Method{
				&flowtest.Stub{Name: identity.TypePassword, Roles: first}, &flowtest.Stub{Name: "app", Roles: second}, &flowtest.Stub{Name: "key", Roles: second},
			}
		}, func(config *flow.Config) { config.Policies = map[string]flow.Policy{"default": c.policy} })
		b := w.Browser()
		s := b.SignIn(w.Person("ada@example.org", true, c.has...))
		w.Advance(c.after)
		err := w.CheckLevel(t.Context(), &session.Cached{Session: s}, flow.Browser)
		if errors.Is(err, flow.ErrFactorRequired) != c.owes || !c.owes && err != nil {
			t.Errorf("%s: the check of the session says %v, want that it is refused: %t", name, err, c.owes)
		}
		_, err = b.TryStart(flow.StartRequest{Kind: flow.Login})
		if in, ok := errors.AsType[*flow.LoggedIn](err); !ok || in.Enrol != c.owes {
			t.Errorf("%s: another sign-in says %+v, want that it leads to the settings: %t", name, in, c.owes)
		}
	}
}
