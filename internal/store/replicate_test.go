package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"testing"
)

// replicator works as Litestream does on a database that a server has open: a read
// transaction that lasts keeps the log from starting over, and what is appended to the
// log is copied away.
type replicator struct {
	p    place
	lock *sql.Tx
}

func replicate(t *testing.T, p place) *replicator {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+p.file("test.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	lock, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := lock.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sqlite_master`).Scan(&tables); err != nil || tables == 0 {
		t.Fatalf("a second reader sees %d tables, %v", tables, err)
	}
	t.Cleanup(func() {
		_ = lock.Rollback()
		_ = db.Close()
	})
	return &replicator{p, lock}
}

// copyTo copies the database and its log, as they are now, to another place.
func (r *replicator) copyTo(t *testing.T, to place) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(r.p.file("test.db" + suffix))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to.file("test.db"+suffix), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The log of writes is never cut short below a reader, so that a tool that follows it
// can put back any moment.
func TestTheLogCanBeReplicated(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	db := p.open(t)
	p.add(t, db, "first@example.org")
	r := replicate(t, p)
	moments := []place{newPlace(t), newPlace(t), newPlace(t)}
	for i, moment := range moments {
		for k := range 40 {
			p.add(t, db, fmt.Sprintf("moment%d.%d@example.org", i, k))
		}
		r.copyTo(t, moment)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for i, moment := range moments {
		restored := moment.open(t)
		if got, want := count(t, restored), 1+40*(i+1); got != want {
			t.Errorf("moment %d has %d identities, want %d", i, got, want)
		}
		moment.add(t, restored, "after@example.org")
	}
	// With every fault of the replicator, the log of the live database can be worked off.
	_ = r.lock.Rollback()
	again := p.open(t)
	if got := count(t, again); got != 121 {
		t.Errorf("the live database has %d identities, want 121", got)
	}
}
