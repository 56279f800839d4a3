package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// NewFlow returns a flow with something in every field that needs no other row.
func NewFlow() *flow.Flow {
	return &flow.Flow{
		ID: secret.NewID(), Kind: flow.Login, Client: flow.Browser, State: flow.Open,
		IssuedAt: Now, ExpiresAt: Now.Add(time.Hour),
		Request: "https://example.org/self-service/login/browser", ReturnTo: "https://example.org/näher?x=1",
		Refresh: true, Active: "password", CSRF: "masked",
		Form: ui.Form{
			Messages: []message.Message{{Key: "expired", Params: map[string]any{"at": "noon"}}},
			Groups: []ui.Group{{Method: "password", Nodes: []ui.Node{
				{Name: "identifier", Type: "text", Value: "Zoë 😀", Required: true},
				{Name: "traits.age", Type: "number", Value: json.Number("30.0")},
			}}},
		},
		Private: map[string]json.RawMessage{"link": json.RawMessage(`{"n":12345678901234567890}`)},
	}
}

// NewIdentity returns an identity with one e-mail address for both purposes, and
// the password credential to go with it.
func NewIdentity(email string) (*identity.Identity, []identity.Credential) {
	i := &identity.Identity{
		ID: secret.NewOrderedID(), SchemaID: "default", Traits: json.RawMessage(`{"email":"` + email + `"}`),
		Verifiable: []identity.Address{newAddress(email)}, Recovery: []identity.Address{newAddress(email)},
		CreatedAt: Now, UpdatedAt: Now,
	}
	return i, []identity.Credential{newPassword(email)}
}

func newAddress(email string) identity.Address {
	return identity.Address{ID: secret.NewID(), Via: identity.ViaEmail, Value: email, Normalized: email}
}

func newPassword(identifiers ...string) identity.Credential {
	return identity.Credential{
		Type: identity.TypePassword, Identifiers: identifiers,
		Config: json.RawMessage(`{"hashed_password":"$argon2id$"}`),
	}
}

// NewSession returns a session of an identity, and its token.
func NewSession(identityID string) (*session.Session, string) {
	token := secret.Token()
	return &session.Session{
		ID: secret.NewID(), IdentityID: identityID, TokenHash: secret.Hash(token), Active: true,
		IssuedAt: Now, AuthenticatedAt: Now.Add(-time.Minute), ExpiresAt: Now.Add(time.Hour),
		Factors: []session.Factor{{Method: "password", At: Now.Truncate(time.Microsecond)}},
	}, token
}

// mustIdentity stores the identity of that e-mail address.
func mustIdentity(t testing.TB, s Store, email string) *identity.Identity {
	t.Helper()
	i, credentials := NewIdentity(email)
	must(t, s.CreateIdentity(t.Context(), i, credentials))
	return i
}

// mustSession stores a session of an identity.
func mustSession(t testing.TB, s Store, identityID string) *session.Session {
	t.Helper()
	created, _ := NewSession(identityID)
	must(t, s.CreateSession(t.Context(), created))
	return created
}

// mustFlow stores a flow.
func mustFlow(t testing.TB, s Store) *flow.Flow {
	t.Helper()
	f := NewFlow()
	must(t, s.CreateFlow(t.Context(), f))
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got fails the test on an error and passes the value on.
func got[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return value
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// wantSame compares as storage may: nothing and an empty list are the same.
func wantSame(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
}
