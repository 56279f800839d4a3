package store_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// What the index has and what it does not have yet are found alike.
func TestSearch_index(t *testing.T) {
	t.Parallel()
	db := storetest.OpenFile(t)
	add := func(email string) *identity.Identity {
		i, credentials := storetest.NewIdentity(email)
		if err := db.CreateIdentity(t.Context(), i, credentials); err != nil {
			t.Fatal(err)
		}
		return i
	}
	count := func(text string, want int) {
		t.Helper()
		found, err := db.Identities(t.Context(), identity.Query{Similar: text})
		if err != nil || len(found) != want {
			t.Errorf("%q finds %d, %v; want %d", text, len(found), err, want)
		}
	}
	index := func(want int64) {
		t.Helper()
		if n, err := db.IndexSearch(t.Context(), 10); n != want || err != nil {
			t.Errorf("entered %d, %v; want %d", n, err, want)
		}
	}
	gone := add("gone@example.org")
	changed := add("before@example.org")
	index(2)
	index(0)
	add("new@example.org")
	count("example", 3)
	count("before", 1)
	changed.Verifiable, changed.Traits = nil, []byte(`{"email":"after@example.org"}`)
	if err := db.SaveIdentity(t.Context(), changed, nil); err != nil {
		t.Fatal(err)
	}
	count("after@", 1)
	count("gone@", 1)
	if err := db.DeleteIdentity(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	count("gone@", 0)
	index(2)
	count("gone@", 0)
	count("new@", 1)
	if err := db.DeleteIdentity(t.Context(), changed.ID); err != nil { // the last number
		t.Fatal(err)
	}
	index(0)
	add("last@example.org")
	count("last@", 1)
	index(1)
	count("last@", 1)
	count(`"last@" OR new`, 0)
}
