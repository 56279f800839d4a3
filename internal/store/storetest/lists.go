package storetest

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
)

func listTests() []test {
	return []test{
		{"identities are listed in the order of their ids with their addresses", listAll},
		{"pages are cut by offset and by the last id seen", listPages},
		{"a listing is narrowed by schema and by identifier", listFilters},
		{"an empty storage lists nothing", listEmpty},
	}
}

// seed stores n identities, every second of the schema "odd".
func seed(t *testing.T, s Store, n int) []*identity.Identity {
	t.Helper()
	var all []*identity.Identity
	for k := range n {
		i, credentials := NewIdentity(strconv.Itoa(k) + "@example.org")
		if k%2 == 1 {
			i.SchemaID = "odd"
		}
		i.CreatedAt = Now.Add(-time.Duration(k) * time.Hour) // not the order of the ids
		if k%3 == 0 {
			i.Verifiable, i.Recovery = nil, nil
		}
		if k%3 == 1 {
			i.Verifiable = append(i.Verifiable, newAddress("0"+strconv.Itoa(k)+"@example.org"))
		}
		must(t, s.CreateIdentity(t.Context(), i, credentials))
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b *identity.Identity) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return all
}

func listAll(t *testing.T, s Store) {
	all := seed(t, s, 7)
	wantSame(t, got(s.Identities(t.Context(), identity.Query{}))(t), all)
	wantSame(t, got(s.Identities(t.Context(), identity.Query{Limit: 100}))(t), all)
	wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{}))(t), 7)
}

func listPages(t *testing.T, s Store) {
	all := seed(t, s, 7)
	var byOffset, byID []*identity.Identity
	for offset := 0; offset < 9; offset += 3 {
		q := identity.Query{Offset: offset, Limit: 3}
		byOffset = append(byOffset, got(s.Identities(t.Context(), q))(t)...)
		wantSame(t, got(s.CountIdentities(t.Context(), q))(t), 7)
	}
	wantSame(t, byOffset, all)

	for after := ""; ; after = byID[len(byID)-1].ID {
		page := got(s.Identities(t.Context(), identity.Query{After: after, Limit: 2}))(t)
		if len(page) == 0 {
			break
		}
		byID = append(byID, page...)
	}
	wantSame(t, byID, all)
}

func listFilters(t *testing.T, s Store) {
	all := seed(t, s, 6)
	var odd []*identity.Identity
	for _, i := range all {
		if i.SchemaID == "odd" {
			odd = append(odd, i)
		}
	}
	q := identity.Query{SchemaID: "odd"}
	wantSame(t, got(s.Identities(t.Context(), q))(t), odd)
	wantSame(t, got(s.CountIdentities(t.Context(), q))(t), len(odd))

	q = identity.Query{Identifier: "3@example.org", Limit: 5}
	owner, _, err := s.IdentityByIdentifier(t.Context(), identity.TypePassword, "3@example.org")
	must(t, err)
	wantSame(t, got(s.Identities(t.Context(), q))(t), []*identity.Identity{owner})
	wantSame(t, got(s.CountIdentities(t.Context(), q))(t), 1)

	q = identity.Query{Identifier: "2@example.org", SchemaID: "odd"}
	wantSame(t, got(s.Identities(t.Context(), q))(t), []*identity.Identity(nil))
	wantSame(t, got(s.CountIdentities(t.Context(), q))(t), 0)
}

func listEmpty(t *testing.T, s Store) {
	wantSame(t, got(s.Identities(t.Context(), identity.Query{Limit: 10}))(t), []*identity.Identity(nil))
	wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{}))(t), 0)
}
