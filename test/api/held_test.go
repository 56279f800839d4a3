//go:build unix

package api

import (
	"database/sql"
	"net/http"
	"runtime"
	"testing"

	"github.com/symbolon/symbolon/test/databases"
)

// Where many write at once, a password may be replaced, and all sessions ended, between
// the moment at which a sign-in looks whether it is still the same and the one at which
// its session comes about.
func TestASignInWaitsForWhoeverReplacesThePassword(t *testing.T) {
	t.Parallel()
	dsn := databases.DSN(t, databases.Postgres)
	s := newSite(t, "DSN="+dsn, "SECRETS_DEFAULT=a-secret-of-this-test-alone")
	id := s.identityOf(t, s.register(t, "jane@example.org"))
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	replace, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer replace.Rollback()
	for _, statement := range []string{
		`UPDATE identities SET version = version + 1 WHERE id = $1`,
		`UPDATE credentials SET version = version + 1 WHERE identity_id = $1`,
		`UPDATE sessions SET active = false WHERE identity_id = $1`,
	} {
		if _, err := replace.ExecContext(t.Context(), statement, id); err != nil {
			t.Fatal(err)
		}
	}
	c := s.app1()
	action := c.start(t, "login", "password")
	answered := make(chan answer, 1)
	go func() {
		answered <- c.json(t, action, map[string]any{"identifier": "jane@example.org", "password": password})
	}()
	for waiting := 0; waiting == 0 && len(answered) == 0; runtime.Gosched() {
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.datname = current_database()
 WHERE NOT l.granted AND l.pid IN (SELECT pid FROM pg_stat_activity WHERE datid = d.oid)`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(answered) > 0 {
		a := <-answered
		t.Fatalf("it did not wait: %d %s", a.StatusCode, a.body)
	}
	if err := replace.Commit(); err != nil {
		t.Fatal(err)
	}
	// The password is the same here, so it is judged again and does sign in.
	if a := <-answered; a.StatusCode != http.StatusOK {
		t.Errorf("answered %d %s", a.StatusCode, a.body)
	}
}
