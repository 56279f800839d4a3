package flow

import (
	"context"
	"errors"
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

// drafting is pasts that tells when credentials would end.
type drafting struct{ pasts }

var errDrafted = errors.New("the credentials would end")

func (drafting) DraftUnchanged(context.Context, *identity.Identity) (*identity.Draft, error) {
	return nil, errDrafted
}

// Where a server confirms no addresses, a past that is not known yet is taken for the one that its identities have.
func TestFirstProof_unknownPast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ confirms, proven, known, ends bool }{
		{confirms: true, known: true, ends: true},
		{confirms: true, known: true, proven: true},
		{confirms: true},
		{known: true, ends: true},
		{known: true, proven: true},
		{ends: true},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			t.Parallel()
			e := &Engine{identities: drafting{pasts{proven: c.proven, known: c.known}}, challengers: map[Kind]Challenger{}}
			if c.confirms {
				e.challengers[Verification] = anyChallenger{}
				e.config = Config{Kinds: map[Kind]KindConfig{Verification: {Enabled: true}}}
			}
			a := identity.Address{Via: identity.ViaEmail, Normalized: "new@example.org"}
			_, _, err := e.firstProof(t.Context(), &identity.Identity{ID: "one", Verifiable: []identity.Address{a}}, a.Via, a.Normalized)
			if errors.Is(err, errDrafted) != c.ends {
				t.Errorf("firstProof = %v", err)
			}
		})
	}
}
