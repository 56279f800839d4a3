package api

import (
	unescape "html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// registerBrowser makes an account and stays signed in.
func (c *client) registerBrowser(t testing.TB, email string) {
	t.Helper()
	action, csrf := c.startBrowser(t, "registration", "password", "")
	a := c.form(t, action, map[string]string{"csrf_token": csrf, "traits.email": email, "password": password})
	if a.StatusCode != http.StatusFound || !strings.HasSuffix(a.Header.Get("Location"), "/") {
		t.Fatalf("register %s: %d to %s", email, a.StatusCode, a.Header.Get("Location"))
	}
}

func TestABrowserRegistersIsKnownAndSignsOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	if a := c.get(t, "/sessions/whoami"); a.StatusCode != http.StatusOK {
		t.Fatalf("whoami by cookie: %d %s", a.StatusCode, a.body)
	}
	if a := c.get(t, "/self-service/browser/flows/logout"); a.StatusCode != http.StatusFound {
		t.Fatalf("logout: %d", a.StatusCode)
	}
	if a := c.get(t, "/sessions/whoami"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("whoami after logout: %d, want 401", a.StatusCode)
	}
}

func TestASubmissionWithoutItsTokenIsForbidden(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	victim := s.browser(t)
	action, csrf := victim.startBrowser(t, "registration", "password", "")
	other := s.browser(t)
	_, foreign := other.startBrowser(t, "registration", "password", "")
	fields := map[string]string{"traits.email": "jane@example.org", "password": password}
	tokens := map[string]string{"none": "", "another browser's": foreign, "cut": csrf[:80], "changed": "A" + csrf[1:]}
	if csrf[0] == 'A' {
		tokens["changed"] = "B" + csrf[1:]
	}
	for name, token := range tokens {
		fields["csrf_token"] = token
		a := victim.form(t, action, fields)
		to := a.Header.Get("Location")
		if a.StatusCode != http.StatusFound || !strings.Contains(to, "/error?error=") {
			t.Fatalf("token %s: %d to %s, want the error page", name, a.StatusCode, to)
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		why := victim.get(t, "/self-service/errors?"+u.RawQuery)
		if why.text(t, "errors.code") != "403" {
			t.Errorf("token %s: the stored error is %s", name, why.body)
		}
		if stolen := other.get(t, "/self-service/errors?"+u.RawQuery); stolen.StatusCode != http.StatusForbidden {
			t.Errorf("another browser read the stored error: %d", stolen.StatusCode)
		}
	}
}

// follow goes where a page leads, as browsers do, and returns the last answer.
func (c *client) follow(t testing.TB, target string) answer {
	t.Helper()
	for range 10 {
		a := c.get(t, target, "Accept", html)
		to, err := a.Location()
		if err != nil {
			return a
		}
		target = to.String()
	}
	t.Fatalf("the redirects do not end at %s", target)
	return answer{}
}

var (
	formAction = regexp.MustCompile(`action="([^"]*/methods/password[^"]*)"`)
	formToken  = regexp.MustCompile(`name="csrf_token" value="([^"]*)"`)
)

// localhost and 127.0.0.1 share no cookies, and people use both.
func TestAVisitByAnotherNameOfTheMachineEndsWhereCookiesWork(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, kind := range []string{"login", "registration", "recovery"} {
		c := s.browser(t)
		page := c.follow(t, strings.Replace(s.public.URL, "127.0.0.1", "localhost", 1)+"/self-service/"+kind+"/browser")
		if page.StatusCode != http.StatusOK || page.Request.URL.Hostname() != "127.0.0.1" {
			t.Fatalf("%s: %d at %s", kind, page.StatusCode, page.Request.URL)
		}
		if kind == "recovery" {
			continue // its form is of another method
		}
		action, token := formAction.FindSubmatch(page.body), formToken.FindSubmatch(page.body)
		if action == nil || token == nil {
			t.Fatalf("%s: no form in %s", kind, page.body)
		}
		a := c.form(t, unescape.UnescapeString(string(action[1])), map[string]string{"csrf_token": unescape.UnescapeString(string(token[1])), "password": password})
		if to := a.Header.Get("Location"); !strings.Contains(to, "/"+kind+"?flow=") {
			t.Errorf("%s: the form led to %s", kind, to)
		}
	}
}

func TestABrowserWithoutCookiesIsToldSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.app1().follow(t, s.public.URL+"/self-service/login/browser")
	if page.StatusCode != http.StatusForbidden || !strings.Contains(string(page.body), "Your browser sent no cookie at all") {
		t.Errorf("%d: %s", page.StatusCode, page.body)
	}
}

func TestReturnToLeadsOnlyWhereItIsAllowed(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.example.org/app,https://other.example.org")
	cases := []struct {
		to      string
		allowed bool
	}{
		{"https://app.example.org/app", true},
		{"https://app.example.org/app/", true},
		{"https://app.example.org/app/x?y=1#z", true},
		{"HTTPS://APP.example.org/app/x", true},
		{"https://other.example.org/anything", true},
		{s.public.URL + "/self-service/settings/browser", true},
		{"https://app.example.org/application", false},
		{"https://app.example.org/", false},
		{"https://app.example.org/app/../secret", false},
		{"https://app.example.org/app/%2e%2e/secret", false},
		{"https://app.example.org.evil.example/app", false},
		{"https://app.example.org@evil.example/app", false},
		{"https://evil.example\\@app.example.org/app", false},
		{"https://app.example.org:444/app", false},
		{"http://app.example.org/app", false},
		{"//evil.example/app", false},
		{"///evil.example/app", false},
		{"/\\evil.example", false},
		{"\\\\evil.example", false},
		{"javascript:alert(1)", false},
		{"data:text/html,x", false},
		{"https:app.example.org/app", false},
		{"https://app.example.org\t/app", false},
		{"https://user:pw@app.example.org/app", false},
		{"https://app。example.org/app", false},
		{"%zz", false},
	}
	for _, c := range cases {
		a := s.browser(t).get(t, "/self-service/login/browser?return_to="+url.QueryEscape(c.to), "Accept", html)
		started := strings.Contains(a.Header.Get("Location"), "/login?flow=")
		if started != c.allowed {
			t.Errorf("return_to %q: allowed %v, want %v (led to %s)", c.to, started, c.allowed, a.Header.Get("Location"))
		}
	}
}

func TestReturnToIsHonouredAtTheEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.example.org/app")
	s.register(t, "jane@example.org")
	c := s.browser(t)
	action, csrf := c.startBrowser(t, "login", "password", "?return_to=https://app.example.org/app/inbox")
	a := c.form(t, action, map[string]string{"csrf_token": csrf, "identifier": "jane@example.org", "password": password})
	if to := a.Header.Get("Location"); to != "https://app.example.org/app/inbox" {
		t.Errorf("after login the browser went to %q", to)
	}
}

func TestAnExpiredBrowserFlowStartsAgainAndKeepsWhereItWasGoing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.example.org/app")
	s.register(t, "jane@example.org")
	c := s.browser(t)
	action, csrf := c.startBrowser(t, "login", "password", "?return_to=https://app.example.org/app/inbox")
	s.pass(2 * time.Hour)
	proof := map[string]string{"csrf_token": csrf, "identifier": "jane@example.org", "password": password}
	again := c.form(t, action, proof)
	to, err := url.Parse(again.Header.Get("Location"))
	if err != nil || again.StatusCode != http.StatusFound || to.Query().Get("flow") == "" {
		t.Fatalf("expired: %d to %v", again.StatusCode, to)
	}
	action, proof["csrf_token"] = c.fetch(t, "login", "password", to.Query().Get("flow"))
	if a := c.form(t, action, proof); a.Header.Get("Location") != "https://app.example.org/app/inbox" {
		t.Errorf("the second try led to %q", a.Header.Get("Location"))
	}
}

func TestLinksAndRedirectsDoNotFollowTheHostHeader(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, header := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-URL"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.public.URL+"/self-service/login/api", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, "evil.example")
		if header == "Host" {
			r.Host = "evil.example"
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a := answer{w, nil}
		a.body = make([]byte, 4096)
		n, _ := w.Body.Read(a.body)
		_ = w.Body.Close()
		if strings.Contains(string(a.body[:n]), "evil.example") || strings.Contains(w.Header.Get("Location"), "evil.example") {
			t.Errorf("%s got into the answer: %s", header, a.body[:n])
		}
	}
}

func TestProbesAndSessionChecksSetNoCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/health/alive", "/health/ready", "/version", "/sessions/whoami", "/schemas/default", "/nope", "/self-service/login/api"} {
		if a := s.app1().get(t, path); len(a.Cookies()) != 0 {
			t.Errorf("%s set %v", path, a.Cookies())
		}
	}
}

func TestCookiesOfAnOlderSecretStayValidAndNewOnesAreSignedWithTheFirst(t *testing.T) {
	t.Parallel()
	db := "DSN=sqlite://" + t.TempDir() + "/db.sqlite"
	before := newSite(t, db, "SECRETS_COOKIE=the-older-secret-0001")
	c := before.browser(t)
	c.registerBrowser(t, "jane@example.org")
	u, err := url.Parse(before.public.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookies := c.http.Jar.Cookies(u)
	if err := before.app.Close(); err != nil {
		t.Fatal(err)
	}
	after := newSite(t, db, "SECRETS_COOKIE=the-newer-secret-0002,the-older-secret-0001")
	var header []string
	for _, k := range cookies {
		header = append(header, k.Name+"="+k.Value)
	}
	if a := after.app1().get(t, "/sessions/whoami", "Cookie", strings.Join(header, "; ")); a.StatusCode != http.StatusOK {
		t.Fatalf("the cookie of the older secret: %d %s", a.StatusCode, a.body)
	}
	if err := after.app.Close(); err != nil {
		t.Fatal(err)
	}
	removed := newSite(t, db, "SECRETS_COOKIE=the-newer-secret-0002")
	if a := removed.app1().get(t, "/sessions/whoami", "Cookie", strings.Join(header, "; ")); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the cookie of a secret that is gone: %d, want 401", a.StatusCode)
	}
}

func TestTheLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t, "LOG_LEAK_SENSITIVE_VALUES=true")
	token := s.register(t, "canary-address@example.org")
	s.login(t, "canary-address@example.org", "canary-password-4711")
	s.whoami(t, token)
	c := s.browser(t)
	c.registerBrowser(t, "canary-browser@example.org")
	c.get(t, "/sessions/whoami?secret=canary-query")
	action, csrf := c.startBrowser(t, "settings", "password", "")
	c.form(t, action, map[string]string{"csrf_token": csrf, "password": "canary-new-password-1"})
	r := s.app1()
	r.json(t, r.start(t, "recovery", "link"), map[string]string{"email": "canary-address@example.org"})
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.get(t, "/self-service/recovery/methods/link?token=canary-link-token")
	u, _ := url.Parse(s.public.URL)
	secrets := []string{"canary", token, csrf, password}
	for _, k := range c.http.Jar.Cookies(u) {
		secrets = append(secrets, k.Value)
	}
	log := s.log.String()
	if !strings.Contains(log, "status=200") {
		t.Fatal("the log has no line of a request")
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			at := strings.Index(log, secret)
			t.Errorf("the log has %q: …%s…", secret, log[max(0, at-200):min(len(log), at+100)])
		}
	}
}
