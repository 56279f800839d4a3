package api

import (
	escape "html"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRegistrationSaysThatTheAccountIsThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_REGISTRATION_AFTER_PASSWORD_HOOKS=[]", "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.example.org/")
	c := s.browser(t)
	a := c.get(t, "/self-service/registration/browser?return_to="+url.QueryEscape("https://app.example.org/x"), "Accept", html)
	action, csrf := actionOf(t, c.follow(t, a.Header.Get("Location")))
	a = c.form(t, action, map[string]string{"csrf_token": csrf, "traits.email": "jane@example.org", "password": password})
	if a.StatusCode != http.StatusFound || !strings.Contains(a.Header.Get("Location"), "/registration/done?return_to=") {
		t.Fatalf("registered: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	page := c.follow(t, a.Header.Get("Location"))
	page.says(t, http.StatusOK, "Your account is ready", "login/browser?return_to=https%3A%2F%2Fapp.example.org%2Fx")
}

// actionOf finds the first form of a page that carries a token.
func actionOf(t testing.TB, page answer) (action, csrf string) {
	t.Helper()
	_, rest, found := strings.Cut(string(page.body), `<form method="post" action="`)
	action, rest, _ = strings.Cut(rest, `"`)
	_, rest, _ = strings.Cut(rest, `name="csrf_token" value="`)
	csrf, _, _ = strings.Cut(rest, `"`)
	if !found || csrf == "" {
		t.Fatalf("the page has no form: %s", page.body)
	}
	return escape.UnescapeString(action), escape.UnescapeString(csrf)
}

func TestRedirectLoopIsBroken(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.example.org/,https://other.example.org/")
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	start := func(app string) string {
		return c.get(t, "/self-service/login/browser?return_to="+url.QueryEscape("https://"+app+"/"), "Accept", html).Header.Get("Location")
	}
	for range 3 {
		if to := start("app.example.org"); to != "https://app.example.org/" {
			t.Fatalf("a signed-in visitor is led to %s", to)
		}
	}
	if to := start("other.example.org"); to != "https://other.example.org/" {
		t.Errorf("another application is taken for the same: %s", to)
	}
	for range 3 {
		start("app.example.org")
	}
	to := start("app.example.org")
	if !strings.Contains(to, "/error?error=") {
		t.Fatalf("the fourth time within seconds leads to %s", to)
	}
	c.follow(t, to).says(t, http.StatusOK, "the application does not notice", "https://app.example.org does not see the session", "session.cookie.domain")
	if !strings.Contains(s.log.String(), "redirect_loop") {
		t.Error("the log does not name the loop")
	}
}

func TestErrorsAreAPageForBrowsers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.get(t, "/nowhere", "Accept", html).says(t, http.StatusNotFound, "<h1>There is nothing here</h1>")
	if a := c.get(t, "/nowhere"); strings.Contains(string(a.body), "<h1>") {
		t.Errorf("a client that asks for no page gets one: %s", a.body)
	}
	if err := s.app.Close(); err != nil {
		t.Fatal(err)
	}
	c.get(t, "/self-service/login/browser", "Accept", html).says(t, http.StatusServiceUnavailable, "<h1>We cannot answer just now</h1>")
	if a := c.get(t, "/self-service/login/browser", "Accept", "application/json"); !strings.HasPrefix(string(a.body), "{") {
		t.Errorf("a client that asks for JSON gets %s", a.body)
	}
}

func TestReturnURLThatIsNotAllowedNamesTheKey(t *testing.T) {
	t.Parallel()
	c := newSite(t).browser(t)
	to := c.get(t, "/self-service/login/browser?return_to=https://app.example.org/", "Accept", html).Header.Get("Location")
	c.follow(t, to).says(t, http.StatusOK, "leads to a place that is not allowed", "https://app.example.org/", "selfservice.whitelisted_return_urls")
}

func TestDownloadHasWhatIsKeptAndNoSecret(t *testing.T) {
	t.Parallel()
	c := newSite(t).browser(t)
	c.registerBrowser(t, "jane@example.org")
	settings := c.follow(t, "/settings")
	_, rest, _ := strings.Cut(string(settings.body), `action="/settings/data"`)
	_, rest, _ = strings.Cut(rest, `name="csrf_token" value="`)
	csrf, _, _ := strings.Cut(rest, `"`)
	a := c.form(t, "/settings/data", map[string]string{"csrf_token": escape.UnescapeString(csrf)})
	if a.StatusCode != http.StatusOK || a.text(t, "traits.email") != "jane@example.org" || a.text(t, "addresses.value") != "jane@example.org" {
		t.Fatalf("%d: %s", a.StatusCode, a.body)
	}
	if strings.Contains(string(a.body), "argon2") || strings.Contains(string(a.body), "token") {
		t.Errorf("the file holds a secret: %s", a.body)
	}
}
