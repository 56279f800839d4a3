package httpapi_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

const (
	sessionCookie = "__Host-ory_kratos_session"
	csrfName      = "__Host-csrf_token"
)

func TestCookies(t *testing.T) {
	t.Parallel()
	t.Run("prefix", func(t *testing.T) {
		t.Parallel()
		jane := newSite(t).browser()
		jane.register(t, "jane@shop.test")
		for _, name := range []string{sessionCookie, csrfName} {
			if jane.jar[name] == "" {
				t.Errorf("no cookie %s in %v", name, jane.jar)
			}
		}
		for name := range jane.jar {
			if !strings.HasPrefix(name, "__Host-") {
				t.Errorf("the cookie %s can be set by any site of the domain", name)
			}
		}
		// Another site of the domain can set the name without the prefix, with a session
		// of its own.
		own := "ory_kratos_session=" + jane.jar[sessionCookie]
		if r := jane.site.browser().with("Cookie", own).do(t, http.MethodGet, "/sessions/whoami", ""); r.Code != http.StatusUnauthorized {
			t.Errorf("a session under the name that anybody can set: %d", r.Code)
		}
	})
	t.Run("from before the prefix", func(t *testing.T) {
		t.Parallel()
		kept := []string{"DSN=sqlite://" + filepath.Join(t.TempDir(), "kept.db"), "SECRETS_DEFAULT=a-secret-of-this-test-alone"}
		before := newSite(t, append(kept, "SESSION_COOKIE_DOMAIN=shop.test")...)
		jane := before.browser()
		jane.register(t, "jane@shop.test")
		if err := before.app.Close(); err != nil {
			t.Fatal(err)
		}
		jane.site = newSite(t, kept...)
		if got := jane.whoami(t); got != "jane@shop.test" {
			t.Errorf("the session is %q's", got)
		}
	})
	t.Run("attributes", func(t *testing.T) {
		t.Parallel()
		r := newSite(t).browser().do(t, http.MethodGet, "/self-service/login/browser", "")
		for _, c := range r.Result().Cookies() {
			if c.Domain != "" || c.Path != "/" || !c.Secure || !c.HttpOnly {
				t.Errorf("browsers refuse %s", c)
			}
		}
	})
	for name, settings := range map[string][]string{
		"http":   {"SERVE_PUBLIC_BASE_URL=http://127.0.0.1:4433/"},
		"domain": {"SESSION_COOKIE_DOMAIN=shop.test"},
		"path":   {"SESSION_COOKIE_PATH=/auth"},
	} {
		t.Run("no prefix/"+name, func(t *testing.T) {
			t.Parallel()
			jane := newSite(t, settings...).browser()
			jane.register(t, "jane@shop.test")
			for name := range jane.jar {
				if strings.HasPrefix(name, "__Host-") {
					t.Errorf("browsers refuse the cookie %s there", name)
				}
			}
		})
	}
}

func TestCookies_severalOfOneName(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SESSION_COOKIE_DOMAIN=shop.test")
	jane, mallory := s.browser(), s.browser()
	jane.register(t, "jane@shop.test")
	mallory.register(t, "mallory@shop.test")
	good := "ory_kratos_session=" + jane.jar["ory_kratos_session"]
	ended := s.browser()
	ended.login(t, "jane@shop.test", password)
	revoked := "ory_kratos_session=" + ended.jar["ory_kratos_session"]
	ended.do(t, http.MethodGet, "/self-service/browser/flows/logout", "")
	for name, header := range map[string]string{
		"garbage first": "ory_kratos_session=garbage; " + good,
		"empty first":   "ory_kratos_session=; " + good,
		"revoked first": revoked + "; " + good,
		"good first":    good + "; ory_kratos_session=garbage",
	} {
		if r := s.browser().with("Cookie", header).do(t, http.MethodGet, "/sessions/whoami", ""); r.Code != http.StatusOK {
			t.Errorf("%s: %d", name, r.Code)
		}
	}
	// Two people in one browser: one of them may have been put there.
	other := "ory_kratos_session=" + mallory.jar["ory_kratos_session"]
	for name, header := range map[string]string{"own first": good + "; " + other, "other first": other + "; " + good} {
		if r := s.browser().with("Cookie", header).do(t, http.MethodGet, "/sessions/whoami", ""); r.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, r.Code, r.Body)
		}
	}
	// The same of the anti-CSRF cookie: one that another site has set counts for nothing.
	id, token := jane.start(t, "settings", "")
	tossed := "csrf_token=" + mallory.jar["csrf_token"] + "; " + good + "; csrf_token=" + jane.jar["csrf_token"]
	r := s.browser().with("Cookie", tossed).do(t, http.MethodPost, "/self-service/settings/methods/profile?flow="+id,
		form("csrf_token", token, "traits.email", "jane@shop.test"))
	if to := r.location(t); strings.Contains(to.Path, "error") {
		t.Errorf("a tossed csrf cookie before the own: %d %s", r.Code, to)
	}
}

// A browser keeps the session that holds where another is before it.
func TestCookies_keepsTheOneThatHolds(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SESSION_COOKIE_DOMAIN=shop.test")
	jane, ended := s.browser(), s.browser()
	jane.register(t, "jane@shop.test")
	ended.login(t, "jane@shop.test", password)
	cookies := "ory_kratos_session=" + ended.jar["ory_kratos_session"]
	ended.do(t, http.MethodGet, "/self-service/browser/flows/logout", "")
	for name, value := range jane.jar {
		cookies += "; " + name + "=" + value
	}
	tab := jane.with("Cookie", cookies)
	id, token := tab.start(t, "settings", "")
	saved := tab.do(t, http.MethodPost, "/v1/self-service/settings?flow="+id, form("csrf_token", token, "method", "profile", "traits.email", "jane@shop.test"))
	for _, set := range saved.Result().Cookies() {
		if set.Name == "ory_kratos_session" && set.Value != jane.jar["ory_kratos_session"] {
			t.Errorf("the browser got the session that ended: %d %s", saved.Code, set)
		}
	}
	if out := tab.do(t, http.MethodGet, "/v1/self-service/logout/browser", ""); out.Code != http.StatusOK {
		t.Errorf("sign out: %d %s", out.Code, out.Body)
	}
}

func TestCSRFCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SESSION_COOKIE_DOMAIN=shop.test") // where others of the domain can set cookies
	jane, mallory := s.browser(), s.browser()
	jane.register(t, "jane@shop.test")
	mallory.register(t, "mallory@shop.test")
	anonymous := s.browser()
	anonymous.start(t, "login", "")
	own := jane.jar["csrf_token"]
	for name, value := range map[string]string{
		"of another identity": mallory.jar["csrf_token"],
		"of no identity":      anonymous.jar["csrf_token"],
		"made up":             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	} {
		jane.jar["csrf_token"] = value
		r := jane.do(t, http.MethodGet, "/self-service/settings/browser", "")
		if got := jane.jar["csrf_token"]; got == value {
			t.Errorf("%s: the value is kept in the browser of a signed-in person", name)
		}
		id := r.location(t).Query().Get("flow")
		saved := s.browser().with("Cookie", "ory_kratos_session="+jane.jar["ory_kratos_session"]+"; csrf_token="+value).
			do(t, http.MethodPost, "/self-service/settings/methods/profile?flow="+id, form("csrf_token", value, "traits.email", "jane@shop.test"))
		if !strings.HasSuffix(saved.location(t).Path, "/error") {
			t.Errorf("%s: a form with it was taken: %d %s", name, saved.Code, saved.location(t))
		}
	}
	jane.jar["csrf_token"] = own
	id, token := jane.start(t, "settings", "")
	if r := jane.do(t, http.MethodPost, "/self-service/settings/methods/profile?flow="+id, form("csrf_token", token, "traits.email", "jane@shop.test")); strings.HasSuffix(r.location(t).Path, "/error") {
		t.Errorf("the own value: %d %s", r.Code, r.location(t))
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	const logout = "/self-service/browser/flows/logout"
	t.Run("twins", func(t *testing.T) {
		t.Parallel()
		jane := newSite(t, "SESSION_COOKIE_DOMAIN=shop.test").browser()
		jane.register(t, "jane@shop.test")
		r := jane.do(t, http.MethodGet, logout, "")
		domains := map[string]bool{}
		for _, c := range r.Result().Cookies() {
			if c.Name == "ory_kratos_session" && c.MaxAge < 0 {
				domains[c.Domain] = true
			}
		}
		if !domains["shop.test"] || !domains[""] {
			t.Errorf("cleared for the domains %v, want shop.test and none", domains)
		}
	})
	t.Run("echo", func(t *testing.T) {
		t.Parallel()
		r := newSite(t).browser().with("Cookie", sessionCookie+"=!!!; ory_kratos_session=???").do(t, http.MethodGet, logout, "")
		for _, line := range r.Header().Values("Set-Cookie") {
			if strings.Contains(line, "!!!") || strings.Contains(line, "???") {
				t.Errorf("the request's value came back: %s", line)
			}
		}
	})
	t.Run("no session", func(t *testing.T) {
		t.Parallel()
		visitor := newSite(t).browser()
		visitor.start(t, "login", "")
		before := visitor.jar[csrfName]
		visitor.do(t, http.MethodGet, logout, "")
		if visitor.jar[csrfName] != before {
			t.Error("a page that leads here breaks the forms that are open")
		}
	})
	t.Run("session", func(t *testing.T) {
		t.Parallel()
		jane := newSite(t).browser()
		jane.register(t, "jane@shop.test")
		cookie, csrf := jane.jar[sessionCookie], jane.jar[csrfName]
		jane.do(t, http.MethodGet, logout, "")
		if jane.jar[sessionCookie] != "" || jane.jar[csrfName] == csrf {
			t.Errorf("the browser kept %v", jane.jar)
		}
		jane.jar[sessionCookie] = cookie
		if who := jane.whoami(t); who != "" {
			t.Errorf("the session lives on as %s", who)
		}
	})
}
