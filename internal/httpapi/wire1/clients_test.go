package wire1_test

import (
	"net/http"
	"strings"
	"testing"
)

// What generated clients send: members that hold nothing, as their models write them.
func TestClients_nullMembers(t *testing.T) {
	t.Parallel()
	o := newSite(t).script()
	link := func(member string) string {
		return `{"schema_id":"default","traits":{"email":"linked@example.org"},"organization_id":null,
			"credentials":{"oidc":{"config":{"providers":[{"provider":"google","subject":"1"` + member + `}]}}}}`
	}
	want(t, "of an organization", o.operate(t, http.MethodPost, "/admin/identities", link(`,"organization":"5f7d9b2c-0000-4000-8000-000000000000"`)), 400, "no organizations")
	want(t, "of none", o.operate(t, http.MethodPost, "/admin/identities", link(`,"organization":null`)), 201, "google:1")
}

// The names of templates that generated clients know are a closed list; one other name hides all messages from them. The
// answers are compared with the document, which has the list.
func TestClients_templates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	n := s.native()
	n.register(t, "noticed@example.org")
	form := n.start(t, "settings", "")
	want(t, "change", n.submit(t, form, map[string]any{"method": "password", "password": "a heron on the lighthouse stairs"}), 200, "success")
	list := s.script().operate(t, http.MethodGet, "/admin/courier/messages?recipient=noticed@example.org", nil)
	want(t, "a notice", list, 200, `"template_type":"stub"`)
	if !strings.Contains(list.Body.String(), `"template_type":"verification_code_valid"`) {
		t.Errorf("a code: %s", list.Body)
	}
}

// Generated clients of Python write flags as True.
func TestClients_flags(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if code := s.native().start(t, "login", "?return_session_token_exchange_code=True").text("session_token_exchange_code"); code == "" {
		t.Error("no code to exchange for the session")
	}
	n := s.native()
	n.register(t, "again@example.org")
	want(t, "signed in", n.ask(t, http.MethodGet, "/self-service/login/api", nil), 400, "session_already_available")
	want(t, "refresh", n.ask(t, http.MethodGet, "/self-service/login/api?refresh=True", nil), 200, `"refresh":true`)
}

// Generated clients of Rust write the name of the method twice: as the tag and as a member of what it tags.
func TestClients_methodTwice(t *testing.T) {
	t.Parallel()
	n := newSite(t).native()
	form := n.start(t, "registration", "")
	to := "/self-service/registration?flow=" + form.text("id")
	said := func(second string) string {
		return `{"method":"password","password":"` + password + `","method":"` + second + `","traits":{"email":"rust@example.org"}}`
	}
	want(t, "two methods", n.ask(t, http.MethodPost, to, said("code")), 400, "Unable to decode form as JSON.")
	want(t, "one method", n.ask(t, http.MethodPost, to, said("password")), 200, "rust@example.org")
}
