package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/revocation"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
)

// Store is what the suite tests: all that the other packages want of storage.
type Store interface {
	identity.Store
	session.Store
	flow.Store
	courier.Store

	InWhole(ctx context.Context, fn func(context.Context) error) error
	Sessions(ctx context.Context, identityID string) ([]*session.Session, error)
	RevokeSessionByID(ctx context.Context, identityID, id string) error
	SaveError(context.Context, *errs.Stored) error
	Error(ctx context.Context, id string) (*errs.Stored, error)
	SignOut(ctx context.Context, id string, until time.Time) error
	SignedOut(ctx context.Context, id string) (bool, error)

	events
}

// events is what the audit log and its readers want.
type events interface {
	RecordEvent(context.Context, event.Event) error
	Events(context.Context, event.Query) ([]event.Event, error)
	ReadEvents(ctx context.Context, reader string, limit int) ([]event.Event, error)
	EventHeads(context.Context) (map[int]revocation.Head, error)
	ChainEvents(ctx context.Context, chain int, after, upTo int64, names []event.Name, limit int) ([]event.Event, error)
	EventsSince(ctx context.Context, since time.Time, names []event.Name, limit int) ([]event.Event, error)
	AckEvents(ctx context.Context, reader string, events []event.Event) error
	CheckpointEvents(context.Context) error
	VerifyEvents(context.Context) (*store.Audit, error)
}

var _ Store = (*store.DB)(nil)

// Now is the moment at which the suite takes place. It has nanoseconds, which no
// storage keeps.
var Now = time.Date(2026, time.March, 1, 12, 30, 15, 123456789, time.UTC)

// Open returns a migrated database in memory that is closed when the test ends.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return OpenDSN(t, "memory")
}

// OpenFile returns a migrated database in a file that is closed and removed when
// the test ends.
func OpenFile(t testing.TB) *store.DB {
	t.Helper()
	return OpenDSN(t, "sqlite://"+t.TempDir()+"/test.db")
}

// OpenDSN returns a migrated database that is closed when the test ends.
func OpenDSN(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// clock stands still: nothing in storage depends on how long it takes.
func clock() time.Time { return Now }
