package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

func TestAnIssuedSessionIsFoundByItsTokenAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.identity(t, "a@example.org")
	issued, token := w.signIn(t, owner)
	if len(token) != secret.TokenLength || issued.TokenHash != secret.Hash(token) {
		t.Errorf("token %q of session %+v", token, issued)
	}
	now := storetest.Now.Truncate(time.Microsecond) // what storage keeps
	want := &session.Session{
		ID: issued.ID, IdentityID: owner.ID, TokenHash: secret.Hash(token), Active: true,
		IssuedAt: now, AuthenticatedAt: now, ExpiresAt: now.Add(lifespan),
		Factors: []session.Factor{{Method: "password", At: now}}, Identity: owner,
	}
	if diff := cmp.Diff(want, issued); diff != "" {
		t.Errorf("issued (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, w.known(t, token).Session); diff != "" {
		t.Errorf("checked (-want +got)\n%s", diff)
	}
	for name, other := range map[string]string{
		"its hash": issued.TokenHash, "its hash, cut": issued.TokenHash[:secret.TokenLength], "its id": issued.ID,
		"another": secret.Token(), "another case": swapCase(token),
	} {
		t.Log(name)
		w.unknown(t, other)
	}
}

func swapCase(text string) string {
	return strings.Map(func(r rune) rune {
		if lower := strings.ToLower(string(r)); lower != string(r) {
			return []rune(lower)[0]
		}
		return []rune(strings.ToUpper(string(r)))[0]
	}, text)
}

func TestATokenIsNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	stored, err := w.db.SessionByToken(t.Context(), issued.TokenHash)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{"what is issued": issued, "what is stored": stored} {
		if text, err := json.Marshal(value); err != nil || strings.Contains(string(text), token) {
			t.Errorf("%s holds the token: %s, %v", name, text, err)
		}
	}
}

func TestWhatIsNoTokenNeverReachesStorage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, text := range []string{"", "x", strings.Repeat("x", secret.TokenLength-1), strings.Repeat("x", secret.TokenLength+1), strings.Repeat("x", 1<<20)} {
		w.unknown(t, text)
	}
	if n := w.store.reads.Load(); n != 0 {
		t.Errorf("storage was asked %d times", n)
	}
}

func TestASecondCheckIsAnsweredFromMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := w.signIn(t, w.identity(t, "a@example.org"))
	for range 5 {
		w.known(t, token)
	}
	stats := w.CacheStats()
	if reads := w.store.reads.Load(); reads != 1 || stats != (session.CacheStats{Hits: 4, Misses: 1, Entries: 1}) {
		t.Errorf("%d reads, %+v", reads, stats)
	}
}

func TestASessionEndsWithItsLifespan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	_, unread := w.signIn(t, issued.Identity)
	w.known(t, token)
	w.advance(issued.ExpiresAt.Sub(w.now()) - 1)
	w.known(t, token)
	w.advance(1)
	w.unknown(t, token)  // from memory
	w.unknown(t, unread) // from storage
}

func TestAChangedLifespanIsThatOfLaterSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before, earlier := w.signIn(t, w.identity(t, "a@example.org"))
	w.SetLifespan(time.Minute)
	after, later := w.signIn(t, before.Identity)
	if got := after.ExpiresAt.Sub(after.IssuedAt); got != time.Minute {
		t.Errorf("a later session lasts %v", got)
	}
	w.advance(2 * time.Minute)
	w.known(t, earlier)
	w.unknown(t, later)
}

func TestStorageTroubleSignsNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	mend := w.breaks(errDisk)
	if live, err := w.Check(t.Context(), token); !errors.Is(err, errDisk) || errors.Is(err, session.ErrNone) || errs.Of(err) == errs.Unauthorized || live != nil {
		t.Errorf("%v, %v; want the trouble itself", live, err)
	}
	if _, _, err := w.Issue(t.Context(), issued.Identity, session.Factor{Method: "password"}); !errors.Is(err, errDisk) {
		t.Errorf("issue: %v", err)
	}
	mend()
	w.known(t, token)

	defer w.breaks(errDisk)()
	w.known(t, token) // memory needs no disk
}

func TestACheckThatIsGivenUpIsNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := w.signIn(t, w.identity(t, "a@example.org"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if live, err := w.Check(ctx, token); err == nil || errors.Is(err, session.ErrNone) || live != nil {
		t.Errorf("%v, %v; want an error that is no answer", live, err)
	}
	w.known(t, token)
}

func TestASessionOfNobodyIsNotIssued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, _ := storetest.NewIdentity("gone@example.org")
	if _, token, err := w.Issue(t.Context(), owner, session.Factor{Method: "password"}); !errors.Is(err, errs.ErrNotFound) || token != "" {
		t.Errorf("token %q, %v", token, err)
	}
}

func TestASessionThatWasUndoneIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.identity(t, "a@example.org")
	var token string
	w.undone(t, func(ctx context.Context) (err error) {
		_, token, err = w.Issue(ctx, owner, session.Factor{Method: "password"})
		return err
	})
	w.unknown(t, token)
}

func TestASessionIsRenderedOnceUntilItChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	calls := 0
	render := func(s *session.Session) ([]byte, error) {
		calls++
		return s.Identity.Traits, nil
	}
	failing := func(*session.Session) ([]byte, error) { return nil, errDisk }
	if _, err := w.known(t, token).Rendered("v0.5", failing); !errors.Is(err, errDisk) {
		t.Errorf("%v, want what render said", err)
	}
	for range 3 {
		if got, err := w.known(t, token).Rendered("v0.5", render); err != nil || string(got) != string(issued.Identity.Traits) {
			t.Errorf("%s, %v", got, err)
		}
	}
	if calls != 1 {
		t.Errorf("rendered %d times", calls)
	}
	w.Invalidate(t.Context(), issued.IdentityID)
	if _, err := w.known(t, token).Rendered("v0.5", render); err != nil || calls != 2 {
		t.Errorf("after a change rendered %d times, %v", calls, err)
	}
}
