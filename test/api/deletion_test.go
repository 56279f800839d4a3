package api

import (
	"encoding/json"
	escape "html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// closeAccount closes the account of the person who is signed in, as the settings page does.
func (c *client) closeAccount(t testing.TB) answer {
	t.Helper()
	page := c.follows(t, "/settings")
	_, rest, found := strings.Cut(string(page.body), `id="deletion"`)
	if !found {
		t.Fatalf("the settings do not offer to delete the account: %s", page.body)
	}
	page.body = []byte(rest)
	action, csrf := actionOf(t, page)
	// A box follows the value that it has when it is off.
	sent := url.Values{"csrf_token": {csrf}, "confirm": {"false", "true"}}
	return c.do(t, http.MethodPost, action, sent.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func TestDeletion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	id := c.get(t, "/sessions/whoami").text(t, "identity.id")
	app := s.login(t, "jane@example.org", password).text(t, "session_token")
	a := c.closeAccount(t)
	c.follow(t, a.Header.Get("Location")).says(t, http.StatusOK, "<h1>Your account is closed</h1>", "It will be deleted on", "If you sign in before then, you keep it.", "Sign in and keep it")
	if c.get(t, "/sessions/whoami").StatusCode != http.StatusUnauthorized || s.whoami(t, app).StatusCode != http.StatusUnauthorized {
		t.Error("a session outlives the account's closing")
	}
	list, _ := messages(t, s.app1().get(t, s.admin.URL+"/courier/messages?recipient=jane@example.org"))
	if len(list) == 0 || list[0]["subject"] != "Your account is closed" {
		t.Errorf("the owner is not told: %v", list)
	}
	if page := s.app1().get(t, s.admin.URL+"/console/identities/"+id, "Accept", html); !strings.Contains(string(page.body), "because the owner closed the account") {
		t.Errorf("the console does not say so: %s", page.body)
	}

	s.pass(13 * 24 * time.Hour)
	s.cleanUp(t)
	if got := s.login(t, "jane@example.org", password).StatusCode; got != http.StatusOK {
		t.Fatalf("signing in within the grace period: %d", got)
	}
	s.pass(2 * 24 * time.Hour)
	s.cleanUp(t)
	if got := s.login(t, "jane@example.org", password).StatusCode; got != http.StatusOK {
		t.Fatalf("the account was not kept: %d", got)
	}

	again := s.browser(t)
	action, csrf := again.startBrowser(t, "login", "password", "")
	again.form(t, action, map[string]string{"csrf_token": csrf, "identifier": "jane@example.org", "password": password})
	again.closeAccount(t)
	s.pass(15 * 24 * time.Hour)
	s.cleanUp(t)
	if got := s.app1().get(t, s.admin.URL+"/identities/"+id).StatusCode; got != http.StatusNotFound {
		t.Errorf("the identity after the grace period: %d", got)
	}
	s.register(t, "jane@example.org") // the address is free
}

// A session that is too old signs in again first, and what was sent is not lost.
func TestDeletion_old_session(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	s.pass(2 * time.Hour)
	to := c.closeAccount(t).Header.Get("Location")
	if !strings.Contains(to, "/login/browser?refresh=true") {
		t.Fatalf("an old session is led to %s", to)
	}
	page := c.follow(t, to)
	action, csrf := actionOf(t, page)
	a := c.form(t, action, map[string]string{"csrf_token": csrf, "identifier": "jane@example.org", "password": password})
	for range 3 {
		if to = a.Header.Get("Location"); strings.Contains(to, "/settings/closed") {
			return
		}
		a = c.get(t, to, "Accept", html)
	}
	t.Errorf("the account was not closed: %d %s", a.StatusCode, a.body)
}

// An app without a browser deletes accounts too, and a file of v0.5 offers nothing.
func TestDeletion_api(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	start := s.app1().get(t, "/self-service/settings/api", "X-Session-Token", token)
	action := start.text(t, "methods.deletion.config.action")
	if a := s.app1().json(t, action, map[string]any{"confirm": false}, "X-Session-Token", token); a.StatusCode != http.StatusBadRequest {
		t.Errorf("without confirmation: %d %s", a.StatusCode, a.body)
	}
	a := s.app1().json(t, action, map[string]any{"confirm": true}, "X-Session-Token", token)
	if a.StatusCode != http.StatusOK || !json.Valid(a.body) || s.whoami(t, token).StatusCode != http.StatusUnauthorized {
		t.Errorf("%d %s", a.StatusCode, escape.EscapeString(string(a.body)))
	}
	off := newSite(t, "SELFSERVICE_METHODS_DELETION_ENABLED=false")
	token = off.register(t, "jane@example.org")
	if start := off.app1().get(t, "/self-service/settings/api", "X-Session-Token", token); strings.Contains(string(start.body), "deletion") {
		t.Errorf("it is offered though it is off: %s", start.body)
	}
}

func (s *site) cleanUp(t testing.TB) {
	t.Helper()
	if _, err := s.app.CleanUpNow(t.Context()); err != nil {
		t.Fatal(err)
	}
}
