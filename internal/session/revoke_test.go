package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

func TestARevokedSessionIsUnknownAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	_, other := w.signIn(t, issued.Identity)
	w.known(t, token)
	w.known(t, other)
	for range 2 { // the second time nothing is left to do
		if err := w.Revoke(t.Context(), token); err != nil {
			t.Errorf("revoke: %v", err)
		}
		w.unknown(t, token)
	}
	w.known(t, other)
	if err := w.Revoke(t.Context(), secret.Token()); err != nil {
		t.Errorf("revoke an unknown token: %v", err)
	}
}

func TestAllSessionsOfAnIdentityButOneAreRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept, token := w.signIn(t, w.identity(t, "a@example.org"))
	_, second := w.signIn(t, kept.Identity)
	_, third := w.signIn(t, kept.Identity)
	_, stranger := w.signIn(t, w.identity(t, "b@example.org"))
	for _, each := range []string{token, second, stranger} { // the third is in storage alone
		w.known(t, each)
	}
	if err := w.RevokeOthers(t.Context(), kept.IdentityID, kept.ID); err != nil {
		t.Fatal(err)
	}
	w.known(t, token)
	w.unknown(t, second)
	w.unknown(t, third)
	w.known(t, stranger)
	if err := w.RevokeOthers(t.Context(), kept.IdentityID, ""); err != nil {
		t.Fatal(err)
	}
	w.unknown(t, token)
	w.known(t, stranger)
}

func TestARevocationHoldsFromItsCommitAndNotBefore(t *testing.T) {
	t.Parallel()
	tests := map[string]func(context.Context, *world, *session.Session, string) error{
		"one": func(ctx context.Context, w *world, _ *session.Session, token string) error {
			return w.Revoke(ctx, token)
		},
		"all": func(ctx context.Context, w *world, s *session.Session, _ string) error {
			return w.RevokeOthers(ctx, s.IdentityID, "")
		},
	}
	for name, revoke := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			issued, token := w.signIn(t, w.identity(t, "a@example.org"))
			w.known(t, token)
			w.undone(t, func(ctx context.Context) error { return revoke(ctx, w, issued, token) })
			w.known(t, token)
			err := w.db.InTx(t.Context(), func(ctx context.Context) error {
				if err := revoke(ctx, w, issued, token); err != nil {
					return err
				}
				w.known(t, token)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			w.unknown(t, token)
		})
	}
}

// A commit may succeed and its answer be lost.
func TestARevocationThatReportsAnErrorIsNotServedFromMemory(t *testing.T) {
	t.Parallel()
	for name, revoke := range map[string]func(*world, *session.Session, string) error{
		"one": func(w *world, _ *session.Session, token string) error { return w.Revoke(t.Context(), token) },
		"all": func(w *world, s *session.Session, _ string) error {
			return w.RevokeOthers(t.Context(), s.IdentityID, "")
		},
	} {
		w := newWorld(t)
		issued, token := w.signIn(t, w.identity(t, "a@example.org"))
		w.known(t, token)
		mend := w.breaks(errDisk)
		if err := revoke(w, issued, token); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v, want the trouble itself", name, err)
		}
		mend()
		w.unknown(t, token)
	}
}

func TestAChangedIdentityIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	w.known(t, token)
	must(t, w.change(t.Context(), issued.Identity))
	if got := string(w.known(t, token).Identity.Traits); got != changed {
		t.Errorf("traits %s, want %s", got, changed)
	}
	if err := w.db.DeleteIdentity(t.Context(), issued.IdentityID); err != nil {
		t.Fatal(err)
	}
	w.Invalidate(t.Context(), issued.IdentityID)
	w.unknown(t, token)
}

const changed = `{"email":"a@example.org","name":"changed"}`

// change gives an identity other traits, as identity.Service does.
func (w *world) change(ctx context.Context, i *identity.Identity) error {
	return w.db.InTx(ctx, func(ctx context.Context) error {
		credentials, err := w.db.Credentials(ctx, i.ID)
		if err != nil {
			return err
		}
		i.Traits = json.RawMessage(changed)
		w.Invalidate(ctx, i.ID)
		return w.db.SaveIdentity(ctx, i, credentials)
	})
}

// The check reads before a write commits and remembers after it. What it answers
// is the truth of its own moment; what it leaves behind must not be.
func TestACheckThatAWriteOvertakesLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		write func(context.Context, *world, *session.Session, string) error
		want  string // the traits that later checks find; empty for no session
	}{
		"revocation of it": {write: func(ctx context.Context, w *world, _ *session.Session, token string) error {
			return w.Revoke(ctx, token)
		}},
		"revocation of all": {write: func(ctx context.Context, w *world, s *session.Session, _ string) error {
			return w.RevokeOthers(ctx, s.IdentityID, "")
		}},
		"change of the identity": {want: changed, write: func(ctx context.Context, w *world, s *session.Session, _ string) error {
			return w.change(ctx, s.Identity)
		}},
		"deletion of the identity": {write: func(ctx context.Context, w *world, s *session.Session, _ string) error {
			w.Invalidate(ctx, s.IdentityID) // too early
			defer w.Invalidate(ctx, s.IdentityID)
			return w.db.DeleteIdentity(ctx, s.IdentityID)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			issued, token := w.signIn(t, w.identity(t, "a@example.org"))
			release := w.overtake(t, token)
			err := test.write(t.Context(), w, issued, token)
			if checked := release(); err != nil || checked != nil {
				t.Errorf("the write: %v; the check that began before: %v", err, checked)
			}
			for range 2 {
				if test.want == "" {
					w.unknown(t, token)
				} else if got := string(w.known(t, token).Identity.Traits); got != test.want {
					t.Errorf("traits %s, want %s", got, test.want)
				}
			}
		})
	}
}

// overtake begins a check and holds it where it has read and not yet answered;
// release lets it go on and returns its error.
func (w *world) overtake(t *testing.T, token string) (release func() error) {
	t.Helper()
	read, written, checked := make(chan struct{}), make(chan struct{}), make(chan error)
	stop := func() {
		close(read)
		<-written
	}
	w.store.seen.Store(&stop)
	go func() {
		_, err := w.Check(t.Context(), token)
		checked <- err
	}()
	<-read
	w.store.seen.Store(nil)
	return func() error {
		close(written)
		return <-checked
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestNoCheckThatBeginsAfterARevocationSucceeds(t *testing.T) {
	t.Parallel()
	const rounds, checkers = 50, 4
	w := newWorld(t)
	owner := w.identity(t, "a@example.org")
	for round := range rounds {
		issued, token := w.signIn(t, owner)
		var revoked atomic.Bool
		var group sync.WaitGroup
		for range checkers {
			group.Go(func() {
				for {
					late := revoked.Load()
					_, err := w.Check(t.Context(), token)
					if late {
						if !errors.Is(err, session.ErrNone) {
							t.Errorf("round %d: a check after the revocation: %v", round, err)
						}
						return
					}
					if err != nil && errs.Of(err) != errs.Unauthorized {
						t.Errorf("round %d: %v", round, err)
					}
				}
			})
		}
		if round%2 == 0 {
			must(t, w.Revoke(t.Context(), token))
		} else {
			must(t, w.RevokeOthers(t.Context(), issued.IdentityID, ""))
		}
		revoked.Store(true)
		group.Wait()
	}
}
