package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
)

// A seeded database has all indexes and triggers that a new one has, and counts its rows.
func TestSeedFile(t *testing.T) {
	t.Parallel()
	empty := openFile(t, newFile)
	seeded := openFile(t, func(ctx context.Context, file string) error { return seedFile(ctx, file, 30) })
	const schema = `SELECT group_concat(name || sql, char(10) ORDER BY name) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL`
	if got, want := textOf(t, seeded, schema), textOf(t, empty, schema); got != want {
		t.Errorf("got the schema\n%s\nwant\n%s", got, want)
	}
	var got []string
	for _, query := range []string{
		`PRAGMA integrity_check`, `SELECT count(*) FROM pragma_foreign_key_check`, `SELECT value FROM counts WHERE name = 'identities'`,
		`SELECT count(*) FROM identities`, `SELECT count(*) FROM credentials`, `SELECT count(*) FROM credential_identifiers`,
		`SELECT count(*) FROM addresses`, `SELECT count(*) FROM sessions`, `SELECT count(*) FROM identity_search`,
	} {
		got = append(got, textOf(t, seeded, query))
	}
	if want := []string{"ok", "0", "30", "30", "30", "30", "60", "30", "30"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func openFile(t *testing.T, fill func(context.Context, string) error) *sql.DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.db")
	if err := fill(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func textOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var text string
	if err := db.QueryRowContext(t.Context(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}
