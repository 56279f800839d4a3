package storetest

import (
	"encoding/json"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
)

func credentialTests() []test {
	return []test{
		{"a credential is found by each of its identifiers", credentialByIdentifier},
		{"a credential is known by the beginning of an identifier and a part of its configuration", credentialKnown},
		{"a credential's configuration is replaced and its identifiers stay", credentialUpdate},
		{"an unknown credential can't be updated", credentialUnknown},
		{"the credentials of a save replace all there are", credentialReplace},
		{"a credential that a save repeats is not touched", credentialRepeated},
	}
}

func credentialByIdentifier(t *testing.T, s Store) {
	i, _ := NewIdentity("a@example.org")
	c := newPassword("z", "a", "m")
	must(t, s.CreateIdentity(t.Context(), i, []identity.Credential{c}))
	for _, identifier := range c.Identifiers {
		owner, found, err := s.IdentityByIdentifier(t.Context(), identity.TypePassword, identifier)
		must(t, err)
		wantSame(t, owner, i)
		wantSame(t, *found, c)
	}
}

func credentialKnown(t *testing.T, s Store) {
	i, _ := NewIdentity("a@example.org")
	keys := identity.Credential{Type: "webauthn", Identifiers: []string{"handle:1", "key:2"}, Config: json.RawMessage(`{"first":true}`)}
	must(t, s.CreateIdentity(t.Context(), i, []identity.Credential{newPassword("key:3"), keys}))
	for _, c := range []struct {
		typ, prefix, text string
		want              bool
	}{
		{"webauthn", "key:", `"first":true`, true},
		{"webauthn", "handle:", `{"first"`, true},
		{"webauthn", "key;", `"first":true`, false},
		{"webauthn", "key:", `"first":false`, false},
		{"webauthn", "kez", `"first":true`, false},
		{identity.TypePassword, "key:", `"first":true`, false},
	} {
		has, err := s.HasCredential(t.Context(), c.typ, c.prefix, c.text)
		must(t, err)
		if has != c.want {
			t.Errorf("%s, %s, %s: %t", c.typ, c.prefix, c.text, has)
		}
	}
}

func credentialUpdate(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	c := got(s.Credentials(t.Context(), i.ID))(t)[0]
	change := c
	change.Config, change.Identifiers = json.RawMessage(`{"hashed_password":"new"}`), nil
	must(t, s.UpdateCredential(t.Context(), i.ID, change))

	want := c
	want.Config, want.Version = change.Config, c.Version+1
	wantSame(t, got(s.Credentials(t.Context(), i.ID))(t), []identity.Credential{want})
	wantError(t, s.UpdateCredential(t.Context(), i.ID, change), errs.ErrStale)
}

func credentialUnknown(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	c := got(s.Credentials(t.Context(), i.ID))(t)[0]
	wantError(t, s.UpdateCredential(t.Context(), secret.NewOrderedID(), c), errs.ErrNotFound)
	c.Type = "totp"
	wantError(t, s.UpdateCredential(t.Context(), i.ID, c), errs.ErrNotFound)
}

func credentialReplace(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	password := got(s.Credentials(t.Context(), i.ID))(t)[0]
	oidc := identity.Credential{
		Type: identity.TypeOIDC, Identifiers: []string{"google:1"}, Config: json.RawMessage(`{"providers":[]}`),
	}
	must(t, s.SaveIdentity(t.Context(), i, []identity.Credential{password, oidc}))
	wantSame(t, got(s.Credentials(t.Context(), i.ID))(t), []identity.Credential{oidc, password})

	password.Config, password.Identifiers = json.RawMessage(`{}`), []string{"b@example.org", "a@example.org"}
	must(t, s.SaveIdentity(t.Context(), i, []identity.Credential{password}))
	password.Version++
	wantSame(t, got(s.Credentials(t.Context(), i.ID))(t), []identity.Credential{password})
	_, _, err := s.IdentityByIdentifier(t.Context(), identity.TypeOIDC, "google:1")
	wantError(t, err, errs.ErrNotFound)

	must(t, s.SaveIdentity(t.Context(), i, nil))
	wantSame(t, len(got(s.Credentials(t.Context(), i.ID))(t)), 0)
}

func credentialRepeated(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	before := got(s.Credentials(t.Context(), i.ID))(t)
	must(t, s.SaveIdentity(t.Context(), i, before))
	wantSame(t, got(s.Credentials(t.Context(), i.ID))(t), before)
}
