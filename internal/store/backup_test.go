package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// place is a directory with a database in it.
type place struct {
	dir, dsn string
}

func newPlace(t *testing.T) place {
	t.Helper()
	dir := t.TempDir()
	return place{dir: dir, dsn: "sqlite://" + filepath.ToSlash(dir) + "/test.db"}
}

func (p place) file(name string) string { return filepath.Join(p.dir, name) }

// open opens the database as a server does, which no other process may meanwhile.
func (p place) open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{DSN: p.dsn, Now: time.Now, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func (p place) add(t *testing.T, db *store.DB, email string) {
	t.Helper()
	i, credentials := storetest.NewIdentity(email)
	if err := db.CreateIdentity(t.Context(), i, credentials); err != nil {
		t.Error(err)
	}
}

func count(t *testing.T, db *store.DB) int {
	t.Helper()
	n, err := db.CountIdentities(t.Context(), identity.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestABackupOfADatabaseInUseIsWholeAndComesBack(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	db := p.open(t)
	for i := range 50 {
		p.add(t, db, "before"+string(rune('a'+i%26))+strings.Repeat("x", i)+"@example.org")
	}
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	during := 0
	begun := make(chan struct{})
	writing.Go(func() {
		for ; ctx.Err() == nil; during++ {
			p.add(t, db, "during"+strings.Repeat("y", during)+"@example.org")
			if during == 0 {
				close(begun)
			}
		}
	})
	<-begun
	if err := store.Backup(t.Context(), p.dsn, p.file("copy")); err != nil {
		t.Fatal(err)
	}
	stop()
	writing.Wait()
	if info, err := os.Stat(p.file("copy")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %v, %v", info.Mode(), err)
	}
	all := count(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	replaced, err := store.Restore(t.Context(), p.file("copy"), p.dsn, time.Unix(1_700_000_000, 0))
	if err != nil || replaced != p.file("test.db.1700000000.replaced") {
		t.Fatalf("restore: %q, %v", replaced, err)
	}
	restored := p.open(t)
	if n := count(t, restored); n < 51 || n > all {
		t.Errorf("%d identities are back of %d", n, all)
	}
	p.add(t, restored, "after@example.org")
	aside := place{dir: p.dir, dsn: "sqlite://" + replaced}
	if n := count(t, aside.open(t)); n != all {
		t.Errorf("%d identities were set aside of %d", n, all)
	}
}

func TestABackupIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.add(t, p.open(t), "jane@example.org")
	if err := os.WriteFile(p.file("taken"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ dsn, file, want string }{
		"over a file":         {p.dsn, p.file("taken"), "exists already"},
		"to nowhere":          {p.dsn, p.file("no/such/directory"), "no such file"},
		"of memory":           {"memory", p.file("copy"), "not a SQLite file"},
		"of a server":         {"postgres://symbolon@localhost/symbolon", p.file("copy"), "not a SQLite file"},
		"of what isn't there": {"sqlite://" + p.file("nothing.db"), p.file("copy"), "no such file"},
	} {
		if err := store.Backup(t.Context(), test.dsn, test.file); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	if left, err := filepath.Glob(p.file("*.partial")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if mine, err := os.ReadFile(p.file("taken")); err != nil || string(mine) != "mine" {
		t.Errorf("the file that was there is %q, %v", mine, err)
	}
	if _, err := os.Stat(p.file("nothing.db")); err == nil {
		t.Error("a database was made")
	}
}

func TestARestoreIsRefusedAndLeavesEverythingAsItWas(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	db := p.open(t)
	p.add(t, db, "jane@example.org")
	for _, name := range []string{"good", "damaged", "later"} {
		if err := store.Backup(t.Context(), p.dsn, p.file(name)); err != nil {
			t.Fatal(err)
		}
	}
	spoil(t, p.file("damaged"))
	change(t, p.file("later"), `INSERT INTO schema_needs (migration) VALUES (9999)`)
	change(t, p.file("foreign"), `CREATE TABLE things (id INTEGER)`)
	if err := os.WriteFile(p.file("text"), []byte(strings.Repeat("no database at all\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), p.file("good"), p.dsn, time.Now()); !errors.Is(err, store.ErrLocked) {
		t.Errorf("while a server runs: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"damaged": "not an intact database", "later": "for newer releases", "foreign": "not a database of this program",
		"text": "not an intact database", "missing": "not an intact database",
	} {
		if _, err := store.Restore(t.Context(), p.file(name), p.dsn, time.Now()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if n := count(t, p.open(t)); n != 1 {
		t.Errorf("%d identities are there", n)
	}
	if left, err := filepath.Glob(p.file("*.re*ing")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// spoil overwrites pages in the middle of a file.
func spoil(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("spoiled!", 1024)), info.Size()/2)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
