package wire1_test

import (
	"net/http"
	"net/url"
	"testing"
)

// A browser's form always has the anti-CSRF token of a login; a form of another kind that offers nothing is empty.
func TestFormsThatOfferNothing(t *testing.T) {
	t.Parallel()
	const organization = "?organization=5f7d9b2c-0000-4000-8000-000000000000"
	s := newSite(t)
	bare := newSite(t, "SELFSERVICE_METHODS_PASSWORD_ENABLED=false", "SELFSERVICE_METHODS_CODE_ENABLED=false", "SELFSERVICE_METHODS_TOTP_ENABLED=false",
		"SELFSERVICE_METHODS_LOOKUP_SECRET_ENABLED=false", "SELFSERVICE_METHODS_WEBAUTHN_ENABLED=false", "SELFSERVICE_METHODS_PASSKEY_ENABLED=false",
		"SELFSERVICE_FLOWS_RECOVERY_ENABLED=false", "SELFSERVICE_FLOWS_VERIFICATION_ENABLED=false", "SELFSERVICE_METHODS_PROFILE_ENABLED=false")
	for _, of := range []struct {
		name, kind, query string
		by                *client
		nodes             int
	}{
		{"script, login, organization", "login", organization, s.script(), 1},
		{"native, login, organization", "login", organization, s.native(), 0},
		{"script, registration, organization", "registration", organization, s.script(), 0},
		{"native, registration, organization", "registration", organization, s.native(), 0},
		{"script, login without methods", "login", "", bare.script(), 1},
		{"native, login without methods", "login", "", bare.native(), 0},
	} {
		form := of.by.start(t, of.kind, of.query)
		nodes, _ := form.at("ui.nodes").([]any)
		if nodes == nil || len(nodes) != of.nodes || of.nodes == 1 && form.at("ui.nodes.0.attributes.name") != "csrf_token" {
			t.Errorf("%s: %v", of.name, form.at("ui.nodes"))
		}
	}
}

// An operator finds the mails to an address by either form of it: as it was typed, and as it is compared.
func TestMailsAreFoundByAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.native().register(t, "Two.Spelled@example.ORG")
	for _, recipient := range []string{"two.spelled@example.org", "Two.Spelled@example.ORG", "TWO.SPELLED@EXAMPLE.ORG"} {
		list := s.native().operate(t, http.MethodGet, "/admin/courier/messages?recipient="+url.QueryEscape(recipient), nil)
		want(t, recipient, list, 200, `"recipient":"Two.Spelled@example.ORG"`)
	}
	want(t, "another", s.native().operate(t, http.MethodGet, "/admin/courier/messages?recipient=one@example.org", nil), 200, "[]")
}
