package cli

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/ncruces/go-sqlite3/driver" // to change a database behind the program's back
)

// place is a folder with a database.
type place struct{ dir, dsn string }

func newPlace(t *testing.T) place {
	t.Helper()
	dir := t.TempDir()
	return place{dir, "sqlite://" + filepath.Join(dir, "db.sqlite")}
}

func (p place) change(t *testing.T, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(p.dir, "db.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// run runs a command on the database and returns what it prints without times.
func (p place) run(t *testing.T, code int, args ...string) string {
	t.Helper()
	got := execute(t, []string{"DSN=" + p.dsn}, args...)
	if got.code != code {
		t.Fatalf("%s ends with %d:\n%s%s", strings.Join(args, " "), got.code, got.out, got.err)
	}
	return regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:]+Z`).ReplaceAllString(got.out+got.err, "TIME")
}

func TestMigrateStatusTellsWhatIsAppliedByWhichRelease(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	before := p.run(t, exitOK, "migrate", "status", "-e")
	if !strings.HasPrefix(before, "0001_init        not applied yet\n") || !strings.HasSuffix(before, "Apply what is missing with 'symbolon migrate sql'.\n") {
		t.Errorf("before:\n%s", before)
	}
	if refused := p.run(t, exitFailed, "migrate", "sql", "-e"); !strings.Contains(refused, "nothing was changed") {
		t.Errorf("without an answer:\n%s", refused)
	}
	p.run(t, exitOK, "migrate", "sql", "-e", "--yes")
	p.change(t, `INSERT INTO symbolon_schema (version_id, is_applied, tstamp) VALUES (9999, 1, '2026-01-01 00:00:00')`)
	after := p.run(t, exitOK, "migrate", "status", "-e")
	if !strings.HasPrefix(after, "0001_init        applied TIME\n") ||
		!strings.HasSuffix(after, "9999             applied TIME by a newer release, which this one can run beside\nThe database is up to date.\n") {
		t.Errorf("after:\n%s", after)
	}
	p.change(t, `INSERT INTO schema_needs (migration) VALUES (9999)`)
	for _, command := range [][]string{{"migrate", "status", "-e"}, {"migrate", "sql", "-e", "-y"}, {"cleanup"}, {"serve"}} {
		if refused := p.run(t, exitFailed, command...); !strings.Contains(refused, "it needs migration 9999") {
			t.Errorf("%v:\n%s", command, refused)
		}
	}
}

func TestACopyIsPutBackByCommands(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run(t, exitOK, "migrate", "sql", "-e", "--yes")
	const identities = `INSERT INTO identities (id, schema_id, traits, version, created_at, updated_at) VALUES ('one', 'default', '{}', 1, 0, 0)`
	p.change(t, identities)
	file := filepath.Join(t.TempDir(), "copy.db")
	if got := p.run(t, exitOK, "backup", file); got != file+" written.\n" {
		t.Errorf("backup prints %q", got)
	}
	if again := p.run(t, exitFailed, "backup", file); !strings.Contains(again, "exists already") {
		t.Errorf("a second copy of that name: %s", again)
	}
	p.change(t, `DELETE FROM identities`)
	if unasked := p.run(t, exitFailed, "restore", file); !strings.Contains(unasked, "nothing was changed") {
		t.Errorf("without an answer: %s", unasked)
	}
	restored := p.run(t, exitOK, "restore", "--yes", file)
	kept := regexp.MustCompile(`What was there is now (\S+)\.\n`).FindStringSubmatch(restored)
	if kept == nil || !strings.HasSuffix(restored, "Restored.\n") {
		t.Fatalf("restore prints %q", restored)
	}
	if _, err := os.Stat(kept[1]); err != nil {
		t.Error(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(p.dir, "db.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	count := 0
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM identities`).Scan(&count); err != nil || count != 1 {
		t.Errorf("%d identities are back, %v", count, err)
	}
}

func TestCleanupRemovesWhatHasExpired(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run(t, exitOK, "migrate", "sql", "-e", "--yes")
	p.change(t, `INSERT INTO stored_errors (id, csrf_hash, payload, created_at) VALUES ('old', '', '[]', 0), ('older', '', '[]', 0)`)
	if got := p.run(t, exitOK, "cleanup"); got != "2 rows removed.\n" {
		t.Errorf("it prints %q", got)
	}
	if got := p.run(t, exitOK, "cleanup"); got != "0 rows removed.\n" {
		t.Errorf("the second time it prints %q", got)
	}
}

func TestAuditList_badFlags(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.run(t, exitOK, "migrate", "sql", "-e", "--yes")
	for flag, want := range map[string]string{
		"--limit=0":       "--limit is 0 and must be at least 1",
		"--limit=-1":      "--limit is -1 and must be at least 1",
		"--since=-5h":     "--since is -5h0m0s and must not be negative",
		"--identity=jane": `"jane" is not an id; ids look like`,
		"--name=login":    "--name login: events have one of these names: authn_login_success",
	} {
		if got := p.run(t, exitUsage, "audit", "list", flag); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %q", flag, got, want)
		}
	}
}
