//go:build unix

package store_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// unmigrated opens a database as it is.
func unmigrated(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func plan(t *testing.T, db *store.DB) []string {
	t.Helper()
	names, err := db.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Of SQLite one process at a time has the file, so there the nodes are one.
func TestNodesThatStartAtOnceMigrateOnce(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := databases.DSN(t, name)
			nodes := []*store.DB{unmigrated(t, dsn)}
			want := plan(t, nodes[0])
			for len(nodes) < 5 {
				if node := nodes[0]; name == databases.SQLite {
					nodes = append(nodes, node)
				} else {
					nodes = append(nodes, unmigrated(t, dsn))
				}
			}
			var (
				wg  sync.WaitGroup
				mu  sync.Mutex
				did []string
			)
			for _, node := range nodes {
				wg.Go(func() {
					applied, err := node.Migrate(t.Context())
					if err != nil {
						t.Error(err)
					}
					if err := node.Ready(t.Context()); err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					did = append(did, applied...)
				})
			}
			wg.Wait()
			slices.Sort(did)
			if diff := cmp.Diff(want, did); diff != "" {
				t.Errorf("not each was applied once (-want +got):\n%s", diff)
			}
		})
	}
}

// The migrations are cut off later each time, until one try comes to the end.
func TestAMigrationThatIsCutOffIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := unmigrated(t, databases.DSN(t, name))
			cuts := 0
			for after := time.Millisecond; len(plan(t, db)) > 0; after += after / 2 {
				ctx, stop := context.WithTimeout(t.Context(), after)
				_, err := db.Migrate(ctx)
				if err != nil {
					cuts++
				}
				if ctx.Err() == nil && err != nil || after > time.Minute {
					t.Fatalf("after %d cuts: %v", cuts, err)
				}
				stop()
			}
			if cuts == 0 {
				t.Error("it was never cut off")
			}
			wantWorks(t, db)
			i, credentials := storetest.NewIdentity("a@example.org")
			if err := db.CreateIdentity(t.Context(), i, credentials); err != nil {
				t.Error(err)
			}
		})
	}
}

// On MySQL each statement is there at once, so a migration may end between making its
// table and filling it.
func TestAMigrationThatLeftAnEmptyTableIsTakenUpByTheNextStart(t *testing.T) {
	t.Parallel()
	dsn := databases.DSN(t, databases.MariaDB)
	storetest.OpenDSN(t, dsn) // migrates
	raw, err := sql.Open("mysql", strings.TrimPrefix(dsn, "mysql://"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, statement := range []string{`DELETE FROM schema_needs`, `DELETE FROM symbolon_schema WHERE version_id >= 5`} {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	next := unmigrated(t, dsn)
	if applied, err := next.Migrate(t.Context()); err != nil || !slices.Contains(applied, "0005_needs") {
		t.Errorf("the next start applies %v, %v", applied, err)
	}
	wantWorks(t, next)
}

func TestOneConnectionIsEnough(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := unmigrated(t, with(databases.DSN(t, name), "max_conns=1&max_idle_conns=1&max_conn_lifetime=1m"))
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantWorks(t, db)
			if open := db.Stats().Open; open != 1 {
				t.Errorf("%d connections are open", open)
			}
		})
	}
}
