package api

import (
	"net/http"
	"strings"
	"testing"
)

// A browser in which the owner signed in before has a count of its own (W1).
func TestGuessing_knownBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.browser(t)
	owner.registerBrowser(t, "jane@example.org")
	owner.get(t, "/self-service/browser/flows/logout")
	for range 10 {
		s.login(t, "jane@example.org", "wrong password 3")
	}
	if a := s.login(t, "jane@example.org", password); a.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("a stranger after ten guesses: %d", a.StatusCode)
	}
	signIn := func(c *client, typed string) bool {
		action, token := c.fetch(t, "login", "password", c.page(t, "login"))
		a := c.form(t, action, map[string]string{"csrf_token": token, "identifier": "jane@example.org", "password": typed})
		return !strings.Contains(a.Header.Get("Location"), "/login?flow=")
	}
	if signIn(s.browser(t), password) {
		t.Error("a browser that is not known is let in")
	}
	if !signIn(owner, password) {
		t.Error("the owner is locked out of a known browser")
	}
	owner.get(t, "/self-service/browser/flows/logout")
	for range 10 {
		if signIn(owner, "wrong password 4") {
			t.Fatal("a wrong password signs in")
		}
	}
	if signIn(owner, password) {
		t.Error("a known browser guesses without end")
	}
}
