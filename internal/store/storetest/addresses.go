package storetest

import (
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
)

func addressTests() []test {
	return []test{
		{"an address is marked verified at a time", addressVerified},
		{"an unknown address can't be marked verified", addressUnknown},
		{"an address that stays keeps its id and verification", addressKept},
		{"addresses keep the order in which they were saved", addressOrder},
		{"an address can move to another identity", addressMoves},
		{"an identity that gives up a confirmed address is known for it", addressProven},
	}
}

func addressVerified(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	must(t, s.MarkVerified(t.Context(), i.Verifiable[0].ID, Now))
	read := got(s.Identity(t.Context(), i.ID))(t)
	i.Verifiable[0].Verified, i.Verifiable[0].VerifiedAt = true, Now.Truncate(time.Microsecond)
	wantSame(t, read, i)
}

func addressUnknown(t *testing.T, s Store) {
	wantError(t, s.MarkVerified(t.Context(), secret.NewID(), Now), errs.ErrNotFound)
	wantError(t, s.MarkVerified(t.Context(), "no id", Now), errs.ErrNotFound)
}

func addressKept(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	kept := i.Verifiable[0]
	must(t, s.MarkVerified(t.Context(), kept.ID, Now))

	// The caller still holds what it read before that.
	mine := newAddress("a@example.org")
	mine.Value = "A@example.org"
	i.Verifiable = []identity.Address{newAddress("b@example.org"), mine}
	must(t, s.SaveIdentity(t.Context(), i, got(s.Credentials(t.Context(), i.ID))(t)))

	want := identity.Address{
		ID: kept.ID, Via: identity.ViaEmail, Value: "A@example.org", Normalized: "a@example.org",
		Verified: true, VerifiedAt: Now.Truncate(time.Microsecond),
	}
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t).Verifiable[1], want)
	wantSame(t, i.Verifiable[1], want)
}

func addressOrder(t *testing.T, s Store) {
	i, credentials := NewIdentity("m@example.org")
	i.Verifiable = append(i.Verifiable, newAddress("z@example.org"), newAddress("a@example.org"))
	must(t, s.CreateIdentity(t.Context(), i, credentials))
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t), i)

	v := i.Verifiable
	i.Verifiable = []identity.Address{v[2], newAddress("n@example.org"), v[0]}
	must(t, s.SaveIdentity(t.Context(), i, credentials))
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t), i)
}

func addressProven(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	proven := func() bool {
		t.Helper()
		proven, known, err := s.ProvenBefore(t.Context(), i.ID)
		must(t, err)
		if !known {
			t.Error("it is not known what this release saved")
		}
		return proven
	}
	change := func(to string, want bool) {
		t.Helper()
		i.Verifiable = []identity.Address{newAddress(to)}
		must(t, s.SaveIdentity(t.Context(), i, nil))
		wantSame(t, proven(), want)
	}
	change("b@example.org", false)
	must(t, s.MarkVerified(t.Context(), i.Verifiable[0].ID, Now))
	wantSame(t, proven(), false) // it has the address still
	change("c@example.org", true)
	change("d@example.org", true)
	must(t, s.MarkVerified(t.Context(), i.Verifiable[0].ID, Now))
	change("e@example.org", true) // noted once
	must(t, s.DeleteIdentity(t.Context(), i.ID))
	wantSame(t, proven(), false)
}

func addressMoves(t *testing.T, s Store) {
	a, b := mustIdentity(t, s, "a@example.org"), mustIdentity(t, s, "b@example.org")
	a.Verifiable, a.Recovery = nil, nil
	must(t, s.SaveIdentity(t.Context(), a, nil))
	b.Verifiable = append(b.Verifiable, newAddress("a@example.org"))
	must(t, s.SaveIdentity(t.Context(), b, []identity.Credential{newPassword("b@example.org", "a@example.org")}))
	owner, _, err := s.IdentityByAddress(t.Context(), identity.ForVerification, identity.ViaEmail, "a@example.org")
	must(t, err)
	wantSame(t, owner.ID, b.ID)
	owner, _, err = s.IdentityByIdentifier(t.Context(), identity.TypePassword, "a@example.org")
	must(t, err)
	wantSame(t, owner.ID, b.ID)
}
