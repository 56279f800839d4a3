package session_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

const lifespan = time.Hour

// world is a service over a real database in memory, at a time that tests set.
type world struct {
	*session.Service
	db    *store.DB
	store *watched
	later atomic.Int64 // nanoseconds since storetest.Now
}

// watched is the database, with eyes and hands on it.
type watched struct {
	session.Store
	reads atomic.Int32
	// seen is called between reading a session and answering it.
	seen atomic.Pointer[func()]
	fail atomic.Pointer[error] // the answer to everything, where set
}

var errDisk = errors.New("disk on fire")

func (w *watched) failure() error {
	if err := w.fail.Load(); err != nil {
		return *err
	}
	return nil
}

func (w *watched) SessionByToken(ctx context.Context, hash string) (*session.Session, error) {
	w.reads.Add(1)
	if err := w.failure(); err != nil {
		return nil, err
	}
	found, err := w.Store.SessionByToken(ctx, hash)
	if seen := w.seen.Load(); seen != nil {
		(*seen)()
	}
	return found, err
}

func (w *watched) CreateSession(ctx context.Context, s *session.Session) error {
	return errors.Join(w.failure(), w.Store.CreateSession(ctx, s))
}

// Revocations happen although their answer is lost.

func (w *watched) RevokeSession(ctx context.Context, hash string) error {
	return errors.Join(w.failure(), w.Store.RevokeSession(ctx, hash))
}

func (w *watched) RevokeSessions(ctx context.Context, identityID, exceptID string) error {
	return errors.Join(w.failure(), w.Store.RevokeSessions(ctx, identityID, exceptID))
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: storetest.Open(t)}
	w.store = &watched{Store: w.db}
	w.Service = session.New(w.store, session.Config{Lifespan: lifespan}, w.now)
	return w
}

// another is a service of another process over the same database.
func (w *world) another() *world {
	other := &world{db: w.db, store: &watched{Store: w.db}}
	other.Service = session.New(other.store, session.Config{Lifespan: lifespan, Shared: true}, other.now)
	return other
}

func (w *world) now() time.Time { return storetest.Now.Add(time.Duration(w.later.Load())) }

func (w *world) advance(d time.Duration) { w.later.Add(int64(d)) }

func (w *world) identity(t testing.TB, email string) *identity.Identity {
	t.Helper()
	i, credentials := storetest.NewIdentity(email)
	if err := w.db.CreateIdentity(t.Context(), i, credentials); err != nil {
		t.Fatal(err)
	}
	return i
}

// signIn issues a session for an identity.
func (w *world) signIn(t testing.TB, owner *identity.Identity) (issued *session.Session, token string) {
	t.Helper()
	issued, token, err := w.Issue(t.Context(), owner, session.Factor{Method: "password"})
	if err != nil {
		t.Fatal(err)
	}
	return issued, token
}

// known fails the test unless the token has a session, and returns it.
func (w *world) known(t testing.TB, token string) *session.Cached {
	t.Helper()
	live, err := w.Check(t.Context(), token)
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	return live
}

// unknown fails the test if the token has a session.
func (w *world) unknown(t testing.TB, token string) {
	t.Helper()
	if live, err := w.Check(t.Context(), token); !errors.Is(err, session.ErrNone) || live != nil {
		t.Errorf("check: %v, %v; want none", live, err)
	}
}

// breaks makes storage answer everything with an error until it is mended.
func (w *world) breaks(err error) (mend func()) {
	w.store.fail.Store(&err)
	return func() { w.store.fail.Store(nil) }
}

// undone runs f in a transaction that is not committed.
func (w *world) undone(t testing.TB, f func(context.Context) error) {
	t.Helper()
	errUndo := errors.New("undo")
	err := w.db.InTx(t.Context(), func(ctx context.Context) error { return errors.Join(f(ctx), errUndo) })
	if err == nil || !errors.Is(err, errUndo) {
		t.Fatalf("transaction: %v", err)
	}
}

// failing is storage that can neither list sessions nor end one.
type failing struct{ session.Store }

func (failing) Sessions(context.Context, string) ([]*session.Session, error) { return nil, errDisk }

func (failing) RevokeSessionByID(context.Context, string, string) error { return errDisk }
