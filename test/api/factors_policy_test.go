package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The policy of a schema leads people to a second factor: at once, or after a time in which
// only the settings say so.
func TestRequiredFactor(t *testing.T) {
	t.Parallel()
	s := factorSite(t, `SECURITY_REQUIRED_FACTORS=[{"schema_id":"default","grace_period":"72h","methods":["totp","webauthn"]}]`)
	token := s.register(t, "jane@example.org")
	c := s.app1()
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
		t.Fatalf("in the grace period: %d %s", a.StatusCode, a.body)
	}
	if f := c.begin(t, "settings", "", token); !strings.Contains(string(f.body), "Days left: 3.") {
		t.Errorf("settings do not say how long there is: %s", f.body)
	}
	s.pass(73 * time.Hour)
	token = s.signedIn(t, "jane@example.org")
	if a := s.whoami(t, token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the grace period: %d %s", a.StatusCode, a.body)
	}
	v1 := c.get(t, "/v1/sessions/whoami", as(token)...)
	if to := v1.text(t, "redirect_browser_to"); v1.StatusCode != http.StatusForbidden || !strings.HasSuffix(to, "/v1/self-service/settings/browser") || v1.text(t, "error.id") != "factor_required" {
		t.Errorf("after the grace period on v1: %d %s", v1.StatusCode, v1.body)
	}
	s.enrolApp(t, token)
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
		t.Errorf("with an app: %d %s", a.StatusCode, a.body)
	}
	f := c.begin(t, "settings", "", token)
	if a := c.submit(t, f, "totp", map[string]any{"totp_unlink": "true"}, token); a.StatusCode != http.StatusBadRequest || !strings.Contains(string(a.body), "4000048") {
		t.Errorf("the only app is removed: %d %s", a.StatusCode, a.body)
	}
	s.addKey(t, token)
	f = c.begin(t, "settings", "", token)
	if a := c.submit(t, f, "totp", map[string]any{"totp_unlink": "true"}, token); a.StatusCode != http.StatusOK {
		t.Errorf("the app is removed beside a key: %d %s", a.StatusCode, a.body)
	}
}

func TestRequiredFactor_leadsBrowsersToTheSettings(t *testing.T) {
	t.Parallel()
	s := factorSite(t, `SECURITY_REQUIRED_FACTORS=[{"schema_id":"default"}]`)
	s.made(t, "jane@example.org", map[string]any{})
	b := s.browser(t)
	action, csrf := b.startBrowser(t, "login", "password", "")
	in := b.form(t, action, map[string]string{"identifier": "jane@example.org", "password": password, "csrf_token": csrf})
	again := b.get(t, "/self-service/login/browser")
	for what, a := range map[string]answer{"the sign-in": in, "another sign-in": again} {
		to, err := url.Parse(a.Header.Get("Location"))
		if err != nil || !strings.HasSuffix(to.Path, "/self-service/settings/browser") || to.Query().Get("return_to") == "" {
			t.Errorf("%s leads to %s", what, to)
		}
	}
	shown := b.get(t, in.Header.Get("Location"))
	page := b.get(t, shown.Header.Get("Location"))
	if page.StatusCode != http.StatusOK || !strings.Contains(string(page.body), "Please set one up to go on") {
		t.Errorf("the settings: %d %s", page.StatusCode, page.body)
	}
}

func TestRequiredFactor_olderAccountsAndMethodsThatAreOff(t *testing.T) {
	t.Parallel()
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.DateOnly)
	s := newSite(t, `SECURITY_REQUIRED_FACTORS=[{"schema_id":"default","since":"`+tomorrow+`"}]`, "SELFSERVICE_METHODS_TOTP_ENABLED=true")
	token := s.register(t, "jane@example.org")
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
		t.Errorf("before the policy begins: %d %s", a.StatusCode, a.body)
	}
	s.pass(49 * time.Hour)
	if a := s.whoami(t, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("since the policy began: %d", a.StatusCode)
	}
	off := newSite(t, `SECURITY_REQUIRED_FACTORS=[{"schema_id":"default"}]`)
	if a := off.whoami(t, off.register(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Errorf("with every method switched off: %d %s", a.StatusCode, a.body)
	}
}
