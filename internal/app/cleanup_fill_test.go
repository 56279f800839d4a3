package app

import (
	"log/slog"
	"testing"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

func TestFillIdentities(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for _, email := range []string{"jane@example.org", "joe@example.org"} {
		i, credentials := storetest.NewIdentity(email)
		if err := db.CreateIdentity(t.Context(), i, credentials); err != nil {
			t.Fatal(err)
		}
	}
	// As an earlier release leaves them.
	if _, err := db.Exec(t.Context(), `DELETE FROM identity_search`); err != nil {
		t.Fatal(err)
	}
	if err := db.BeginFill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := fillIdentities(t.Context(), db, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	found, err := db.Identities(t.Context(), identity.Query{Similar: "example"})
	if err != nil || len(found) != 2 {
		t.Errorf("found %d, %v", len(found), err)
	}
}
