package wire1_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A flow that was begun in one wire can be sent through the other, and a session counts in
// both.
func TestFlow_acrossWires(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_REGISTRATION_STYLE=unified")
	s.native().register(t, "both@example.org")

	old := s.native().ask(t, http.MethodGet, "/v0.5/self-service/login/api", nil)
	if old.at("methods.password.config.action") == nil {
		t.Fatalf("v0.5: %d %s", old.Code, old.Body)
	}
	in := s.native().ask(t, http.MethodPost, "/v1/self-service/login?flow="+old.text("id"),
		map[string]any{"method": "password", "identifier": "both@example.org", "password": password})
	want(t, "begun in v0.5, sent through v1", in, 200, `"session_token":"ory_st_`)

	form := s.native().start(t, "login", "")
	out := s.native().ask(t, http.MethodPost, "/v0.5/self-service/login/methods/password?flow="+form.text("id"),
		map[string]any{"identifier": "both@example.org", "password": password})
	want(t, "begun in v1, sent through v0.5", out, 200, `"session_token"`)

	for _, token := range []string{in.text("session_token"), strings.TrimPrefix(in.text("session_token"), "ory_st_"), out.text("session_token")} {
		for _, path := range []string{"/v0.5/sessions/whoami", "/v1/sessions/whoami", "/sessions/whoami"} {
			c := s.native()
			c.header.Set("X-Session-Token", token)
			want(t, path, c.ask(t, http.MethodGet, path, nil), 200, "both@example.org")
		}
	}

	// Browsers have a cookie of each wire against forged forms; a form counts in the wire
	// that shows it.
	b := s.browser()
	page := b.start(t, "login", "")
	shown := b.ask(t, http.MethodGet, "/v0.5/self-service/login/flows?id="+page.text("id"), nil)
	own := 0
	for name := range b.jar {
		if strings.Contains(name, "csrf_token") {
			own++
		}
	}
	if shown.Code != http.StatusOK || own != 2 {
		t.Errorf("v0.5 shows a form of v1: %d, cookies %v", shown.Code, b.jar)
	}
	want(t, "v1 form", b.ask(t, http.MethodPost, page.text("ui.action"), url.Values{
		"csrf_token": {page.node("csrf_token")["value"].(string)}, "method": {"password"}, "identifier": {"both@example.org"}, "password": {password},
	}), 303, "")
	want(t, "signed in for both", b.ask(t, http.MethodGet, "/v0.5/sessions/whoami", nil), 200, "both@example.org")
}
