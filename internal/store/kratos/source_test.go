package kratos

import (
	"database/sql"
	"fmt"
	"testing"

	_ "github.com/ncruces/go-sqlite3/driver" // a database to read
)

// A batch of accounts has as many sessions as their owners began, which is more than a query of SQLite takes parameters.
func TestReadAmong(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite3", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		"CREATE TABLE identities (id TEXT, schema_id TEXT, traits TEXT, created_at TEXT, updated_at TEXT)", "CREATE TABLE identity_credential_types (id TEXT, name TEXT)",
		"CREATE TABLE identity_credentials (id TEXT, identity_id TEXT, identity_credential_type_id TEXT, config TEXT)",
		"CREATE TABLE identity_credential_identifiers (identity_credential_id TEXT, identifier TEXT)",
		"CREATE TABLE identity_verifiable_addresses (id TEXT, identity_id TEXT, via TEXT, value TEXT, verified BOOL)",
		"CREATE TABLE identity_recovery_addresses (id TEXT, identity_id TEXT, via TEXT, value TEXT)",
		"CREATE TABLE sessions (id TEXT, identity_id TEXT, token TEXT, active BOOL, issued_at TEXT, authenticated_at TEXT, expires_at TEXT)",
		"CREATE TABLE session_devices (id TEXT, session_id TEXT)", "INSERT INTO session_devices VALUES ('d1', '7'), ('d2', '39999')",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(t.Context(), db, SQLite, "")
	if err != nil {
		t.Fatal(err)
	}
	sessions := make([]string, 40_000)
	for i := range sessions {
		sessions[i] = fmt.Sprint(i)
	}
	found, err := s.readAmong(t.Context(), "session_devices", []string{"id"}, "session_id", sessions, "id")
	if err != nil || len(found) != 2 || found[0].text("id") != "d1" || found[1].text("id") != "d2" {
		t.Errorf("readAmong = %v, %v", found, err)
	}
}
