package identity_test

import (
	"encoding/json"
	"testing"

	"github.com/symbolon/symbolon/internal/identity"
)

// The system that knows the password of an account may know another person by its new address,
// or by another spelling of it.
func TestDraftFrom_passwordElsewhere(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	p := w.Person("ada@example.org", true)
	d := from(t, s, p.Identity, `{"email":"ada@example.org"}`)
	d.Set(identity.PasswordElsewhere())
	owner := save(t, s, d)
	for traits, want := range map[string]bool{
		`{"email":"ada@example.org","name":"ADA@example.org"}`: true,
		`{"email":"new@example.org"}`:                          false,
		`{"email":"ADA@example.org"}`:                          false,
		`{}`:                                                   true, // which can't sign in
	} {
		if c := from(t, s, owner, traits).Credential(identity.TypePassword); c.IsSet() != want {
			t.Errorf("%s: %s", traits, c.Config)
		}
	}
	if d, err := s.DraftUnchanged(t.Context(), owner); err != nil || !d.Credential(identity.TypePassword).IsSet() {
		t.Errorf("unchanged: %v", err)
	}
}

func TestSpelling(t *testing.T) {
	t.Parallel()
	_, s := world(t)
	i := &identity.Identity{SchemaID: "default", Traits: json.RawMessage(`{"email":"Ada@Example.org","name":"ADA@example.org"}`)}
	for typed, want := range map[string]string{
		"Ada@Example.org ": "Ada@Example.org", "ADA@example.org": "Ada@Example.org", " ada@example.org": "Ada@Example.org", "Bob": "bob",
	} {
		if got, err := s.Spelling(t.Context(), i, typed); got != want || err != nil {
			t.Errorf("%q: %q, want %q, %v", typed, got, want, err)
		}
	}
}
