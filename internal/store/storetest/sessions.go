package storetest

import (
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

func sessionTests() []test {
	return []test{
		{"a session is read as it was created, with its identity", sessionRoundTrip},
		{"a session's identity is the one of now", sessionFollowsIdentity},
		{"an unknown session is not found", sessionUnknown},
		{"a session can't belong to an identity that does not exist", sessionForeign},
		{"a token belongs to one session", sessionSameToken},
		{"an identity's sessions are listed, the latest first", sessionList},
		{"a session is revoked by its token and stays on record", sessionRevoke},
		{"a session is revoked by its id and owner", sessionRevokeByID},
		{"all sessions of an identity but one are revoked", sessionRevokeOthers},
		{"all sessions of an identity are deleted", sessionDelete},
		{"a session is upgraded while it is active", sessionUpgrade},
		{"sessions are marked seen, never earlier than before", sessionSeen},
		{"sessions of everyone are listed, extended and found by id", sessionOperate},
	}
}

func sessionRoundTrip(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	created, token := NewSession(owner.ID)
	created.Factors = append(created.Factors, session.Factor{Method: "link", At: Now.Add(time.Hour).Truncate(time.Microsecond)})
	must(t, s.CreateSession(t.Context(), created))
	read := got(s.SessionByToken(t.Context(), secret.Hash(token)))(t)
	created.Identity = owner
	wantSame(t, read, created)
	if want := Now.Truncate(time.Microsecond); read.IssuedAt != want {
		t.Errorf("issued at %v, want %v", read.IssuedAt, want)
	}
}

func sessionFollowsIdentity(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	created := mustSession(t, s, owner.ID)
	must(t, s.MarkVerified(t.Context(), owner.Verifiable[0].ID, Now))
	owner.Recovery = append(owner.Recovery, newAddress("b@example.org"))
	must(t, s.SaveIdentity(t.Context(), owner, got(s.Credentials(t.Context(), owner.ID))(t)))
	wantSame(t, got(s.SessionByToken(t.Context(), created.TokenHash))(t).Identity, owner)
}

func sessionUnknown(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	mustSession(t, s, owner.ID)
	_, err := s.SessionByToken(t.Context(), secret.Hash("no token"))
	wantError(t, err, errs.ErrNotFound)
	wantError(t, s.RevokeSession(t.Context(), secret.Hash("no token")), errs.ErrNotFound)
	wantError(t, s.RevokeSessionByID(t.Context(), owner.ID, secret.NewID()), errs.ErrNotFound)
	wantError(t, s.RevokeSessionByID(t.Context(), owner.ID, "no id"), errs.ErrNotFound)
	must(t, s.RevokeSessions(t.Context(), secret.NewOrderedID(), ""))
	wantSame(t, len(got(s.Sessions(t.Context(), secret.NewOrderedID()))(t)), 0)
}

func sessionForeign(t *testing.T, s Store) {
	created, _ := NewSession(secret.NewOrderedID())
	wantError(t, s.CreateSession(t.Context(), created), errs.ErrNotFound)
}

func sessionSameToken(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	a := mustSession(t, s, owner.ID)
	b, _ := NewSession(owner.ID)
	b.TokenHash = a.TokenHash
	wantError(t, s.CreateSession(t.Context(), b), errs.ErrConflict)
}

func sessionList(t *testing.T, s Store) {
	owner, other := mustIdentity(t, s, "a@example.org"), mustIdentity(t, s, "b@example.org")
	mustSession(t, s, other.ID)
	var want []*session.Session
	for _, age := range []time.Duration{time.Hour, time.Minute, time.Second} {
		created, _ := NewSession(owner.ID)
		created.IssuedAt = Now.Add(-age)
		must(t, s.CreateSession(t.Context(), created))
		want = append([]*session.Session{created}, want...)
	}
	must(t, s.RevokeSession(t.Context(), want[1].TokenHash))
	want[1].Active = false
	wantSame(t, got(s.Sessions(t.Context(), owner.ID))(t), want)
}

// active reports whether the session of a token hash is.
func active(t *testing.T, s Store, of *session.Session) bool {
	t.Helper()
	return got(s.SessionByToken(t.Context(), of.TokenHash))(t).Active
}

func sessionRevoke(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	a, b := mustSession(t, s, owner.ID), mustSession(t, s, owner.ID)
	must(t, s.RevokeSession(t.Context(), a.TokenHash))
	must(t, s.RevokeSession(t.Context(), a.TokenHash))
	wantSame(t, []bool{active(t, s, a), active(t, s, b)}, []bool{false, true})
}

func sessionRevokeByID(t *testing.T, s Store) {
	owner, other := mustIdentity(t, s, "a@example.org"), mustIdentity(t, s, "b@example.org")
	a, b := mustSession(t, s, owner.ID), mustSession(t, s, owner.ID)
	wantError(t, s.RevokeSessionByID(t.Context(), other.ID, a.ID), errs.ErrNotFound)
	wantSame(t, active(t, s, a), true)
	must(t, s.RevokeSessionByID(t.Context(), owner.ID, a.ID))
	wantSame(t, []bool{active(t, s, a), active(t, s, b)}, []bool{false, true})
}

func sessionRevokeOthers(t *testing.T, s Store) {
	owner, other := mustIdentity(t, s, "a@example.org"), mustIdentity(t, s, "b@example.org")
	a, b, foreign := mustSession(t, s, owner.ID), mustSession(t, s, owner.ID), mustSession(t, s, other.ID)
	must(t, s.RevokeSessions(t.Context(), owner.ID, a.ID))
	wantSame(t, []bool{active(t, s, a), active(t, s, b), active(t, s, foreign)}, []bool{true, false, true})
	must(t, s.RevokeSessions(t.Context(), owner.ID, ""))
	wantSame(t, []bool{active(t, s, a), active(t, s, b), active(t, s, foreign)}, []bool{false, false, true})
}

func sessionDelete(t *testing.T, s Store) {
	owner, other := mustIdentity(t, s, "a@example.org"), mustIdentity(t, s, "b@example.org")
	a, foreign := mustSession(t, s, owner.ID), mustSession(t, s, other.ID)
	must(t, s.DeleteIdentity(t.Context(), owner.ID))
	_, err := s.SessionByToken(t.Context(), a.TokenHash)
	wantError(t, err, errs.ErrNotFound)
	wantSame(t, active(t, s, foreign), true)
}

func sessionUpgrade(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	created := mustSession(t, s, owner.ID)
	locked := got(s.LockSession(t.Context(), created.ID))(t)
	created.Identity = nil
	wantSame(t, locked, created)
	old := locked.TokenHash
	locked.TokenHash = secret.Hash("another")
	locked.Factors = append(locked.Factors, session.Factor{Method: "totp", AAL: session.AAL2, At: Now.Truncate(time.Microsecond)})
	locked.AuthenticatedAt, locked.ExpiresAt = Now.Add(time.Minute), Now.Add(time.Hour)
	must(t, s.UpgradeSession(t.Context(), locked))
	_, err := s.SessionByToken(t.Context(), old)
	wantError(t, err, errs.ErrNotFound)
	read := got(s.SessionByToken(t.Context(), locked.TokenHash))(t)
	read.Identity = nil
	wantSame(t, read, locked)
	must(t, s.RevokeSession(t.Context(), locked.TokenHash))
	wantError(t, s.UpgradeSession(t.Context(), locked), errs.ErrNotFound)
	_, err = s.LockSession(t.Context(), secret.NewID())
	wantError(t, err, errs.ErrNotFound)
	wantSame(t, got(s.LockSession(t.Context(), locked.ID))(t).Active, false)
}

func sessionOperate(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	one, two := mustSession(t, s, owner.ID), mustSession(t, s, owner.ID)
	must(t, s.RevokeSessionByID(t.Context(), owner.ID, two.ID))
	yes, no := true, false
	for _, c := range []struct {
		active *bool
		want   []string
	}{{&yes, []string{one.ID}}, {&no, []string{two.ID}}} {
		found := got(s.AllSessions(t.Context(), session.Query{Active: c.active, Now: Now}))(t)
		if len(found) != 1 || found[0].ID != c.want[0] {
			t.Errorf("active %v: %d sessions, want the one", *c.active, len(found))
		}
	}
	first := got(s.AllSessions(t.Context(), session.Query{Now: Now, Limit: 1}))(t)
	rest := got(s.AllSessions(t.Context(), session.Query{Now: Now, After: first[0].ID}))(t)
	if len(first) != 1 || len(rest) != 1 || first[0].ID == rest[0].ID {
		t.Errorf("the pages hold %d and %d sessions, want one each", len(first), len(rest))
	}
	until := one.ExpiresAt.Add(time.Hour)
	must(t, s.ExtendSession(t.Context(), one, Now, until))
	if kept := got(s.SessionByID(t.Context(), one.ID))(t); !kept.ExpiresAt.Equal(until) {
		t.Errorf("the session lasts until %v, want %v", kept.ExpiresAt, until)
	}
	wantError(t, s.ExtendSession(t.Context(), two, Now, until), errs.ErrNotFound)
}

func sessionSeen(t *testing.T, s Store) {
	owner := mustIdentity(t, s, "a@example.org")
	bare, _ := NewSession(owner.ID)
	known, _ := NewSession(owner.ID)
	known.Address, known.UserAgent = "192.0.2.1", "Test/1"
	must(t, s.CreateSession(t.Context(), bare))
	must(t, s.CreateSession(t.Context(), known))
	later := Now.Add(time.Hour).Truncate(time.Microsecond)
	seen := map[string]time.Time{bare.ID: later, known.ID: later, secret.NewID(): later}
	must(t, s.MarkSeen(t.Context(), seen))
	seen[bare.ID], seen[known.ID] = Now, Now // another node is late
	must(t, s.MarkSeen(t.Context(), seen))
	for _, id := range []string{bare.ID, known.ID} {
		if got := got(s.SessionByID(t.Context(), id))(t); !got.SeenAt.Equal(later) {
			t.Errorf("seen at %v, want %v", got.SeenAt, later)
		}
	}
}
