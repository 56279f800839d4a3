package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/sqldb"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// onEach runs a test on an empty database of each kind.
func onEach(t *testing.T, run func(earlier)) {
	t.Helper()
	for _, name := range databases.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(earlier{t, storetest.OpenDSN(t, databases.DSN(t, name))})
		})
	}
}

// earlier does to a database what a release does that knows neither search nor proofs.
type earlier struct {
	*testing.T
	db *store.DB
}

func (e earlier) exec(query string, args ...any) {
	e.Helper()
	if _, err := e.db.Exec(e.Context(), query, args...); err != nil {
		e.Fatal(err)
	}
}

// create stores an identity as such a release does.
func (e earlier) create(email, name string) *identity.Identity {
	e.Helper()
	i, credentials := storetest.NewIdentity(email)
	if err := e.db.CreateIdentity(e.Context(), i, credentials); err != nil {
		e.Fatal(err)
	}
	e.exec(`DELETE FROM identity_search WHERE identity_id = ?`, i.ID)
	e.exec(`UPDATE identities SET traits = ? WHERE id = ?`, fmt.Sprintf(`{"email":%q,"name":"%s"}`, email, name), i.ID)
	return i
}

// move gives an identity another address and name, as such a release does.
func (e earlier) move(i *identity.Identity, email string, at time.Time) {
	e.Helper()
	e.exec(`UPDATE identities SET traits = ?, version = version + 1, updated_at = ? WHERE id = ?`, fmt.Sprintf(`{"email":%q}`, email), sqldb.Micros(at), i.ID)
	e.exec(`DELETE FROM addresses WHERE identity_id = ?`, i.ID)
	for n, purpose := range []identity.Purpose{identity.ForVerification, identity.ForRecovery} {
		e.exec(`INSERT INTO addresses (id, identity_id, purpose, via, value, normalized, position, verified) VALUES (?, ?, ?, 'email', ?, ?, 0, ?)`,
			fmt.Sprintf("%s%d", i.ID[:35], n), i.ID, string(purpose), email, email, false)
	}
}

// fill enters what is missing, a few at a time, and returns how many that were.
func (e earlier) fill(limit int) (entered int) {
	e.Helper()
	for range 1000 {
		n, done, err := e.db.FillIdentities(e.Context(), limit)
		if err != nil || n > limit {
			e.Fatalf("entered %d, %v", n, err)
		}
		entered += n
		if done {
			return entered
		}
	}
	e.Fatal("the pass does not end")
	return 0
}

func (e earlier) count(text string, want int) {
	e.Helper()
	found, err := e.db.Identities(e.Context(), identity.Query{Similar: text})
	if err != nil || len(found) != want {
		e.Errorf("%q finds %d, %v; want %d", text, len(found), err, want)
	}
}

func (e earlier) begin() {
	e.Helper()
	if err := e.db.BeginFill(e.Context()); err != nil {
		e.Fatal(err)
	}
}

func (e earlier) searchable(want bool) {
	e.Helper()
	if got, err := e.db.Searchable(e.Context()); err != nil || got != want {
		e.Errorf("searchable is %v, %v; want %v", got, err, want)
	}
}

func TestFillIdentities(t *testing.T) {
	t.Parallel()
	onEach(t, func(e earlier) {
		t, db := e.T, e.db
		e.searchable(true) // it was migrated while it was empty
		for n := range 7 {
			e.create(fmt.Sprintf("jane-%d@example.org", n), "Jane")
		}
		odd := e.create("odd@example.org", `\ud800 odd`)
		e.create("zero@example.org", `a\u0000b`)
		known, credentials := storetest.NewIdentity("known@example.org")
		if err := db.CreateIdentity(t.Context(), known, credentials); err != nil {
			t.Fatal(err)
		}
		e.begin()
		e.searchable(false)
		e.count("jane", 0)
		if n := e.fill(2); n != 9 {
			t.Errorf("entered %d", n)
		}
		e.searchable(true)
		e.count("jane", 7)
		e.count("odd", 1)
		e.count("zero@", 1)
		e.count("known", 1)
		e.move(odd, "moved@example.org", storetest.Now)
		e.create("late@example.org", "Late")
		if n := e.fill(2); n != 0 {
			t.Errorf("a pass began at once and entered %d", n)
		}
		e.begin()
		if n := e.fill(2); n != 2 {
			t.Errorf("entered %d again", n)
		}
		e.count("moved@", 1)
		e.count("late@", 1)
		e.count("odd@", 1) // its credential has it still
	})
}

// Nodes that are taken away rather than updated may save after all others have started.
func TestFillIdentities_again(t *testing.T) {
	t.Parallel()
	now := storetest.Now
	db, err := store.Open(t.Context(), store.Config{DSN: "memory", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := earlier{t, db}
	e.begin()
	e.fill(10)
	e.create("late@example.org", "Late")
	e.fill(10)
	e.count("late@", 0)
	now = now.Add(2 * time.Hour)
	e.fill(10)
	e.count("late@", 1)
	e.searchable(true)
}

func TestFillIdentities_proofs(t *testing.T) {
	t.Parallel()
	onEach(t, func(e earlier) {
		t, db := e.T, e.db
		want := func(i *identity.Identity, what string, proven, known bool) {
			t.Helper()
			p, k, err := db.ProvenBefore(t.Context(), i.ID)
			if err != nil || k != known || known && p != proven {
				t.Errorf("%s: proven %v, known %v, %v; want %v, %v", what, p, k, err, proven, known)
			}
		}
		before, during := storetest.Now.Add(-time.Hour), storetest.Now.Add(time.Minute)
		e.exec(`UPDATE identity_fill SET since = ?`, sqldb.Micros(storetest.Now))

		created := e.create("created@example.org", "a")
		old := e.create("old@example.org", "a")
		e.move(old, "old2@example.org", before)
		moved := e.create("moved@example.org", "a")
		e.move(moved, "moved2@example.org", during)
		again := e.create("again@example.org", "a")
		saved := e.create("saved@example.org", "a")
		e.move(saved, "saved2@example.org", during)
		want(created, "never saved", false, true)
		want(old, "saved before the update", false, false)
		want(moved, "saved during the update", false, false)

		// This release saves what an earlier one had saved.
		i, err := db.Identity(t.Context(), saved.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.SaveIdentity(t.Context(), i, nil); err != nil {
			t.Fatal(err)
		}
		want(saved, "saved during the update and then by this release", true, true)

		e.begin()
		e.fill(3)
		want(created, "never saved", false, true)
		want(old, "saved before the update", false, true)
		want(moved, "saved during the update", true, true)
		e.move(again, "again2@example.org", before) // by a clock that is wrong
		want(again, "saved after it was entered", false, false)
		e.begin()
		e.fill(3)
		want(again, "saved after it was entered", true, true)
		want(old, "saved before the update", false, true)
		if err := db.DeleteIdentity(t.Context(), again.ID); err != nil {
			t.Fatal(err)
		}
	})
}

// What is in the traits is not a concern of a migration, and no row is read by it.
func TestMigrate_traits(t *testing.T) {
	t.Parallel()
	onEach(t, func(e earlier) {
		t, db := e.T, e.db
		e.create("lone@example.org", `\ud800`)
		e.create("zero@example.org", `a\u0000b`)
		for _, table := range []string{"identity_search", "identity_trigrams", "identity_proofs", "identity_fill"} {
			if table != "identity_trigrams" || !db.MultiNode() {
				e.exec(`DROP TABLE ` + table)
			}
		}
		e.exec(`DELETE FROM symbolon_schema WHERE version_id IN (11, 12)`)
		if applied, err := db.Migrate(t.Context()); err != nil || len(applied) != 2 {
			t.Fatal(applied, err)
		}
		e.searchable(false)
		e.fill(10)
		e.count("lone@", 1)
		e.count("zero@", 1)
		e.searchable(true)
	})
}
