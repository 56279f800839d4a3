package store_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// pair is two processes' views of one database.
type pair struct {
	t          *testing.T
	one, other *store.DB
}

// onServers runs a test on each server.
func onServers(t *testing.T, test func(pair)) {
	t.Helper()
	onEachServer(t, func(e empty) {
		test(pair{e.t, storetest.OpenDSN(e.t, e.dsn), storetest.OpenDSN(e.t, e.dsn)})
	})
}

// empty is a database of a server that has nothing in it.
type empty struct {
	t           *testing.T
	server, dsn string
}

// onEachServer runs a test in an empty database of each.
func onEachServer(t *testing.T, test func(empty)) {
	t.Helper()
	for _, name := range append(databases.Servers(), databases.PgBouncer) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(empty{t, name, databases.DSN(t, name)})
		})
	}
}

func hear(t *testing.T, c *store.Changes, now time.Time) []string {
	t.Helper()
	changed, _, err := c.Read(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestOtherProcessesHearOfEachChange(t *testing.T) {
	t.Parallel()
	onServers(t, func(p pair) {
		t, one, other := p.t, p.one, p.other
		heard := other.Changes()
		if changed := hear(t, heard, storetest.Now); len(changed) > 0 {
			t.Errorf("before anything happened, %v changed", changed)
		}
		i, s := storedSession(t, one)
		if changed := hear(t, heard, storetest.Now); len(changed) > 0 {
			t.Errorf("what is new is no change: %v", changed)
		}
		for _, step := range []struct {
			name, about string
			do          func(context.Context) error
		}{
			{"a session ends by its token", s.TokenHash, func(ctx context.Context) error { return one.RevokeSession(ctx, s.TokenHash) }},
			{"a session ends by its id", i.ID, func(ctx context.Context) error { return one.RevokeSessionByID(ctx, i.ID, s.ID) }},
			{"all sessions end", i.ID, func(ctx context.Context) error { return one.RevokeSessions(ctx, i.ID, "") }},
			{"an address is proven", i.ID, func(ctx context.Context) error { return one.MarkVerified(ctx, i.Verifiable[0].ID, storetest.Now) }},
			{"an identity is saved", i.ID, func(ctx context.Context) error { return one.SaveIdentity(ctx, i, nil) }},
			{"an identity is deleted", i.ID, func(ctx context.Context) error { return one.DeleteIdentity(ctx, i.ID) }},
		} {
			if err := step.do(t.Context()); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if changed := hear(t, heard, storetest.Now); !slices.Equal(changed, []string{step.about}) {
				t.Errorf("%s: %v changed, want %s", step.name, changed, step.about)
			}
		}
		if changed := hear(t, heard, storetest.Now); len(changed) > 0 {
			t.Errorf("told twice: %v", changed)
		}
	})
}

func storedSession(t *testing.T, db *store.DB) (*identity.Identity, *session.Session) {
	t.Helper()
	i, credentials := storetest.NewIdentity(t.Name() + "@example.org")
	if err := db.CreateIdentity(t.Context(), i, credentials); err != nil {
		t.Fatal(err)
	}
	s, _ := storetest.NewSession(i.ID)
	if err := db.CreateSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return i, s
}

// overtaken ends a session in a transaction that commits after another one which began
// later and was heard of.
func (p pair) overtaken() (heard *store.Changes, late *session.Session) {
	t, one, other := p.t, p.one, p.other
	t.Helper()
	_, late = storedSession(t, one)
	early, _ := storetest.NewSession(late.IdentityID)
	if err := one.CreateSession(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	heard = other.Changes()
	err := one.InTx(t.Context(), func(ctx context.Context) error {
		if err := one.RevokeSession(ctx, late.TokenHash); err != nil {
			return err
		}
		if err := other.RevokeSession(t.Context(), early.TokenHash); err != nil {
			return err
		}
		if changed := hear(t, heard, storetest.Now); !slices.Equal(changed, []string{early.TokenHash}) {
			t.Errorf("while one is not committed, %v changed, want %s", changed, early.TokenHash)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return heard, late
}

// A transaction takes its number when it writes: others that began later may commit
// before it.
func TestAChangeThatCommitsLateIsHeardOf(t *testing.T) {
	t.Parallel()
	onServers(t, func(p pair) {
		t := p.t
		heard, late := p.overtaken()
		if changed := hear(t, heard, storetest.Now.Add(time.Second)); !slices.Equal(changed, []string{late.TokenHash}) {
			t.Errorf("after its commit, %v changed, want %s", changed, late.TokenHash)
		}
		// Long after, what was told needs no reading any more and is not told again.
		for range 3 {
			if changed := hear(t, heard, storetest.Now.Add(time.Hour)); len(changed) > 0 {
				t.Errorf("told twice: %v", changed)
			}
		}
	})
}

// A process may be stopped between two looks, for as long as it takes for what it saw
// to be settled.
func TestAChangeThatCommitsWhileNobodyLooksIsHeardOf(t *testing.T) {
	t.Parallel()
	onServers(t, func(p pair) {
		t := p.t
		heard, late := p.overtaken()
		if changed := hear(t, heard, storetest.Now.Add(20*time.Second)); !slices.Equal(changed, []string{late.TokenHash}) {
			t.Errorf("%v changed, want %s", changed, late.TokenHash)
		}
	})
}

// Looks that follow each other closely are at what is new alone, and don't count as
// having heard of everything.
func TestOnlyALookAtAllSaysUntilWhenEverythingIsKnown(t *testing.T) {
	t.Parallel()
	db := storetest.OpenDSN(t, databases.DSN(t, databases.Postgres))
	heard := db.Changes()
	for _, step := range []struct{ at, want time.Duration }{
		{0, 0},
		{50 * time.Millisecond, 0},
		{199 * time.Millisecond, 0},
		{200 * time.Millisecond, 200 * time.Millisecond},
		{300 * time.Millisecond, 200 * time.Millisecond},
		{time.Second, time.Second},
		{-time.Hour, -time.Hour},
	} {
		_, before, err := heard.Read(t.Context(), storetest.Now.Add(step.at))
		if err != nil {
			t.Fatal(err)
		}
		if got := before.Sub(storetest.Now); got != step.want {
			t.Errorf("a look after %v knows what was before %v, want %v", step.at, got, step.want)
		}
	}
}

func TestAnUndoneChangeIsNotAnnounced(t *testing.T) {
	t.Parallel()
	onServers(t, func(p pair) {
		t, one, other := p.t, p.one, p.other
		_, s := storedSession(t, one)
		heard := other.Changes()
		errUndo := errors.New("undo")
		err := one.InTx(t.Context(), func(ctx context.Context) error {
			return errors.Join(one.RevokeSession(ctx, s.TokenHash), errUndo)
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
		if changed := hear(t, heard, storetest.Now); len(changed) > 0 {
			t.Errorf("%v changed", changed)
		}
	})
}

func TestPostgreSQLTellsWhenThereIsSomethingToHear(t *testing.T) {
	t.Parallel()
	dsn := databases.DSN(t, databases.Postgres)
	one, other := storetest.OpenDSN(t, dsn), storetest.OpenDSN(t, dsn)
	_, s := storedSession(t, one)
	woken := make(chan struct{}, 100)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- other.Listen(ctx, func() { woken <- struct{}{} }) }()
	for heard := false; !heard; { // until it listens
		if err := one.RevokeSession(t.Context(), s.TokenHash); err != nil {
			t.Fatal(err)
		}
		<-one.PendingNotify()
		if err := one.Notify(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case <-woken:
			heard = true
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("listening ended with %v", err)
	}
}

func TestWhereNothingIsAnnouncedNobodyListens(t *testing.T) {
	t.Parallel()
	for _, name := range []string{databases.SQLite, databases.MariaDB, databases.PgBouncer} {
		db := storetest.OpenDSN(t, databases.DSN(t, name))
		if err := db.Listen(t.Context(), func() {}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
		if name != databases.PgBouncer && db.PendingNotify() != nil {
			t.Errorf("%s wakes a person", name)
		}
		if got := db.MultiNode(); got != (name != databases.SQLite) {
			t.Errorf("%s is shared: %t", name, got)
		}
	}
}

// A database that was put back from a copy gives numbers again that it gave before.
func TestChangesAreHeardOfAfterTheDatabaseWasPutBack(t *testing.T) {
	t.Parallel()
	server := databases.Start(t, databases.Postgres)
	dsn := server.DSN(t)
	one := storetest.OpenDSN(t, dsn)
	_, s := storedSession(t, one)
	heard := one.Changes()
	for range 3 {
		if err := one.RevokeSession(t.Context(), s.TokenHash); err != nil {
			t.Fatal(err)
		}
	}
	hear(t, heard, storetest.Now)
	server.Kill(t)
	if _, _, err := heard.Read(t.Context(), storetest.Now); err == nil {
		t.Fatal("a server that is gone tells of changes")
	}
	server.Restart(t)
	runOn(t, dsn, `TRUNCATE changes RESTART IDENTITY`)
	if err := one.RevokeSession(t.Context(), s.TokenHash); err != nil {
		t.Fatal(err)
	}
	if changed := hear(t, heard, storetest.Now); !slices.Equal(changed, []string{s.TokenHash}) {
		t.Errorf("%v changed, want %s", changed, s.TokenHash)
	}
}

func runOn(t *testing.T, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
