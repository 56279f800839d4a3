package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/internal/traits"
)

// marked is a schema that marks a phone number for codes and a name for
// authenticators.
const marked = `{"type":"object","properties":{"traits":{"type":"object","properties":{
 "user":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}},
 "email":{"type":"string","format":"email","ory.sh/kratos":{"verification":{"via":"email"}}},
 "phone":{"type":"string","format":"tel","ory.sh/kratos":{"credentials":{"code":{"identifier":true,"via":"sms"}}}},
 "shown":{"type":"string","ory.sh/kratos":{"credentials":{"totp":{"account_name":true}}}}}}}}`

type oneSchema struct{ schema *traits.Schema }

func (s oneSchema) Schema(_ context.Context, id string) (*traits.Schema, error) {
	if id != "default" {
		return nil, errors.New("no such schema")
	}
	return s.schema, nil
}

// watched is a service that notes which identities it reports as changed.
func watched(t *testing.T) (*identity.Service, *[]string) {
	t.Helper()
	schema, err := traits.Compile([]byte(marked))
	if err != nil {
		t.Fatal(err)
	}
	changed := &[]string{}
	return identity.New(storetest.Open(t), oneSchema{schema}, func(_ context.Context, id string) {
		*changed = append(*changed, id)
	}, func() time.Time { return storetest.Now }), changed
}

func create(t *testing.T, s *identity.Service, values string) *identity.Identity {
	t.Helper()
	d, err := s.Draft(t.Context(), "default", json.RawMessage(values))
	if err != nil {
		t.Fatal(err)
	}
	i, err := s.Create(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Every write to an identity that existed drops it from the session cache.
func TestChanged(t *testing.T) {
	t.Parallel()
	s, changed := watched(t)
	i := create(t, s, `{"user":"ada","email":"ada@example.org"}`)
	if len(*changed) != 0 {
		t.Errorf("a new identity was cached by nothing: %v", *changed)
	}
	credential, err := s.Credential(t.Context(), i.ID, identity.TypePassword)
	if err != nil {
		t.Fatal(err)
	}
	credential.Config = json.RawMessage(`{"hashed_password":"x"}`)
	ctx := t.Context()
	for _, write := range []struct {
		name string
		do   func() error
	}{
		{"credential", func() error { return s.UpdateCredential(ctx, i.ID, *credential) }},
		{"sent", func() error { return s.MarkSent(ctx, i.ID, i.Verifiable[0].ID) }},
		{"verified", func() error { return s.MarkVerified(ctx, i.ID, i.Verifiable[0].ID) }},
		{"deleted", func() error { return s.Delete(ctx, i.ID) }},
	} {
		*changed = nil
		if err := write.do(); err != nil || !slices.Equal(*changed, []string{i.ID}) {
			t.Errorf("%s: %v, changed %v", write.name, err, *changed)
		}
	}
}

func TestChanged_refusedWrites(t *testing.T) {
	t.Parallel()
	s, changed := watched(t)
	i := create(t, s, `{"user":"ada"}`)
	credential, err := s.Credential(t.Context(), i.ID, identity.TypePassword)
	if err != nil {
		t.Fatal(err)
	}
	credential.Version += 3
	if err := s.UpdateCredential(t.Context(), i.ID, *credential); !errors.Is(err, errs.ErrStale) {
		t.Errorf("a credential of another version: %v", err)
	}
	if err := s.Delete(t.Context(), secret.NewID()); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("delete nothing: %v", err)
	}
	if len(*changed) != 0 {
		t.Errorf("changed %v", *changed)
	}
}

func TestSave_disabled(t *testing.T) {
	t.Parallel()
	s, _ := watched(t)
	i := create(t, s, `{"user":"ada"}`)
	i.StateChangedAt = i.StateChangedAt.AddDate(-1, 0, 0)
	longAgo := i.StateChangedAt
	d := from(t, s, i, `{"user":"ada"}`)
	if same := save(t, s, d); !same.StateChangedAt.Equal(longAgo) {
		t.Errorf("the state did not change: %v", same.StateChangedAt)
	}
	i, err := s.ByID(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	d = from(t, s, i, `{"user":"ada"}`)
	d.Identity.State = identity.Inactive
	if shut := save(t, s, d); !shut.Disabled() || !shut.StateChangedAt.Equal(shut.UpdatedAt) {
		t.Errorf("shut out: %+v", shut)
	}
	if (*identity.Identity)(nil).Disabled() {
		t.Error("no identity is disabled")
	}
}

func TestNameFor(t *testing.T) {
	t.Parallel()
	s, _ := watched(t)
	for _, c := range []struct{ values, method, want string }{
		{`{"user":"a","email":"a@example.org","shown":"Ada"}`, "totp", "Ada"},
		{`{"user":"b","email":"b@example.org","shown":"Bea"}`, "webauthn", "b"},
		{`{"email":"c@example.org"}`, "totp", "c@example.org"},
		{`{}`, "totp", ""},
	} {
		if got, err := s.NameFor(t.Context(), create(t, s, c.values), c.method); err != nil || got != c.want {
			t.Errorf("%s, %s: %q, %v, want %q", c.values, c.method, got, err, c.want)
		}
	}
	for name, broken := range map[string]*identity.Identity{
		"schema": {SchemaID: "gone", Traits: json.RawMessage(`{}`)}, "traits": {SchemaID: "default", Traits: json.RawMessage(`{`)},
	} {
		if got, err := s.NameFor(t.Context(), broken, "totp"); err == nil {
			t.Errorf("%s: %q without an error", name, got)
		}
	}
}

func TestCodeCredential(t *testing.T) {
	t.Parallel()
	s, _ := watched(t)
	i := create(t, s, `{"phone":"+1 202 555 0123"}`)
	c, err := s.Credential(t.Context(), i.ID, identity.TypeCode)
	if err != nil || !slices.Equal(c.Identifiers, []string{"+12025550123"}) {
		t.Fatalf("%+v, %v", c, err)
	}
	var config, want any
	_ = json.Unmarshal([]byte(`{"addresses":[{"channel":"sms","address":"+1 202 555 0123"}]}`), &want)
	if err := json.Unmarshal(c.Config, &config); err != nil || !equalJSON(config, want) {
		t.Errorf("%s", c.Config)
	}
	i = save(t, s, from(t, s, i, `{"phone":"+1 202 555 0199"}`))
	if c, err = s.Credential(t.Context(), i.ID, identity.TypeCode); err != nil || !slices.Equal(c.Identifiers, []string{"+12025550199"}) {
		t.Errorf("a new number: %+v, %v", c, err)
	}
	if none := identity.CodeCredential(nil); string(none.Config) != `{"addresses":[]}` || len(none.Identifiers) != 0 {
		t.Errorf("no address: %+v", none)
	}
}

func equalJSON(a, b any) bool {
	one, _ := json.Marshal(a)
	other, _ := json.Marshal(b)
	return string(one) == string(other)
}

func TestOf(t *testing.T) {
	t.Parallel()
	all := []identity.Credential{{Type: "a"}, {Type: "b"}}
	if got := identity.Of(all, "b"); got != &all[1] {
		t.Errorf("got %v", got)
	}
	if got := identity.Of(all, "c"); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestDraft_unknownSchema(t *testing.T) {
	t.Parallel()
	s, _ := watched(t)
	i := create(t, s, `{"user":"ada"}`)
	if _, err := s.Draft(t.Context(), "gone", json.RawMessage(`{}`)); err == nil {
		t.Error("a new identity of an unknown schema")
	}
	if _, err := s.DraftFrom(t.Context(), i, "gone", i.Traits); err == nil {
		t.Error("a change to an unknown schema")
	}
	i.SchemaID = "gone"
	if _, err := s.DraftUnchanged(t.Context(), i); err == nil {
		t.Error("a draft of an identity whose schema is gone")
	}
	if schema, err := s.Schema(t.Context(), "default"); err != nil || schema == nil {
		t.Errorf("%v", err)
	}
}

func TestDraft_newIdentity(t *testing.T) {
	t.Parallel()
	s, _ := watched(t)
	d, err := s.Draft(t.Context(), "default", json.RawMessage(`{"email":"ada@example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	d.RetainOldAddresses()
	if len(d.NewAddresses()) != 1 || len(d.RemovedAddresses()) != 0 || len(d.Identity.Recovery) != 0 {
		t.Errorf("new %v, removed %v, recovery %v", d.NewAddresses(), d.RemovedAddresses(), d.Identity.Recovery)
	}
}

func TestList_withoutTotal(t *testing.T) {
	t.Parallel()
	s, _ := watched(t)
	create(t, s, `{"user":"ada"}`)
	page, total, err := s.List(t.Context(), identity.Query{Limit: 5, NoTotal: true})
	if err != nil || len(page) != 1 || total != 0 {
		t.Errorf("%d of %d, %v", len(page), total, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.List(ended, identity.Query{Limit: 5}); err == nil {
		t.Error("a failing store made a page")
	}
}

// A stranger who registers with the owner's address and one of their own does not
// get back in by the latter once the owner has confirmed the former.
func TestRecovers(t *testing.T) {
	t.Parallel()
	i := &identity.Identity{
		Recovery:   []identity.Address{{Via: "email", Normalized: "owner@x.example"}, {Via: "email", Normalized: "stranger@x.example"}, {Via: "email", Normalized: "plain@x.example"}},
		Verifiable: []identity.Address{{Via: "email", Normalized: "owner@x.example"}, {Via: "email", Normalized: "stranger@x.example"}, {Via: "sms", Normalized: "+4930123"}},
	}
	recovering := func() (all []string) {
		for _, to := range []string{"owner@x.example", "stranger@x.example", "plain@x.example", "none@x.example"} {
			if i.Recovers("email", to) {
				all = append(all, to)
			}
		}
		return all
	}
	i.Verifiable[2].Verified = true // it recovers nothing, so it takes nothing away
	if got := recovering(); !slices.Equal(got, []string{"owner@x.example", "stranger@x.example", "plain@x.example"}) {
		t.Errorf("before the first proof: %v", got)
	}
	i.Verifiable[0].Verified = true
	if got := recovering(); !slices.Equal(got, []string{"owner@x.example", "plain@x.example"}) {
		t.Errorf("after it: %v", got)
	}
}
