//go:build unix

package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// listed returns how many identities there are, as a list has it.
func listed(t *testing.T, db *store.DB) int {
	t.Helper()
	all, err := db.Identities(t.Context(), identity.Query{})
	if err != nil {
		t.Fatal(err)
	}
	count, err := db.CountIdentities(t.Context(), identity.Query{})
	if err != nil || count != len(all) {
		t.Errorf("%d are counted and %d listed, %v", count, len(all), err)
	}
	return len(all)
}

func create(t *testing.T, db *store.DB, email string) *identity.Identity {
	t.Helper()
	i, credentials := storetest.NewIdentity(email)
	if err := db.CreateIdentity(t.Context(), i, credentials); err != nil {
		t.Fatal(err)
	}
	return i
}

func TestListsAreReadFromTheReplicaAndNothingElse(t *testing.T) {
	t.Parallel()
	primary := databases.Start(t, databases.Postgres)
	standby := databases.Standby(t, primary)
	dsn := primary.DSN(t)
	db := open(t, store.Config{DSN: dsn, ReplicaDSN: strings.Replace(dsn, primary.Address(), primary.Address()+","+standby.Address(), 1)})
	create(t, db, "a@example.org")
	for tries := 0; listed(t, db) != 1; tries++ {
		if tries == 500 {
			t.Fatal("the replica does not follow")
		}
		time.Sleep(10 * time.Millisecond)
	}
	standby.Do(t, `SELECT pg_wal_replay_pause()`)
	standby.Await(t, `SELECT 1 / (pg_get_wal_replay_pause_state() = 'paused')::int`)
	late := create(t, db, "b@example.org")
	if got := listed(t, db); got != 1 {
		t.Errorf("%d identities are listed, though the replica knows one", got)
	}
	if _, err := db.Identity(t.Context(), late.ID); err != nil {
		t.Errorf("one by its id: %v", err)
	}
	found, err := db.Identities(t.Context(), identity.Query{Identifier: "b@example.org"})
	if err != nil || len(found) != 1 {
		t.Errorf("by its identifier %d are found, %v", len(found), err)
	}
	primary.Do(t, `ALTER SYSTEM SET synchronous_standby_names = ''`) // it is not waited for from here on
	primary.Do(t, `SELECT pg_reload_conf()`)
	standby.Kill(t)
	if got := listed(t, db); got != 2 {
		t.Errorf("%d identities are listed by the database itself", got)
	}
	if missed := db.Stats().Missed; missed == 0 {
		t.Error("it is not told that the replica is gone")
	}
}

func TestAReplicaMustFollowTheSameKindOfDatabase(t *testing.T) {
	t.Parallel()
	file := "sqlite://" + t.TempDir() + "/db.sqlite"
	for _, c := range []struct{ dsn, replica, want string }{
		{file, file, "a SQLite database has no replica"},
		{"postgres://a@127.0.0.1:1/b", "mysql://a@tcp(127.0.0.1:1)/b", "a PostgreSQL database has no replica at mysql://"},
		{"postgres://a@127.0.0.1:1/b", "postgres://a:secret@127.0.0.1:1/b?sslmod=off", `"sslmod"`},
	} {
		_, err := store.Open(t.Context(), store.Config{DSN: c.dsn, ReplicaDSN: c.replica, Now: time.Now})
		if err == nil || !strings.Contains(err.Error(), "replica: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s with %s: error is %v", c.dsn, c.replica, err)
		}
	}
}

func TestAReplicaThatIsTheDatabaseItselfServesLists(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(e empty) {
		db := open(e.t, store.Config{DSN: e.dsn, ReplicaDSN: e.dsn})
		create(e.t, db, "a@example.org")
		if got := listed(e.t, db); got != 1 || db.Stats().Missed != 0 {
			e.t.Errorf("%d are listed, %d lists were missed", got, db.Stats().Missed)
		}
		if sizes, err := db.TableSizes(e.t.Context()); err != nil || sizes["identities"] != 1 {
			e.t.Errorf("table sizes are %v, %v", sizes, err)
		}
	})
}
