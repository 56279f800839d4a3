package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestMount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")

	started := s.app1().do(t, http.MethodGet, "/v0.5/self-service/login/api", "")
	action := started.text(t, "methods.password.config.action")
	if want := s.public.URL + "/v0.5/self-service/login/methods/password?flow="; !strings.HasPrefix(action, want) {
		t.Fatalf("the form is sent to %q, want %q…", action, want)
	}
	body := `{"identifier":"jane@example.org","password":"` + password + `"}`
	done := s.app1().do(t, http.MethodPost, strings.TrimPrefix(action, s.public.URL), body, "Content-Type", "application/json")
	if done.StatusCode != http.StatusOK {
		t.Fatalf("submitted below the prefix: %d %s", done.StatusCode, done.body)
	}

	// Each mount has a body of its own for one cached session.
	for path, schema := range map[string]string{
		"/sessions/whoami": "/schemas/default", "/v0.5/sessions/whoami": "/v0.5/schemas/default",
	} {
		for range 2 {
			a := s.app1().do(t, http.MethodGet, path, "", "X-Session-Token", token)
			if got := a.text(t, "identity.schema_url"); got != s.public.URL+schema {
				t.Errorf("%s: the schema is at %q, want %q", path, got, s.public.URL+schema)
			}
		}
	}

	asked := s.browser(t).do(t, http.MethodGet, "/v0.5/self-service/settings/browser", "")
	if to := asked.Header.Get("Location"); !strings.HasPrefix(to, s.public.URL+"/v0.5/self-service/login/browser?return_to=") {
		t.Errorf("signed out, settings lead to %q", to)
	}
}
