package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
)

func identityTests() []test {
	return []test{
		{"an identity is read as it was created", identityRoundTrip},
		{"what is no character is replaced in what an identity is made of", identityWellFormed},
		{"an identity may have neither addresses nor credentials", identityBare},
		{"an unknown identity is not found", identityUnknown},
		{"a saved identity is read as it was saved", identitySave},
		{"what operators note of an identity is read as it was saved", identityDetails},
		{"an address remembers when its owner was asked last", identitySent},
		{"an identity that is gone can't be saved", identitySaveUnknown},
		{"deleting an identity removes all that is its own", identityDelete},
		{"deleting an identity frees its identifiers and addresses", identityDeleteFrees},
	}
}

func identityRoundTrip(t *testing.T, s Store) {
	i, credentials := NewIdentity("a@example.org")
	i.Traits = json.RawMessage(`{"b": 1e3,  "a":["😀",null]}`)
	i.Verifiable = append(i.Verifiable, newAddress("b@example.org"), newAddress("aa@example.org"))
	i.Verifiable[1].Verified, i.Verifiable[1].VerifiedAt = true, Now.Truncate(time.Microsecond)
	must(t, s.CreateIdentity(t.Context(), i, credentials))

	read := got(s.Identity(t.Context(), i.ID))(t)
	wantSame(t, read, i)
	if want := Now.Truncate(time.Microsecond); read.CreatedAt != want || read.UpdatedAt != want {
		t.Errorf("created at %v and updated at %v, want %v", read.CreatedAt, read.UpdatedAt, want)
	}
	wantSame(t, got(s.Credentials(t.Context(), i.ID))(t), credentials)
}

// PostgreSQL's jsonb, and programs that read the database, refuse halves of surrogate pairs.
func identityWellFormed(t *testing.T, s Store) {
	const raw, want = `{"name":"a\ud800b","more":["\ud83d\ude00"]}`, `{"name":"a\ufffdb","more":["\ud83d\ude00"]}`
	i, credentials := NewIdentity("a@example.org")
	check := func() {
		t.Helper()
		for _, one := range []*identity.Identity{i, got(s.Identity(t.Context(), i.ID))(t)} {
			for _, stored := range []json.RawMessage{one.Traits, one.MetadataPublic, one.MetadataAdmin} {
				wantSame(t, string(stored), want)
			}
		}
	}
	set := func() {
		i.Traits, i.MetadataPublic, i.MetadataAdmin = json.RawMessage(raw), json.RawMessage(raw), json.RawMessage(raw)
	}
	set()
	must(t, s.CreateIdentity(t.Context(), i, credentials))
	check()
	set()
	must(t, s.SaveIdentity(t.Context(), i, credentials))
	check()
}

func identityBare(t *testing.T, s Store) {
	i := &identity.Identity{ID: secret.NewOrderedID(), Traits: json.RawMessage(`{}`), CreatedAt: Now, UpdatedAt: Now}
	must(t, s.CreateIdentity(t.Context(), i, nil))
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t), i)
	wantSame(t, got(s.Credentials(t.Context(), i.ID))(t), []identity.Credential(nil))
}

func identityUnknown(t *testing.T, s Store) {
	mustIdentity(t, s, "a@example.org")
	_, err := s.Identity(t.Context(), secret.NewOrderedID())
	wantError(t, err, errs.ErrNotFound)
	_, err = s.Identity(t.Context(), "no id")
	wantError(t, err, errs.ErrNotFound)
	_, _, err = s.IdentityByIdentifier(t.Context(), identity.TypePassword, "b@example.org")
	wantError(t, err, errs.ErrNotFound)
	_, _, err = s.IdentityByIdentifier(t.Context(), identity.TypeOIDC, "a@example.org")
	wantError(t, err, errs.ErrNotFound)
	_, _, err = s.IdentityByAddress(t.Context(), identity.ForRecovery, identity.ViaEmail, "b@example.org")
	wantError(t, err, errs.ErrNotFound)
	_, _, err = s.IdentityByAddress(t.Context(), identity.ForRecovery, "phone", "a@example.org")
	wantError(t, err, errs.ErrNotFound)
	wantError(t, s.DeleteIdentity(t.Context(), secret.NewOrderedID()), errs.ErrNotFound)
	wantError(t, s.DeleteIdentity(t.Context(), "no id"), errs.ErrNotFound)
	wantSame(t, got(s.Credentials(t.Context(), secret.NewOrderedID()))(t), []identity.Credential(nil))
}

func identitySave(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	i.SchemaID, i.Traits = "other", json.RawMessage(`{"email":"b@example.org"}`)
	i.UpdatedAt = Now.Add(time.Hour)
	i.Verifiable, i.Recovery = []identity.Address{newAddress("b@example.org")}, nil
	credentials := []identity.Credential{newPassword("b@example.org")}
	version := i.Version
	must(t, s.SaveIdentity(t.Context(), i, credentials))
	if i.Version != version+1 {
		t.Errorf("version is %d after version %d", i.Version, version)
	}
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t), i)
	must(t, s.SaveIdentity(t.Context(), i, got(s.Credentials(t.Context(), i.ID))(t)))
}

func identitySaveUnknown(t *testing.T, s Store) {
	i, credentials := NewIdentity("a@example.org")
	wantError(t, s.SaveIdentity(t.Context(), i, credentials), errs.ErrNotFound)
}

func identityDelete(t *testing.T, s Store) {
	i, other := mustIdentity(t, s, "a@example.org"), mustIdentity(t, s, "b@example.org")
	gone, kept := mustSession(t, s, i.ID), mustSession(t, s, other.ID)
	about := NewFlow()
	about.Kind, about.IdentityID = flow.Settings, i.ID
	must(t, s.CreateFlow(t.Context(), about))
	unrelated := mustFlow(t, s)

	must(t, s.DeleteIdentity(t.Context(), i.ID))

	_, err := s.Identity(t.Context(), i.ID)
	wantError(t, err, errs.ErrNotFound)
	_, err = s.SessionByToken(t.Context(), gone.TokenHash)
	wantError(t, err, errs.ErrNotFound)
	_, err = s.Flow(t.Context(), about.ID)
	wantError(t, err, errs.ErrNotFound)
	_, _, err = s.IdentityByIdentifier(t.Context(), identity.TypePassword, "a@example.org")
	wantError(t, err, errs.ErrNotFound)
	_, _, err = s.IdentityByAddress(t.Context(), identity.ForVerification, identity.ViaEmail, "a@example.org")
	wantError(t, err, errs.ErrNotFound)
	wantSame(t, len(got(s.Credentials(t.Context(), i.ID))(t)), 0)
	wantSame(t, len(got(s.Sessions(t.Context(), i.ID))(t)), 0)
	wantError(t, s.DeleteIdentity(t.Context(), i.ID), errs.ErrNotFound)
	wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{}))(t), 1)

	wantSame(t, got(s.Identity(t.Context(), other.ID))(t), other)
	wantSame(t, got(s.SessionByToken(t.Context(), kept.TokenHash))(t).ID, kept.ID)
	wantSame(t, got(s.Flow(t.Context(), unrelated.ID))(t), unrelated)
}

func identityDeleteFrees(t *testing.T, s Store) {
	must(t, s.DeleteIdentity(t.Context(), mustIdentity(t, s, "a@example.org").ID))
	mustIdentity(t, s, "a@example.org")
}

func identityDetails(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	i.State, i.StateChangedAt, i.ExternalID = identity.Inactive, Now.Truncate(time.Microsecond), "ext-1"
	i.MetadataPublic, i.MetadataAdmin = json.RawMessage(`{"a":1}`), json.RawMessage(`{"b":2}`)
	must(t, s.SaveIdentity(t.Context(), i, nil))
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t), i)

	other := mustIdentity(t, s, "b@example.org")
	other.ExternalID = "ext-1"
	wantError(t, s.SaveIdentity(t.Context(), other, nil), errs.ErrConflict)
	found := got(s.Identities(t.Context(), identity.Query{ExternalID: "ext-1"}))(t)
	if len(found) != 1 || found[0].ID != i.ID {
		t.Errorf("%d identities are called ext-1, want the one", len(found))
	}
}

func identitySent(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	for _, at := range []time.Time{Now, Now.Add(time.Hour)} {
		must(t, s.MarkSent(t.Context(), i.Verifiable[0].ID, at))
		if kept := got(s.Identity(t.Context(), i.ID))(t).Verifiable[0].SentAt; kept != at.UTC().Truncate(time.Microsecond) {
			t.Errorf("asked at %v, want %v", kept, at)
		}
	}
}
