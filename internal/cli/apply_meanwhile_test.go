package cli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
	"github.com/symbolon/symbolon/internal/config"
)

// meanwhile does something before the first request that changes an identity.
type meanwhile struct {
	do func()
}

// RoundTrip is http.RoundTripper.
func (m *meanwhile) RoundTrip(r *http.Request) (*http.Response, error) {
	if do := m.do; do != nil && r.Method != http.MethodGet {
		m.do = nil
		do()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// withJane starts a server that has the identity of declaredJane, and returns its address
// and a client of it.
func withJane(t *testing.T) (base *url.URL, plain *adminclient.Client, jane *adminapi.IdentityV1) {
	t.Helper()
	s := startServer(t)
	if got := s.applied(t, declaredJane); got.code != exitOK {
		t.Fatal(got.err)
	}
	base, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	plain = adminclient.New(adminclient.Config{URL: base})
	jane, err = plain.RecordByExternalID(t.Context(), "crm-1")
	if err != nil {
		t.Fatal(err)
	}
	return base, plain, jane
}

// What is not declared stays as others make it, at any moment.
func TestApply_meanwhile(t *testing.T) {
	t.Parallel()
	base, plain, jane := withJane(t)
	client := adminclient.New(adminclient.Config{URL: base, Transport: &meanwhile{do: func() {
		if _, err := plain.UpdateIdentity(t.Context(), jane.ID, json.RawMessage(`{"traits":{"email":"new@example.org"}}`)); err != nil {
			t.Error(err)
		}
	}}})
	made := applyIdentity(t.Context(), client, &config.Declared{ExternalID: "crm-1", MetadataPublic: json.RawMessage(`{"plan":"silver"}`)}, nil)
	if made.Action != actionChange || made.Error != "" {
		t.Errorf("%+v", made)
	}
	after, err := plain.RecordByExternalID(t.Context(), "crm-1")
	if err != nil || !strings.Contains(string(after.Traits), "new@example.org") || !strings.Contains(string(after.MetadataPublic), "silver") {
		t.Errorf("it is %s %s, %v", after.Traits, after.MetadataPublic, err)
	}
}

func TestPatchIdentity_meanwhile(t *testing.T) {
	t.Parallel()
	base, plain, jane := withJane(t)
	patch := func(text string) changed { return changed{Traits: json.RawMessage(text)} }
	client := adminclient.New(adminclient.Config{URL: base, Transport: &meanwhile{do: func() {
		if _, err := patchIdentity(t.Context(), plain, jane.ID, patch(`{"email":"new@example.org"}`)); err != nil {
			t.Error(err)
		}
	}}})
	saved, err := patchIdentity(t.Context(), client, jane.ID, patch(`{"name":{"first":"Jane"}}`))
	if err != nil || !sameJSON(saved.Traits, json.RawMessage(`{"email":"new@example.org","name":{"first":"Jane"}}`)) {
		t.Errorf("it is %+v, %v", saved, err)
	}
	if _, err := patchIdentity(t.Context(), plain, jane.ID, patch(`{"email":7}`)); err == nil {
		t.Error("traits that the schema refuses are taken")
	}
}
