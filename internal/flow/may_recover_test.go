package flow

import (
	"context"
	"fmt"
	"testing"

	"github.com/symbolon/symbolon/internal/identity"
)

// pasts is what is known of the addresses that identities gave up, by their ids.
type pasts struct {
	Identities
	proven, known bool
}

func (p pasts) ProvenBefore(context.Context, string) (proven, known bool, err error) {
	return p.proven, p.known, nil
}

type anyChallenger struct{ Challenger }

// A node of an earlier release may have replaced a confirmed address a moment ago.
func TestMayRecover(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ proven, known, verified, want bool }{
		{known: true, want: true},
		{known: true, proven: true},
		{known: false},
		{known: false, verified: true, want: true},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			t.Parallel()
			e := &Engine{
				identities:  pasts{proven: c.proven, known: c.known},
				challengers: map[Kind]Challenger{Verification: anyChallenger{}},
				config:      Config{Kinds: map[Kind]KindConfig{Verification: {Enabled: true}}},
			}
			a := identity.Address{Via: identity.ViaEmail, Value: "new@example.org", Normalized: "new@example.org", Verified: c.verified}
			owner := &identity.Identity{ID: "one", Verifiable: []identity.Address{a}, Recovery: []identity.Address{a}}
			if may, err := e.mayRecover(t.Context(), owner, a.Via, a.Normalized); err != nil || may != c.want {
				t.Errorf("may recover is %v, %v", may, err)
			}
		})
	}
}
