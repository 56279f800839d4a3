package session_test

import (
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

func TestChecksAreAnsweredFromMemoryOnlyWhileOthersAreHeardOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := w.signIn(t, w.identity(t, "a@example.org"))
	other := w.another()
	reads := func(when string, want int32) {
		t.Helper()
		before := other.store.reads.Load()
		other.known(t, token)
		if got := other.store.reads.Load() - before; got != want {
			t.Errorf("%s storage is read %d times, want %d", when, got, want)
		}
	}
	reads("before anything was heard,", 1)
	reads("before anything was heard,", 1)
	other.ApplyInvalidations(other.now(), nil)
	reads("as soon as others are heard of,", 0)
	other.advance(session.MaxStaleness - time.Nanosecond)
	reads("just in time", 0)
	other.advance(time.Nanosecond)
	reads("when others have been silent for too long,", 1)
	other.ApplyInvalidations(other.now(), nil)
	reads("when they are heard of again,", 0)
	if stats := other.CacheStats(); stats.Stale != 3 {
		t.Errorf("%+v", stats)
	}
}

func TestWhatOthersEndedIsRefusedOnceHeardOf(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]func(*session.Session) string{
		"by token": func(s *session.Session) string { return s.TokenHash }, "by identity": func(s *session.Session) string { return s.IdentityID },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			owner := w.identity(t, "a@example.org")
			issued, token := w.signIn(t, owner)
			other := w.another()
			other.ApplyInvalidations(other.now(), nil)
			other.known(t, token)
			if err := w.Revoke(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			other.known(t, token) // no node has published it
			other.ApplyInvalidations(other.now(), []string{secret.Hash("another"), key(issued)})
			other.unknown(t, token)
		})
	}
}

// After a minute of silence, some of what happened may not be told any more.
func TestNothingIsRememberedFromBeforeALongSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := w.signIn(t, w.identity(t, "a@example.org"))
	other := w.another()
	other.ApplyInvalidations(other.now(), nil)
	other.known(t, token)
	if err := w.Revoke(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	other.advance(2 * time.Minute)
	other.ApplyInvalidations(other.now(), nil)
	other.unknown(t, token)
}

// A session that was read before it was revoked, and put into memory after that was
// told, is not believed.
func TestAChangeThatIsHeardOfWhileASessionIsReadCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	other := w.another()
	other.ApplyInvalidations(other.now(), nil)
	meanwhile := func() {
		if err := w.Revoke(t.Context(), token); err != nil {
			t.Error(err)
		}
		other.ApplyInvalidations(other.now(), []string{issued.TokenHash})
	}
	other.store.seen.Store(&meanwhile)
	other.known(t, token) // it was good when it was read
	other.store.seen.Store(nil)
	other.unknown(t, token)
}

// So is one that was put into memory after everything in it was forgotten.
func TestASessionThatIsReadWhileAllIsForgottenIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := w.signIn(t, w.identity(t, "a@example.org"))
	meanwhile := func() {
		if err := w.db.RevokeSession(t.Context(), secret.Hash(token)); err != nil {
			t.Error(err)
		}
		w.InvalidateAll()
	}
	w.store.seen.Store(&meanwhile)
	w.known(t, token) // it was good when it was read
	w.store.seen.Store(nil)
	w.unknown(t, token)
}
