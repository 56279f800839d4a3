package storetest

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
)

func uniqueTests() []test {
	return []test{
		{"identifiers and addresses are compared byte by byte", uniqueBytes},
		{"what is no text or too long for an index is no identifier", uniqueUnstorable},
		{"an identifier is taken once for each type", uniqueIdentifier},
		{"an address is taken once for each purpose and channel", uniqueAddress},
		{"a save can't take what is another's", uniqueSave},
		{"what fails for a taken identifier leaves nothing behind", uniqueLeavesNothing},
		{"of many that are created at once each is refused for itself", uniqueTogether},
		{"of many who register one identifier one succeeds", uniqueRace},
	}
}

// lookalikes are different identifiers that a collation may take for the same.
// é is one character in one of them and two in another.
func lookalikes() []string {
	return []string{
		"jose@example.org", "Jose@example.org", "JOSE@example.org", "jos\u00e9@example.org", "jose\u0301@example.org",
		"jose@example.org ", " jose@example.org", "jose@example.org\u00a0", "jose@example.org\t",
		"straße@example.org", "strasse@example.org", "ﬁ@example.org", "fi@example.org",
		"i@example.org", "ı@example.org", "İ@example.org", "😀@example.org", "😁@example.org", "😀", "",
		"\u200bjose@example.org", "_ose@example.org", "%", strings.Repeat("ä", 300),
	}
}

func uniqueBytes(t *testing.T, s Store) {
	owners := map[string]string{}
	for _, identifier := range lookalikes() {
		if identifier == "" {
			continue // no schema yields it
		}
		i, credentials := NewIdentity("x")
		i.Verifiable[0].Normalized, i.Recovery[0].Normalized = identifier, identifier
		credentials[0].Identifiers = []string{identifier}
		if err := s.CreateIdentity(t.Context(), i, credentials); err != nil {
			t.Fatalf("%q: %v", identifier, err)
		}
		owners[identifier] = i.ID
	}
	for identifier, id := range owners {
		byIdentifier, c, err := s.IdentityByIdentifier(t.Context(), identity.TypePassword, identifier)
		must(t, err)
		wantSame(t, byIdentifier.ID, id)
		wantSame(t, c.Identifiers, []string{identifier})
		byAddress, a, err := s.IdentityByAddress(t.Context(), identity.ForVerification, identity.ViaEmail, identifier)
		must(t, err)
		wantSame(t, byAddress.ID, id)
		wantSame(t, a.Normalized, identifier)
		wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{Identifier: identifier}))(t), 1)
	}
}

func uniqueUnstorable(t *testing.T, s Store) {
	for _, identifier := range []string{"jose@example.org\u0000", "jos\xe9@example.org", strings.Repeat("ä", 600)} {
		_, _, err := s.IdentityByIdentifier(t.Context(), identity.TypePassword, identifier)
		wantError(t, err, errs.ErrNotFound)
		_, _, err = s.IdentityByAddress(t.Context(), identity.ForRecovery, identity.ViaEmail, identifier)
		wantError(t, err, errs.ErrNotFound)
		i, credentials := NewIdentity("a@example.org")
		credentials[0].Identifiers = []string{identifier}
		wantSame(t, errs.Of(s.CreateIdentity(t.Context(), i, credentials)), errs.Invalid)
		i, credentials = NewIdentity("a@example.org")
		i.Verifiable[0].Normalized = identifier
		wantSame(t, errs.Of(s.CreateIdentity(t.Context(), i, credentials)), errs.Invalid)
	}
}

func uniqueIdentifier(t *testing.T, s Store) {
	mustIdentity(t, s, "a@example.org")
	i, credentials := NewIdentity("b@example.org")
	credentials[0].Identifiers = append(credentials[0].Identifiers, "a@example.org")
	wantError(t, s.CreateIdentity(t.Context(), i, credentials), errs.ErrConflict)

	credentials[0].Type = identity.TypeOIDC
	must(t, s.CreateIdentity(t.Context(), i, credentials))
	owner, c, err := s.IdentityByIdentifier(t.Context(), identity.TypeOIDC, "a@example.org")
	must(t, err)
	wantSame(t, owner, i)
	wantSame(t, *c, credentials[0])
}

func uniqueAddress(t *testing.T, s Store) {
	a := mustIdentity(t, s, "a@example.org")
	for _, change := range []func(*identity.Identity){
		func(i *identity.Identity) { i.Verifiable[0].Normalized = "a@example.org" },
		func(i *identity.Identity) { i.Recovery[0].Normalized = "a@example.org" },
	} {
		i, credentials := NewIdentity("b@example.org")
		change(i)
		wantError(t, s.CreateIdentity(t.Context(), i, credentials), errs.ErrConflict)
	}
	i, credentials := NewIdentity("b@example.org")
	i.Recovery[0].Via, i.Recovery[0].Normalized = "phone", "a@example.org"
	must(t, s.CreateIdentity(t.Context(), i, credentials))

	owner, found, err := s.IdentityByAddress(t.Context(), identity.ForRecovery, "phone", "a@example.org")
	must(t, err)
	wantSame(t, owner, i)
	wantSame(t, *found, i.Recovery[0])
	owner, _, err = s.IdentityByAddress(t.Context(), identity.ForRecovery, identity.ViaEmail, "a@example.org")
	must(t, err)
	wantSame(t, owner, a)
}

func uniqueSave(t *testing.T, s Store) {
	mustIdentity(t, s, "a@example.org")
	b := mustIdentity(t, s, "b@example.org")
	before := got(s.Identity(t.Context(), b.ID))(t)

	err := s.SaveIdentity(t.Context(), b, []identity.Credential{newPassword("b@example.org", "a@example.org")})
	wantError(t, err, errs.ErrConflict)
	wantSame(t, b.Version, before.Version)

	b.Recovery = append(b.Recovery, newAddress("a@example.org"))
	err = s.SaveIdentity(t.Context(), b, []identity.Credential{newPassword("b@example.org")})
	wantError(t, err, errs.ErrConflict)
	wantSame(t, b.Version, before.Version)

	wantSame(t, got(s.Identity(t.Context(), b.ID))(t), before)
	wantSame(t, got(s.Credentials(t.Context(), b.ID))(t), []identity.Credential{newPassword("b@example.org")})
}

func uniqueLeavesNothing(t *testing.T, s Store) {
	mustIdentity(t, s, "a@example.org")
	i, credentials := NewIdentity("b@example.org")
	credentials[0].Identifiers = []string{"b@example.org", "a@example.org"}
	wantError(t, s.CreateIdentity(t.Context(), i, credentials), errs.ErrConflict)
	_, err := s.Identity(t.Context(), i.ID)
	wantError(t, err, errs.ErrNotFound)
	wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{}))(t), 1)
	mustIdentity(t, s, "b@example.org")
}

func uniqueTogether(t *testing.T, s Store) {
	mustIdentity(t, s, "a@example.org")
	var all []identity.Created
	for _, name := range []string{"b", "a", "c", "d"} {
		i, credentials := NewIdentity(name + "@example.org")
		all = append(all, identity.Created{Identity: i, Credentials: credentials})
	}
	for _, together := range [][]identity.Created{all[:3], all[3:], nil} {
		for n, err := range s.CreateIdentities(t.Context(), together) {
			one := together[n]
			if one.Identity == all[1].Identity {
				wantError(t, err, errs.ErrConflict)
				continue
			}
			must(t, err)
			wantSame(t, got(s.Identity(t.Context(), one.Identity.ID))(t), one.Identity)
			wantSame(t, got(s.Credentials(t.Context(), one.Identity.ID))(t), one.Credentials)
		}
	}
	wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{}))(t), 4)
}

func uniqueRace(t *testing.T, s Store) {
	winners := race(t, 16, errs.ErrConflict, func(int) error {
		i, credentials := NewIdentity("a@example.org")
		return s.CreateIdentity(t.Context(), i, credentials)
	})
	wantSame(t, winners, 1)
	wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{}))(t), 1)
}
