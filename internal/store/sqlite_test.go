//go:build unix

package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// open opens a database with a running clock and migrates it.
func open(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	c.Now = time.Now
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestDSN(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(wd, dir)
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, dsn, file, err string }{
		{"the word memory", "memory", "", ""},
		{"memory as version 0.5 spells it", "sqlite://:memory:?_fk=true", "", ""},
		{"an absolute path", "sqlite://" + dir + "/a.db?_fk=true&mode=rwc", dir + "/a.db", ""},
		{"a relative path", "sqlite://./" + relative + "/b.db", dir + "/b.db", ""},
		{"a relative path without a dot", "sqlite://" + relative + "/c.db", dir + "/c.db", ""},
		{"a path with characters of URLs", "sqlite://" + dir + "/d %41#ä.db?_fk=true", dir + "/d %41#ä.db", ""},
		{"every option", "sqlite://" + dir + "/e.db?max_conns=3&max_idle_conns=1&max_conn_lifetime=1h&synchronous=NORMAL&cache=shared", dir + "/e.db", ""},
		{"a file that must be there and is", "sqlite://" + plain + "?mode=rw", plain, ""},
		{"a file that must be there and is not", "sqlite://" + dir + "/none.db?mode=rw", "", "no such file"},
		{"a file without write access", "sqlite://" + plain + "?mode=ro", "", `"mode"`},
		{"a folder that is not there", "sqlite://" + dir + "/none/a.db", "", "no such file"},
		{"a file in place of a folder", "sqlite://" + plain + "/a.db", "", "not a directory"},
		{"a folder in place of a file", "sqlite://" + dir, "", "is a directory"},
		{"no path", "sqlite://?_fk=true", "", "names no file"},
		{"no scheme", "symbolon.db", "", "sqlite://"},
		{"another database", "oracle://user:password@host/db", "", "sqlite://"},
		{"a misspelt option", "sqlite://" + dir + "/f.db?max_con=3", "", `"max_con"`},
		{"a number that is none", "sqlite://" + dir + "/f.db?max_conns=many", "", `"max_conns"`},
		{"a time that is none", "sqlite://" + dir + "/f.db?max_conn_lifetime=1", "", `"max_conn_lifetime"`},
		{"less safety than there is", "sqlite://" + dir + "/f.db?synchronous=off", "", "full, normal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), store.Config{DSN: test.dsn, Now: time.Now})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error is %v, want one with %q", err, test.err)
				}
				if strings.Contains(err.Error(), "password") {
					t.Error("the error tells the password")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if test.file == "" {
				return
			}
			if info, err := os.Stat(test.file); err != nil || info.Size() == 0 {
				t.Errorf("file %s: %v", test.file, err)
			}
		})
	}
}

func TestDatabasesInMemoryAreSeparate(t *testing.T) {
	t.Parallel()
	a, b := storetest.Open(t), storetest.Open(t)
	f := storetest.NewFlow()
	if err := a.CreateFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Flow(t.Context(), f.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("error is %v", err)
	}
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	for range 2 { // a new file, and one that has been in use
		db := open(t, store.Config{DSN: "sqlite://" + path, Exclusive: true})
		if err := db.CreateFlow(t.Context(), storetest.NewFlow()); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
			info, err := os.Stat(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", info.Name(), info.Mode())
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(path + "-shm") // some systems leave it, others don't
	}
}

func TestADatabaseOfTheOriginalIsLeftUntouched(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"schema_migration", "identity_credential_types", "selfservice_login_flows"} {
		path := filepath.Join(t.TempDir(), "kratos.db")
		raw(t, path, `CREATE TABLE `+table+` (id TEXT)`)
		before := read(t, path)
		_, err := store.Open(t.Context(), store.Config{DSN: "sqlite://" + path, Now: time.Now, Exclusive: true})
		if !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), "symbolon migrate from-kratos") {
			t.Errorf("with table %s the error is %v", table, err)
		}
		if !bytes.Equal(before, read(t, path)) {
			t.Errorf("with table %s the file was written to", table)
		}
	}
}

// raw runs a statement without the store.
func raw(t *testing.T, path, statement string) {
	t.Helper()
	pool, err := driver.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, bytes.Repeat([]byte("notes\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	if _, err := store.Open(t.Context(), store.Config{DSN: "sqlite://" + path, Now: time.Now}); err == nil {
		t.Error("it was opened")
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("it was written to")
	}
}

func TestAnOwnedFileIsOpenedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	owner := startChild(t, "own", path)
	owner.line(t)
	_, err := openClean(path)
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("error is %v", err)
	}
	if want := fmt.Sprintf("process %d", owner.cmd.Process.Pid); !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not name %s", err, want)
	}
	if err := owner.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	owner.end(t)
	db, err := openClean(path)
	if err != nil {
		t.Fatalf("after the owner is gone: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = openClean(path)
	if err != nil {
		t.Fatalf("after it was closed: %v", err)
	}
	_ = db.Close()
}

func TestAnotherProcessThatHoldsTheDatabaseMakesItUnavailable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, store.Config{DSN: "sqlite://" + path, Timeout: 50 * time.Millisecond})
	f := storetest.NewFlow()
	if err := db.CreateFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	holder := startChild(t, "hold", path)
	holder.line(t)

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := db.CreateFlow(t.Context(), storetest.NewFlow())
			if !errors.Is(err, errs.ErrUnavailable) {
				t.Errorf("error of a write is %v", err)
			}
		})
	}
	wg.Wait()
	if _, err := db.Flow(t.Context(), f.ID); err != nil {
		t.Errorf("error of a read is %v", err)
	}
	holder.end(t)
	if err := db.CreateFlow(t.Context(), storetest.NewFlow()); err != nil {
		t.Errorf("after the other is gone: %v", err)
	}
}

func TestAFullDiskMakesTheDatabaseUnavailableUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	c := startChild(t, "full", filepath.Join(t.TempDir(), "a.db"))
	var acknowledged, found int
	if _, err := fmt.Sscan(c.line(t), &acknowledged, &found); err != nil {
		t.Fatal(err)
	}
	if acknowledged < 2 || found != acknowledged {
		t.Errorf("%d writes acknowledged, %d found", acknowledged, found)
	}
}

// kills is larger in long runs.
var kills = flag.Int("kills", 10, "how often a writing process is killed")

func TestKilledWritersLoseNothingAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	var acknowledged []string
	for round := range *kills {
		c := startChild(t, "write", path)
		for range 1 + 37*round%200 {
			acknowledged = append(acknowledged, c.line(t))
		}
		if err := c.cmd.Process.Kill(); err != nil { // SIGKILL
			t.Fatal(err)
		}
		for c.output.Scan() { // what was acknowledged before the signal came
			if line := c.output.Text(); len(line) == 73 {
				acknowledged = append(acknowledged, line)
			}
		}
		_ = c.cmd.Wait()
	}
	wantWhole(t, path)

	db, err := openClean(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, line := range acknowledged {
		for id := range strings.FieldsSeq(line) {
			if _, err := db.Flow(t.Context(), id); err != nil {
				t.Fatalf("flow %s: %v", id, err)
			}
		}
	}
	t.Logf("%d transactions acknowledged", len(acknowledged))
}

// wantWhole checks that SQLite finds the file in order and that no flow is
// stored without the one that its transaction stored with it.
func wantWhole(t *testing.T, path string) {
	t.Helper()
	pool, err := driver.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for query, want := range map[string]string{
		`PRAGMA integrity_check`: "ok",
		`SELECT COUNT(*) FROM flows a WHERE NOT EXISTS (SELECT 1 FROM flows b WHERE b.id = a.request)`: "0",
	} {
		if got := scalar(t, pool, query); got != want {
			t.Errorf("%s answers %s", query, got)
		}
	}
}

func scalar(t *testing.T, pool *sql.DB, query string) string {
	t.Helper()
	var answer string
	if err := pool.QueryRowContext(t.Context(), query).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestManyWritersAndReadersNeverMeetABusyDatabase(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"memory", "sqlite://" + t.TempDir() + "/a.db"} {
		db := open(t, store.Config{DSN: dsn})
		var wg sync.WaitGroup
		for k := range 64 {
			wg.Go(func() {
				for n := range 5 {
					if err := liveThrough(t.Context(), db, fmt.Sprintf("%d-%d@example.org", k, n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n, err := db.CountIdentities(t.Context(), identity.Query{}); err != nil || n != 64*5 {
			t.Errorf("%d identities, %v", n, err)
		}
		if s := db.Stats(); s.Writes < 64*5*3 || s.Queue != 0 {
			t.Errorf("stats are %+v", s)
		}
	}
}

// liveThrough registers, signs in, looks and signs out.
func liveThrough(ctx context.Context, db *store.DB, email string) error {
	i, credentials := storetest.NewIdentity(email)
	s, _ := storetest.NewSession(i.ID)
	f := storetest.NewFlow()
	if err := db.CreateFlow(ctx, f); err != nil {
		return err
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		if err := db.CreateIdentity(ctx, i, credentials); err != nil {
			return err
		}
		if err := db.CreateSession(ctx, s); err != nil {
			return err
		}
		return db.SaveFlow(ctx, f)
	})
	if err != nil {
		return err
	}
	if _, err := db.Identities(ctx, identity.Query{Limit: 20}); err != nil {
		return err
	}
	if _, err := db.SessionByToken(ctx, s.TokenHash); err != nil {
		return err
	}
	return db.RevokeSession(ctx, s.TokenHash)
}
