package httpapi_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_LOGIN_UI_URL=https://app.shop.test/login", "SERVE_PUBLIC_CORS_ENABLED=true", "SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS=true",
		"SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=https://spa.shop.test,https://*.partner.test")
	s.browser().register(t, "jane@shop.test")
	for name, c := range map[string]struct {
		headers []string
		refused bool
	}{
		"own page":              {[]string{"Sec-Fetch-Site", "same-origin"}, false},
		"other site":            {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, true},
		"sibling of the domain": {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://evil.shop.test"}, true},
		"no metadata, foreign":  {[]string{"Origin", "https://evil.test"}, true},
		"no metadata, own":      {[]string{"Origin", "https://id.shop.test"}, false},
		"no metadata at all":    {nil, false},
		"configured UI":         {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://app.shop.test"}, false},
		"CORS":                  {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://spa.shop.test"}, false},
		"CORS pattern":          {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://a.partner.test"}, false},
		"CORS pattern's suffix": {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://a.partner.test.evil.test"}, true},
		"null origin":           {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visitor := s.browser()
			id, token := visitor.start(t, "login", "")
			sender := visitor
			for i := 0; i < len(c.headers); i += 2 {
				sender = sender.with(c.headers[i], c.headers[i+1])
			}
			r := sender.with("Accept", "text/html").do(t, http.MethodPost, "/self-service/login/methods/password?flow="+id,
				form("csrf_token", token, "identifier", "jane@shop.test", "password", password))
			if signedIn := visitor.whoami(t) != ""; signedIn == c.refused {
				t.Errorf("signed in: %v, answer %d %s", signedIn, r.Code, r.Header().Get("Location"))
			}
			if c.refused && !strings.Contains(r.Header().Get("Location"), "/error?error=") {
				t.Errorf("a browser was answered %d %s", r.Code, r.Body)
			}
		})
	}
	t.Run("link without a cookie", func(t *testing.T) {
		t.Parallel()
		r := s.browser().with("Sec-Fetch-Site", "cross-site").with("Accept", "application/json").
			do(t, http.MethodPost, "/self-service/recovery/methods/link?token=abc", "x=1")
		if r.Code != http.StatusForbidden {
			t.Errorf("answered %d %s", r.Code, r.Body)
		}
	})
	t.Run("app with an Origin of its own", func(t *testing.T) {
		t.Parallel()
		app := s.browser().with("Origin", "capacitor://localhost")
		action := app.do(t, http.MethodGet, "/self-service/login/api", "").text(t, "methods.password.config.action")
		if r := app.do(t, http.MethodPost, action, `{"identifier":"jane@shop.test","password":"x"}`); r.Code == http.StatusForbidden {
			t.Errorf("the rule of API flows was taken from them: %s", r.Body)
		}
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_TOKEN=an-admin-token-of-24-chars")
	token := s.apiToken(t, "jane@shop.test")
	visitor, operator := s.browser(), s.browser().with("Authorization", "Bearer an-admin-token-of-24-chars")
	anonymous := s.browser()
	for name, r := range map[string]reply{
		"session":    visitor.with("X-Session-Token", token).do(t, http.MethodGet, "/sessions/whoami", ""),
		"no session": anonymous.do(t, http.MethodGet, "/sessions/whoami", ""),
		"flow":       visitor.do(t, http.MethodGet, "/self-service/login/api", ""),
		"redirect":   visitor.do(t, http.MethodGet, "/self-service/login/browser", ""),
		"page":       visitor.with("Accept", "text/html").do(t, http.MethodGet, "/recovery", ""),
		"not found":  visitor.do(t, http.MethodGet, "/nothing", ""),
		"health":     visitor.do(t, http.MethodGet, "/health/alive", ""),
		"identities": operator.admin(t, http.MethodGet, "/identities", ""),
		"no token":   anonymous.admin(t, http.MethodGet, "/identities", ""),
		"metrics":    operator.admin(t, http.MethodGet, "/metrics/prometheus", ""),
	} {
		h := r.Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", name, h)
		}
		switch kind := h.Get("Content-Type"); {
		case strings.HasPrefix(kind, "application/json"):
			if h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s: JSON can be embedded by any site: %v", name, h)
			}
		case strings.HasPrefix(kind, "text/html"):
			if h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("X-Frame-Options") != "DENY" || h.Get("Permissions-Policy") == "" {
				t.Errorf("%s: %v", name, h)
			}
		}
	}
	t.Run("session check", func(t *testing.T) {
		h := visitor.with("X-Session-Token", token).do(t, http.MethodGet, "/sessions/whoami", "").Header()
		vary := strings.Join(h.Values("Vary"), ", ")
		for _, name := range []string{"Authorization", "Cookie", "X-Session-Token"} {
			if !strings.Contains(vary, name) {
				t.Errorf("Vary: %s lacks %s", vary, name)
			}
		}
		if !strings.Contains(h.Get("Cache-Control"), "private") {
			t.Errorf("Cache-Control: %s", h.Get("Cache-Control"))
		}
	})
	t.Run("admin JSON is not kept", func(t *testing.T) {
		if got := operator.admin(t, http.MethodGet, "/identities", "").Header().Get("Cache-Control"); !strings.Contains(got, "no-store") {
			t.Errorf("Cache-Control: %q", got)
		}
	})
	for host, want := range map[string]bool{"id.shop.test": true, "localhost:4433": false, "127.0.0.1:4433": false, "id.localhost": false} {
		r := httptest.NewRequest(http.MethodGet, "/health/alive", nil)
		r.Host, r.TLS = host, &tls.ConnectionState{}
		w := httptest.NewRecorder()
		s.app.Public().ServeHTTP(w, r)
		if got := w.Header().Get("Strict-Transport-Security") != ""; got != want {
			t.Errorf("HSTS for %s with TLS of our own: %v, want %v", host, got, want)
		}
	}
	if h := visitor.do(t, http.MethodGet, "/health/alive", "").Header(); h.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS behind a proxy, which decides that itself")
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_PUBLIC_BASE_URL=https://id.shop.test/kratos/")
	for target, want := range map[string]int{
		"/settings/%2e%2e/login":        http.StatusBadRequest,
		"/settings/%2E./login":          http.StatusBadRequest,
		"/settings/..%2flogin":          http.StatusBadRequest,
		"/settings/%2e%2e%5clogin":      http.StatusBadRequest,
		"/settings/../health/alive":     http.StatusOK,
		"/self-service//login///api":    http.StatusOK,
		"/schemas/a%2fb":                http.StatusNotFound,
		"/schemas/%64efault":            http.StatusOK,
		"/health/.well-known/%2e%2e/..": http.StatusBadRequest,
	} {
		if r := s.browser().do(t, http.MethodGet, target, ""); r.Code != want {
			t.Errorf("%s: %d, want %d", target, r.Code, want)
		}
	}
	if r := s.browser().do(t, http.MethodGet, "/sessions/whoami/?a=b", ""); r.Header().Get("Location") != "/kratos/sessions/whoami?a=b" {
		t.Errorf("the slash is taken off towards %q, without the prefix", r.Header().Get("Location"))
	}
	if r := s.browser().admin(t, http.MethodGet, "/health/%2e%2e/identities", ""); r.Code != http.StatusBadRequest {
		t.Errorf("admin, behind a prefix that a proxy allows: %d", r.Code)
	}
}

func TestPrefetch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, header := range [][2]string{{"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}, {"X-Moz", "prefetch"}} {
		for _, target := range []string{
			"/self-service/recovery/methods/link?token=abc", "/self-service/verification/methods/link?token=abc", "/self-service/browser/flows/logout",
		} {
			if r := s.browser().with(header[0], header[1]).do(t, http.MethodGet, target, ""); r.Code != http.StatusForbidden {
				t.Errorf("%s: %s of %s was answered %d", header[0], header[1], target, r.Code)
			}
		}
	}
}

func TestClientGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/self-service/login/api", nil)
	w := httptest.NewRecorder()
	s.app.Public().ServeHTTP(w, r)
	if w.Code != 499 {
		t.Fatalf("a client that went away: %d %s", w.Code, w.Body)
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("it is logged as a fault of the server:\n%s", log)
	}
	metrics := s.browser().admin(t, http.MethodGet, "/metrics/prometheus", "").Body.String()
	if strings.Contains(metrics, `status="500"`) || strings.Contains(metrics, `code="500"`) {
		t.Error("it is counted as a 500")
	}
}

func TestRequestURL(t *testing.T) {
	t.Parallel()
	s := newSite(t, "LINK_CONFIRM=false")
	visitor := s.browser()
	for _, kind := range []string{"recovery", "verification"} {
		r := visitor.do(t, http.MethodGet, "/self-service/"+kind+"/methods/link?token=secret-token&%74oken=again&return_to=/settings&code=1&state=2", "")
		id := r.location(t).Query().Get("flow")
		url := visitor.do(t, http.MethodGet, "/self-service/"+kind+"/flows?id="+id, "").text(t, "request_url")
		if !strings.HasSuffix(url, "/methods/link?return_to=/settings") {
			t.Errorf("request_url is %s", url)
		}
	}
}

func TestFlowOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind string
		want int
	}{
		"login": {"login", http.StatusForbidden}, "registration": {"registration", http.StatusForbidden},
		"recovery": {"recovery", http.StatusForbidden}, "verification": {"verification", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			owner := s.browser()
			id, _ := owner.start(t, c.kind, "")
			stranger := s.browser()
			stranger.start(t, "login", "")
			for who, other := range map[string]*client{"without a cookie": s.browser(), "with another cookie": stranger} {
				if r := other.do(t, http.MethodGet, "/self-service/"+c.kind+"/flows?id="+id, ""); r.Code != c.want {
					t.Errorf("%s: %d %s", who, r.Code, r.Body)
				}
			}
			if r := owner.do(t, http.MethodGet, "/self-service/"+c.kind+"/flows?id="+id, ""); r.Code != http.StatusOK {
				t.Errorf("its own browser: %d %s", r.Code, r.Body)
			}
			if r := s.browser().admin(t, http.MethodGet, "/self-service/"+c.kind+"/flows?id="+id, ""); r.Code != http.StatusOK {
				t.Errorf("an administrator: %d %s", r.Code, r.Body)
			}
		})
	}
}
