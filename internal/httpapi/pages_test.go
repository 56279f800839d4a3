package httpapi_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

var tokenField = regexp.MustCompile(`name="csrf_token" value="([^"]+)"`)

// pageToken is the anti-CSRF token of the first form of a page.
func pageToken(t testing.TB, page string) string {
	t.Helper()
	m := tokenField.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no form: %s", page)
	}
	return html.UnescapeString(m[1])
}

// page is a client that asks for HTML.
func (s *site) page() *client { return s.browser().with("Accept", "text/html") }

// shows fetches a page and returns it.
func (c *client) shows(t testing.TB, target, text string) string {
	t.Helper()
	r := c.do(t, http.MethodGet, target, "")
	if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), text) {
		t.Fatalf("%s: %d, without %q: %s", target, r.Code, text, r.Body)
	}
	return r.Body.String()
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	visitor := s.page()
	id, _ := visitor.start(t, "login", "")
	visitor.shows(t, "/login?flow="+id, `action="https://id.shop.test/self-service/login/methods/password?flow=`+id)
	visitor.shows(t, "/recovery?token=abc", `method="post"`)
	visitor.shows(t, "/", "/self-service/login/browser")
	if r := s.page().do(t, http.MethodGet, "/login?flow="+id, ""); tokenField.MatchString(r.Body.String()) && strings.Contains(r.Body.String(), "?flow="+id) {
		t.Errorf("another browser is shown the form: %d %s", r.Code, r.Body)
	}
	if r := visitor.do(t, http.MethodGet, "/nothing", ""); r.Code != http.StatusNotFound || !strings.Contains(r.Body.String(), "<html") {
		t.Errorf("an unknown path: %d %s", r.Code, r.Body)
	}
}

func TestPages_sessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	here, there := s.page(), s.page()
	here.register(t, "jane@shop.test")
	there.login(t, "jane@shop.test", password)
	id, _ := here.start(t, "settings", "")
	token := pageToken(t, here.shows(t, "/settings?flow="+id, "/settings/places"))
	if r := here.do(t, http.MethodPost, "/settings/places", form("flow", id)); there.whoami(t) == "" {
		t.Fatalf("without the token of the form: %d", r.Code)
	}
	if r := here.do(t, http.MethodPost, "/settings/places", form("flow", id, "csrf_token", token)); there.whoami(t) != "" || here.whoami(t) == "" {
		t.Errorf("the other sessions do not end, or this one does: %d %s", r.Code, r.Body)
	}
	there.login(t, "jane@shop.test", password)
	other := there.do(t, http.MethodGet, "/sessions/whoami", "").text(t, "id")
	if r := here.do(t, http.MethodPost, "/settings/places", form("flow", id, "csrf_token", token, "session", other)); there.whoami(t) != "" {
		t.Errorf("the session that was named does not end: %d", r.Code)
	}
}

func TestPages_data(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.page()
	c.register(t, "jane@shop.test")
	id, _ := c.start(t, "settings", "")
	token := pageToken(t, c.shows(t, "/settings?flow="+id, "/settings/data"))
	r := c.do(t, http.MethodPost, "/settings/data", form("csrf_token", token))
	var data struct {
		Traits    struct{ Email string }
		Addresses []struct{ Value, Use string }
		Sessions  []struct{ Methods []string }
	}
	if err := json.Unmarshal(r.Body.Bytes(), &data); err != nil || data.Traits.Email != "jane@shop.test" || len(data.Addresses) != 2 || len(data.Sessions) != 1 {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if data.Sessions[0].Methods[0] != "password" || strings.Contains(r.Body.String(), "argon2") {
		t.Errorf("%s", r.Body)
	}
}

func TestStoredError(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.page()
	c.start(t, "login", "")
	to := c.do(t, http.MethodGet, "/self-service/login/browser?return_to=https://evil.test/", "").location(t)
	id := to.Query().Get("error")
	if to.Path != "/error" || id == "" {
		t.Fatalf("led to %s", to)
	}
	c.shows(t, to.String(), "evil.test")
	stored := "/self-service/errors?error=" + id
	const says = "evil.test"
	if r := c.do(t, http.MethodGet, stored, ""); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), says) {
		t.Errorf("the browser that met it: %d %s", r.Code, r.Body)
	}
	stranger := s.browser()
	stranger.start(t, "login", "")
	if r := stranger.do(t, http.MethodGet, stored, ""); r.Code != http.StatusForbidden || strings.Contains(r.Body.String(), says) {
		t.Errorf("another browser: %d %s", r.Code, r.Body)
	}
	if r := stranger.with("Accept", "text/html").do(t, http.MethodGet, to.String(), ""); strings.Contains(r.Body.String(), says) {
		t.Errorf("another browser's page: %s", r.Body)
	}
	if r := stranger.do(t, http.MethodGet, "/self-service/errors?error="+unknownID, ""); r.Code != http.StatusForbidden {
		t.Errorf("unknown: %d %s", r.Code, r.Body)
	}
	s.askAll(t, []ask{
		{"an operator", http.MethodGet, stored, "", nil, 200, says},
		{"the example", http.MethodGet, "/self-service/errors?error=stub:500", "", nil, 200, "This is a stub error."},
		{"unknown", http.MethodGet, "/self-service/errors?error=" + unknownID, "", nil, 404, "Unable to locate"},
	})
}

func TestLogout_leadsOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.page()
	c.register(t, "jane@shop.test")
	out := c.do(t, http.MethodGet, "/self-service/browser/flows/logout?return_to=https://app.shop.test/bye", "")
	if out.Code != http.StatusFound || out.location(t).String() != "https://app.shop.test/bye" || c.whoami(t) != "" {
		t.Errorf("%d %s, signed in as %q", out.Code, out.location(t), c.whoami(t))
	}
	if got := out.Header().Get("Clear-Site-Data"); got != `"cache"` {
		t.Errorf("Clear-Site-Data: %s", got)
	}
	if r := c.do(t, http.MethodGet, "/self-service/browser/flows/logout?return_to=https://evil.test/", ""); r.location(t).Path != "/error" {
		t.Errorf("led to %s", r.location(t))
	}
	token := s.apiToken(t, "app@shop.test")
	app := s.browser().with("Authorization", "Bearer "+token)
	if app.whoami(t) == "" {
		t.Fatal("the token does not sign in")
	}
	if app.do(t, http.MethodGet, "/self-service/browser/flows/logout", ""); app.whoami(t) != "" {
		t.Error("a bearer token outlives the sign-out")
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.apiToken(t, "jane@shop.test")
	app := s.browser().with("X-Session-Token", token)
	for _, c := range []struct {
		name, body string
		status     int
		alive      bool
	}{
		{"unknown token", `{"session_token":"x"}`, http.StatusNoContent, true},
		{"no body", "", http.StatusBadRequest, true},
		{"no JSON", `{`, http.StatusBadRequest, true},
		{"wrong type", `{"session_token":7}`, http.StatusBadRequest, true},
		{"the token", `{"session_token":"` + token + `"}`, http.StatusNoContent, false},
		{"once more", `{"session_token":"` + token + `"}`, http.StatusNoContent, false},
	} {
		r := s.browser().do(t, http.MethodDelete, "/sessions", c.body)
		if r.Code != c.status || (app.whoami(t) != "") != c.alive {
			t.Errorf("%s: %d %s, alive %v", c.name, r.Code, r.Body, app.whoami(t) != "")
		}
	}
}

// An application that does not see the session sends the browser back at once; after a few
// rounds within seconds the person is told, and not the browser.
func TestRedirectLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.page()
	c.register(t, "jane@shop.test")
	visit := func(to string) string {
		return c.do(t, http.MethodGet, "/self-service/login/browser?return_to="+to, "").location(t).String()
	}
	const app = "https://app.shop.test/a"
	for range 3 {
		if to := visit(app); to != app {
			t.Fatalf("led to %s", to)
		}
	}
	if to := visit("https://app.shop.test/b"); to != "https://app.shop.test/b" {
		t.Errorf("another URL of the application: %s", to)
	}
	for range 3 {
		visit(app)
	}
	to := visit(app)
	if !strings.HasPrefix(to, "https://id.shop.test/error?error=") {
		t.Fatalf("the loop goes on: %s", to)
	}
	c.shows(t, to, "session.cookie.domain")
	for range 3 {
		visit(app)
	}
	s.offset.Add(int64(time.Minute))
	if to := visit(app); to != app {
		t.Errorf("a minute later: %s", to)
	}
}

// The error page finds the error that a browser was led to it with, under the name that the wire gives the parameter.
func TestErrorPage(t *testing.T) {
	t.Parallel()
	for wire, parameter := range map[string]string{"v0.5": "/error?error=", "v1": "/error?id="} {
		c := newSite(t, "SERVE_PUBLIC_WIRE="+wire).page()
		to := c.do(t, http.MethodGet, "/self-service/login/browser?return_to=https://evil.example/", "").location(t).String()
		if !strings.Contains(to, parameter) {
			t.Errorf("%s leads to %s", wire, to)
		}
		c.shows(t, to, "This link leads to a place that is not allowed")
	}
}

// Who follows the first steps is shown the session check of the wire that the root speaks.
func TestFirstRun_whoami(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{"v0.5", "v1"} {
		newSite(t, "SERVE_PUBLIC_WIRE="+wire).page().shows(t, "/", `href="https://id.shop.test/sessions/whoami"`)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.page()
	if german := c.shows(t, "/?lang=de", `lang="de"`); strings.Contains(german, `lang="en"`) && !strings.Contains(german, `<html lang="de"`) {
		t.Errorf("%s", german)
	}
	if c.jar["symbolon_language"] != "de" {
		t.Errorf("the choice is not kept: %v", c.jar)
	}
	c.shows(t, "/", `<html lang="de"`)
	c.shows(t, "/?lang=xx", `<html lang="de"`) // no language on offer
	s.page().with("Accept-Language", "fr").shows(t, "/", `<html lang="fr"`)
	s.page().with("Cookie", "symbolon_language=xx").shows(t, "/", `<html lang="en"`)
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for id, kept := range map[string]bool{
		"abc-123": true, "with space": false, strings.Repeat("x", 129): false, "\x7f": false, strings.Repeat("y", 128): true,
	} {
		s.browser().with("X-Request-Id", id).do(t, http.MethodGet, "/health/alive", "")
		if got := strings.Contains(s.log.String(), `request_id=`+id); got != kept {
			t.Errorf("%.20q is on the log line: %v, want %v", id, got, kept)
		}
	}
}

func TestProxyWarnings(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_TRUSTED_PROXIES=10.0.0.0/8")
	from := func(peer, header, value string) {
		c := s.browser().with(header, value)
		c.from = peer
		c.do(t, http.MethodGet, "/health/alive", "")
	}
	from("10.1.2.3:1", "X-Forwarded-For", "198.51.100.9, 10.4.4.4")
	if log := s.log.String(); strings.Contains(log, "level=WARN") && strings.Contains(log, "prox") || !strings.Contains(log, "client=198.51.100.9") {
		t.Errorf("a proxy that is trusted: %s", log)
	}
	for range 2 {
		from("203.0.113.1:1", "X-Forwarded-For", "198.51.100.9")
		from("10.1.2.3:1", "X-Forwarded-For", "not an address")
		from("[::1]:1", "Forwarded", "for=198.51.100.9")
	}
	for _, once := range []string{"a peer that is no trusted proxy sends forwarded headers", "a trusted proxy names no client"} {
		if n := strings.Count(s.log.String(), once); n != 1 {
			t.Errorf("%q stands in the log %d times", once, n)
		}
	}
}

func TestChangePassword_wellKnown(t *testing.T) {
	t.Parallel()
	r := newSite(t).browser().do(t, http.MethodGet, "/.well-known/change-password", "")
	if to := r.location(t).String(); r.Code != http.StatusFound || to != "https://id.shop.test/self-service/settings/browser" {
		t.Errorf("%d %s", r.Code, to)
	}
}

func TestUnknownPath(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser()
	for _, q := range []struct {
		name, verb, target, body string
		status                   int
		says                     string
	}{
		{"read", http.MethodGet, "/nothing", "", 404, "404 page not found"},
		{"changed without a token", http.MethodPost, "/nothing", "a=1", 400, "CSRF token is missing or invalid."},
		{"wrong verb", http.MethodDelete, "/self-service/login/browser", "", 405, "Method Not Allowed"},
		{"verbs asked for", http.MethodOptions, "/self-service/login/browser", "", 200, ""},
		{"body too large", http.MethodPost, "/self-service/login/methods/password?flow=" + unknownID, strings.Repeat("x", 64<<10+1), 413, "larger than 65536 bytes"},
		{"schema", http.MethodGet, "/schemas/default", "", 200, "$schema"},
		{"unknown schema", http.MethodGet, "/schemas/none", "", 404, "The requested resource could not be found"},
	} {
		if r := c.do(t, q.verb, q.target, q.body); r.Code != q.status || !strings.Contains(r.Body.String(), q.says) {
			t.Errorf("%s: %d %s, want %d with %s", q.name, r.Code, r.Body, q.status, q.says)
		}
	}
	if allow := c.do(t, http.MethodOptions, "/self-service/login/browser", "").Header().Get("Allow"); allow != "GET, OPTIONS" {
		t.Errorf("Allow: %s", allow)
	}
}
