package session_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

func TestAAL(t *testing.T) {
	t.Parallel()
	first, second := session.Factor{Method: "password", AAL: session.AAL1}, session.Factor{Method: "totp", AAL: session.AAL2}
	tests := map[string]struct {
		factors []session.Factor
		want    session.AAL
	}{
		"no factor":                     {nil, session.AAL0},
		"a first factor":                {[]session.Factor{first}, session.AAL1},
		"two first factors":             {[]session.Factor{first, {Method: "oidc", AAL: session.AAL1}}, session.AAL1},
		"a second factor alone":         {[]session.Factor{second}, session.AAL1},
		"one of each":                   {[]session.Factor{second, first}, session.AAL2},
		"a factor that names no rank":   {[]session.Factor{{Method: "password"}, second}, session.AAL2},
		"one that is two by itself":     {[]session.Factor{{Method: "passkey", AAL: session.AAL1, MultiFactor: true}}, session.AAL2},
		"two from before second factor": {[]session.Factor{{Method: "password"}, {Method: "link"}}, session.AAL1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (&session.Session{Factors: test.factors}).AAL(); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestAAL_stored(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]session.AAL{
		`{"method":"password","at":"2026-03-01T12:00:00Z"}`:          session.AAL1,
		`{"method":"totp","aal":"aal2","at":"2026-03-01T12:00:00Z"}`: session.AAL2,
	} {
		var f session.Factor
		if err := json.Unmarshal([]byte(text), &f); err != nil || f.Rank() != want {
			t.Errorf("%s: rank %v, %v", text, f.Rank(), err)
		}
		if back, err := json.Marshal(f); err != nil || string(back) != text {
			t.Errorf("%s is stored as %s, %v", text, back, err)
		}
	}
	for _, bad := range []string{"", "aal3", "AAL2", "2"} {
		if _, err := session.ParseAAL(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, old := w.signIn(t, w.identity(t, "a@example.org"))
	w.known(t, old) // is in the cache now
	w.advance(time.Minute)

	raised, token, err := w.Upgrade(t.Context(), issued, session.Proof{Factor: session.Factor{Method: "totp", AAL: session.AAL2}})
	if err != nil {
		t.Fatal(err)
	}
	w.unknown(t, old)
	now := w.known(t, token)
	if now.ID != issued.ID || now.AAL() != session.AAL2 || raised.AAL() != session.AAL2 {
		t.Errorf("session %s of level %v, want %s of aal2", now.ID, now.AAL(), issued.ID)
	}
	if !now.AuthenticatedAt.Equal(issued.AuthenticatedAt.Add(time.Minute)) || !now.ExpiresAt.Equal(issued.ExpiresAt.Add(time.Minute)) {
		t.Errorf("authenticated at %v until %v", now.AuthenticatedAt, now.ExpiresAt)
	}
}

func TestUpgrade_enrolled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	w.advance(time.Minute)
	_, next, err := w.Upgrade(t.Context(), issued, session.Proof{
		Factor: session.Factor{Method: "totp", AAL: session.AAL2}, Enrolled: true, KeepToken: true,
	})
	if err != nil || next != "" {
		t.Fatalf("token %q, %v", next, err)
	}
	if now := w.known(t, token); now.AAL() != session.AAL2 || !now.AuthenticatedAt.Equal(issued.AuthenticatedAt) {
		t.Errorf("level %v, authenticated at %v", now.AAL(), now.AuthenticatedAt)
	}
}

func TestUpgrade_ended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, token := w.signIn(t, w.identity(t, "a@example.org"))
	if err := w.Revoke(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	_, next, err := w.Upgrade(t.Context(), issued, session.Proof{Factor: session.Factor{Method: "totp"}})
	if !errors.Is(err, session.ErrNone) || next != "" {
		t.Errorf("a session that has ended: %q, %v", next, err)
	}
	w.unknown(t, token)
	gone := *issued
	gone.ID = secret.NewID()
	if _, err := w.Lock(t.Context(), gone.ID); !errors.Is(err, session.ErrNone) {
		t.Errorf("an unknown session: %v", err)
	}
	w.advance(2 * lifespan)
	over, _ := w.signIn(t, w.identity(t, "b@example.org"))
	w.advance(2 * lifespan)
	if _, err := w.Lock(t.Context(), over.ID); !errors.Is(err, session.ErrNone) {
		t.Errorf("an expired session: %v", err)
	}
}

func TestUpgrade_bounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issued, _ := w.signIn(t, w.identity(t, "a@example.org"))
	for i := range 100 {
		f := session.Factor{Method: "password", AAL: session.AAL1}
		if i == 3 {
			f = session.Factor{Method: "totp", AAL: session.AAL2}
		}
		var err error
		if issued, _, err = w.Upgrade(t.Context(), issued, session.Proof{Factor: f}); err != nil {
			t.Fatal(err)
		}
	}
	if len(issued.Factors) > 32 || issued.AAL() != session.AAL2 {
		t.Errorf("%d factors, level %v", len(issued.Factors), issued.AAL())
	}
}
