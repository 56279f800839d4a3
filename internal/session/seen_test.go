package session_test

import (
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/session"
)

func stored(t *testing.T, w *world, id string) time.Time {
	t.Helper()
	if err := w.StoreSeen(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := w.db.SessionByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s.SeenAt
}

func TestCheckStoresLastSeenOnceAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetLifespan(24 * time.Hour)
	s, token := w.signIn(t, w.identity(t, "a@example.org"))
	w.known(t, token)
	if at := stored(t, w, s.ID); !at.IsZero() {
		t.Errorf("seen at %v, right after signing in", at)
	}
	w.advance(61 * time.Minute)
	w.known(t, token)
	first := stored(t, w, s.ID)
	if !first.Equal(w.now().UTC().Truncate(time.Microsecond)) {
		t.Errorf("seen at %v, want %v", first, w.now())
	}
	w.advance(59 * time.Minute)
	w.known(t, token)
	if at := stored(t, w, s.ID); !at.Equal(first) {
		t.Errorf("written twice within an hour: %v, then %v", first, at)
	}
}

func TestCheckIdleTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetLifespan(24 * time.Hour)
	w.SetRules(session.Rules{Idle: 12 * time.Minute})
	_, token := w.signIn(t, w.identity(t, "a@example.org"))
	other := w.another()
	other.SetRules(session.Rules{Idle: 12 * time.Minute})
	other.ApplyInvalidations(other.now(), nil)
	other.known(t, token) // and cached there
	for range 5 {
		w.advance(10 * time.Minute)
		w.known(t, token)
		if err := w.StoreSeen(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	other.advance(50 * time.Minute)
	other.ApplyInvalidations(other.now(), nil)
	other.known(t, token) // its own memory is old; what this node stored counts
	w.advance(13 * time.Minute)
	w.unknown(t, token)
	w.SetRules(session.Rules{})
	w.known(t, token)
}

func TestIssueMaxPerIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetRules(session.Rules{PerIdentity: 2})
	owner := w.identity(t, "a@example.org")
	var tokens []string
	for range 4 {
		w.advance(time.Second)
		_, token := w.signIn(t, owner)
		w.known(t, token)
		tokens = append(tokens, token)
	}
	w.unknown(t, tokens[0])
	w.unknown(t, tokens[1])
	w.known(t, tokens[2])
	w.known(t, tokens[3])
}

func TestExtendWithin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetRules(session.Rules{ExtendWithin: time.Hour})
	issued, _ := w.signIn(t, w.identity(t, "a@example.org"))
	early, err := w.Extend(t.Context(), issued.ID)
	if err != nil || !early.ExpiresAt.Equal(issued.ExpiresAt) {
		t.Errorf("long before its end: until %v, %v", early.ExpiresAt, err)
	}
	w.advance(issued.ExpiresAt.Sub(w.now()) - 59*time.Minute)
	late, err := w.Extend(t.Context(), issued.ID)
	if err != nil || !late.ExpiresAt.After(issued.ExpiresAt) {
		t.Errorf("in its last hour: until %v, %v", late.ExpiresAt, err)
	}
}
