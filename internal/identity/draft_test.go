package identity_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
)

func world(t *testing.T) (*flowtest.World, *identity.Service) {
	t.Helper()
	w := flowtest.New(t, func(*flowtest.World) []flow.Method { return nil })
	return w, w.Identities
}

// from drafts a change of the traits.
func from(t *testing.T, s *identity.Service, i *identity.Identity, traits string) *identity.Draft {
	t.Helper()
	d, err := s.DraftFrom(t.Context(), i, "default", json.RawMessage(traits))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func save(t *testing.T, s *identity.Service, d *identity.Draft) *identity.Identity {
	t.Helper()
	i, err := s.Save(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestProtected(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	p := w.Person("ada@example.org", true)
	for traits, want := range map[string]bool{
		`{"email":"ada@example.org"}`:              false,
		`{"email":"ada@example.org","name":"Ada"}`: false,
		`{"email":"ADA@example.org"}`:              true, // another spelling may be another mailbox
		`{"email":"new@example.org"}`:              true,
		`{}`:                                       true,
	} {
		if got := from(t, s, p.Identity, traits).Protected(); got != want {
			t.Errorf("%s: %t, want %t", traits, got, want)
		}
	}
	if d, err := s.Draft(t.Context(), "default", json.RawMessage(`{}`)); err != nil || !d.Protected() {
		t.Errorf("a new identity: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	p := w.Person("ada@example.org", true)
	d := from(t, s, p.Identity, `{"email":"new@example.org"}`)
	if got := d.NewAddresses(); len(got) != 1 || got[0].Value != "new@example.org" || got[0].Verified {
		t.Errorf("new: %+v", got)
	}
	if got := d.RemovedAddresses(); len(got) != 1 || got[0].Value != "ada@example.org" {
		t.Errorf("removed: %+v", got)
	}
	same := from(t, s, p.Identity, `{"email":"ada@example.org","name":"Ada"}`)
	if got := save(t, s, same); !got.Verifiable[0].Verified || got.Verifiable[0].ID != p.Verifiable[0].ID {
		t.Errorf("an address that stays: %+v", got.Verifiable)
	}
}

// An address that was given up signs in and recovers until the new one is proven.
func TestRetainOldAddresses(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	p := w.Person("ada@example.org", true)
	d := from(t, s, p.Identity, `{"email":"new@example.org"}`)
	d.RetainOldAddresses()
	i := save(t, s, d)
	find := func(email string) error {
		_, _, err := s.ByIdentifier(t.Context(), identity.TypePassword, email)
		return err
	}
	if find("ada@example.org") != nil || find("new@example.org") != nil || len(i.Recovery) != 2 {
		t.Fatalf("old %v, new %v, recovery %v", find("ada@example.org"), find("new@example.org"), i.Recovery)
	}
	if unchanged, err := s.DraftUnchanged(t.Context(), i); err != nil || len(unchanged.Identifiers) != 2 {
		t.Errorf("an unrelated change ends it: %v, %v", unchanged, err)
	}
	if err := s.DropRetained(t.Context(), i.ID); err != nil || find("ada@example.org") != nil {
		t.Errorf("dropped before the proof: %v", err)
	}
	if err := s.MarkVerified(t.Context(), i.ID, i.Verifiable[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := s.DropRetained(t.Context(), i.ID); err != nil || !errors.Is(find("ada@example.org"), errs.ErrNotFound) {
		t.Errorf("kept after the proof: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	p := w.Person("ada@example.org", true)
	draft := func() *identity.Draft {
		d, err := s.DraftUnchanged(t.Context(), w.Fresh(p.ID))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	types := func() (all []string) {
		kept, err := s.Credentials(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range kept {
			if c.IsSet() || c.Type != identity.TypePassword {
				all = append(all, c.Type)
			}
		}
		slices.Sort(all)
		return all
	}
	d := draft()
	d.Link(identity.TypeOIDC, "acme:1")
	d.Link(identity.TypeOIDC, "acme:1")
	d.Link(identity.TypeOIDC, "other:2")
	save(t, s, d)
	if owner, c, err := s.ByCredential(t.Context(), identity.TypeOIDC, "other:2"); err != nil || owner.ID != p.ID || len(c.Identifiers) != 2 {
		t.Fatalf("%v, %v", c, err)
	}
	d = draft()
	d.Unlink(identity.TypeOIDC, "acme:1")
	save(t, s, d)
	d = draft()
	d.Unlink(identity.TypeOIDC, "other:2")
	save(t, s, d)
	if got := types(); !slices.Equal(got, []string{identity.TypePassword}) {
		t.Errorf("after the last link went: %v", got)
	}
	d = draft()
	d.Set(identity.Credential{Type: "totp", Config: json.RawMessage(`{"a":1}`)})
	save(t, s, d)
	d = draft()
	d.Set(identity.Credential{Type: "totp", Config: json.RawMessage(`{"a":2}`)})
	if d.LosesIdentifiers() {
		t.Error("identifiers are lost by a factor")
	}
	save(t, s, d)
	d = draft()
	if !d.EndCredentials() {
		t.Error("there was nothing to end")
	}
	save(t, s, d)
	if got := types(); len(got) > 0 {
		t.Errorf("after the end: %v", got)
	}
	if d = draft(); d.EndCredentials() {
		t.Error("a reserved identifier counts as a credential")
	}
	d.Remove(identity.TypePassword)
	if c := d.Credential(identity.TypePassword); c == nil || c.IsSet() || len(c.Identifiers) != 1 {
		t.Errorf("the identifier is free for strangers: %+v", c)
	}
	if c, err := s.Credential(t.Context(), p.ID, "totp"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("%v, %v", c, err)
	}
}

func TestSave_stale(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	p := w.Person("ada@example.org", true)
	first, second := from(t, s, p.Identity, `{"email":"b@example.org"}`), from(t, s, p.Identity, `{"email":"c@example.org"}`)
	save(t, s, first)
	if _, err := s.Save(t.Context(), second); !errors.Is(err, errs.ErrStale) {
		t.Errorf("%v", err)
	}
}

func TestCreate_taken(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	w.Person("ada@example.org", true)
	d, err := s.Draft(t.Context(), "default", json.RawMessage(`{"email":"ADA@example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), d); !errors.Is(err, errs.ErrConflict) {
		t.Errorf("%v", err)
	}
	if _, err := s.Draft(t.Context(), "default", json.RawMessage(`{"email":"nope"}`)); err == nil {
		t.Error("the schema is not asked")
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	w, s := world(t)
	p := w.Person("ada@example.org", true)
	w.Person("eve@example.org", true)
	page, total, err := s.List(t.Context(), identity.Query{Limit: 10})
	if err != nil || len(page) != 2 || total != 2 {
		t.Errorf("%d of %d, %v", len(page), total, err)
	}
	page, _, err = s.List(t.Context(), identity.Query{Limit: 10, Identifier: " ADA@example.org"})
	if err != nil || len(page) != 1 || page[0].ID != p.ID {
		t.Errorf("by identifier: %v, %v", page, err)
	}
	if owner, a, err := s.ByAddress(t.Context(), identity.ForRecovery, identity.ViaEmail, "Ada@Example.org"); err != nil || owner.ID != p.ID || a.Value != p.Email {
		t.Errorf("by address: %v, %v", a, err)
	}
	if err := s.Delete(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ByID(t.Context(), p.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
}
