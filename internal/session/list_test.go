package session_test

import (
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

func ids(t *testing.T, w *world, identityID string) []string {
	t.Helper()
	held, err := w.List(t.Context(), identityID)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range held {
		out = append(out, s.ID)
	}
	return out
}

func TestSessionsThatHoldAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, _ := w.signIn(t, w.identity(t, "a@example.org"))
	w.advance(lifespan / 2)
	ended, token := w.signIn(t, old.Identity)
	w.advance(lifespan / 4)
	newest, _ := w.signIn(t, old.Identity)
	w.signIn(t, w.identity(t, "b@example.org"))
	if got := ids(t, w, old.IdentityID); len(got) != 3 || got[0] != newest.ID || got[2] != old.ID {
		t.Errorf("%v, want the three sessions of the identity, the newest first", got)
	}
	if err := w.Revoke(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	w.advance(lifespan / 4) // the first is over
	if got := ids(t, w, ended.IdentityID); len(got) != 1 || got[0] != newest.ID {
		t.Errorf("%v, want %s alone", got, newest.ID)
	}
	if got := ids(t, w, secret.NewID()); len(got) != 0 {
		t.Errorf("an identity without sessions has %v", got)
	}
}

func TestASessionIsEndedByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, token := w.signIn(t, w.identity(t, "a@example.org"))
	other, _ := w.signIn(t, w.identity(t, "b@example.org"))
	w.known(t, token)
	for _, wrong := range []struct{ owner, id string }{{other.IdentityID, mine.ID}, {mine.IdentityID, secret.NewID()}, {mine.IdentityID, "no id"}} {
		if err := w.RevokeByID(t.Context(), wrong.owner, wrong.id); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("end %v: %v, want that it is not found", wrong, err)
		}
	}
	w.known(t, token)
	if err := w.RevokeByID(t.Context(), mine.IdentityID, mine.ID); err != nil {
		t.Fatal(err)
	}
	w.unknown(t, token)
}

func TestListAndEndReportTroubleOfStorage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	held, _ := w.signIn(t, w.identity(t, "a@example.org"))
	broken := session.New(failing{w.store}, session.Config{Lifespan: lifespan}, w.now)
	if _, err := broken.List(t.Context(), held.IdentityID); !errors.Is(err, errDisk) {
		t.Errorf("list: %v", err)
	}
	if err := broken.RevokeByID(t.Context(), held.IdentityID, held.ID); !errors.Is(err, errDisk) {
		t.Errorf("end: %v", err)
	}
}
