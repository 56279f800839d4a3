package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	visitor := s.browser()
	if r := visitor.do(t, http.MethodGet, "/.well-known/change-password", ""); r.Code != http.StatusFound || !strings.HasSuffix(r.Header().Get("Location"), "/self-service/settings/browser") {
		t.Errorf("change-password: %d %s", r.Code, r.Header().Get("Location"))
	}
	if r := visitor.do(t, http.MethodGet, "/openapi.yaml", ""); r.Code != http.StatusOK || !strings.HasPrefix(r.Body.String(), "openapi:") {
		t.Errorf("openapi.yaml: %d %.80s", r.Code, r.Body)
	}
	if r := visitor.do(t, http.MethodGet, "/openapi", ""); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "/sessions/whoami") {
		t.Errorf("its page: %d %.80s", r.Code, r.Body)
	}
}

// The page fits a narrow window and shows code as code.
func TestOpenAPIPage(t *testing.T) {
	t.Parallel()
	r := newSite(t).browser().do(t, http.MethodGet, "/openapi", "")
	page := r.Body.String()
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	allowed := sha256.Sum256([]byte(style))
	if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(allowed[:]) + "'"; style == "" || !strings.Contains(r.Header().Get("Content-Security-Policy"), want) {
		t.Errorf("the policy %q lacks %s", r.Header().Get("Content-Security-Policy"), want)
	}
	for _, want := range []string{`<meta name="color-scheme" content="light dark">`, `<h2 id="/sessions/whoami"><code>/<wbr>sessions/<wbr>whoami</code></h2>`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if at := strings.IndexByte(page, '`'); at >= 0 {
		t.Errorf("a backtick is left: %.60s", page[at:])
	}
}

// A proxy asks with the cookies of its visitor and says what was asked for.
func TestForwardAuth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ask := func(c *client, headers ...string) reply {
		for i := 0; i < len(headers); i += 2 {
			c = c.with(headers[i], headers[i+1])
		}
		return c.do(t, http.MethodGet, "/sessions/forward-auth", "")
	}
	page := []string{"Accept", "text/html,*/*", "X-Forwarded-Host", "app.shop.test", "X-Forwarded-Proto", "https", "X-Forwarded-Uri", "/cart?a=1&b=2"}
	r := ask(s.browser(), page...)
	if to := r.Header().Get("Location"); r.Code != http.StatusFound || !strings.Contains(to, "/self-service/login/browser?return_to=https%3A%2F%2Fapp.shop.test%2Fcart%3Fa%3D1%26b%3D2") {
		t.Errorf("a visitor's page: %d %s", r.Code, to)
	}
	for name, headers := range map[string][]string{
		"a script": {"Accept", "application/json", "X-Forwarded-Host", "app.shop.test"},
		"a form":   append([]string{"X-Forwarded-Method", "POST"}, page...),
	} {
		if r := ask(s.browser(), headers...); r.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, r.Code, r.Header().Get("Location"))
		}
	}
	jane := s.browser()
	jane.register(t, "jane@shop.test")
	r = ask(jane, page...)
	if r.Code != http.StatusOK || r.Header().Get("X-Kratos-Authenticated-Identity-Id") == "" || r.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a session: %d %v", r.Code, r.Header())
	}
}

func TestLocationIsASCII(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.browser()
	jane.register(t, "jane@shop.test")
	r := jane.do(t, http.MethodGet, "/self-service/browser/flows/logout?return_to=https%3A%2F%2Fapp.shop.test%2F%3Fq%3D%C3%BC+%C3%B6", "")
	if got, want := r.Header().Get("Location"), "https://app.shop.test/?q=%C3%BC%20%C3%B6"; got != want {
		t.Errorf("Location: %q, want %q", got, want)
	}
}

func TestAdminLockedByConsolePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_CONSOLE_PASSWORD=a-password-of-the-console")
	if r := s.browser().admin(t, http.MethodGet, "/identities", ""); r.Code != http.StatusUnauthorized {
		t.Errorf("the API beside a locked console: %d", r.Code)
	}
	if r := s.browser().with("Authorization", "Bearer a-password-of-the-console").admin(t, http.MethodGet, "/identities", ""); r.Code != http.StatusOK {
		t.Errorf("with the password: %d %s", r.Code, r.Body)
	}
}

func TestCookiePathOfADoubleSlash(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_PUBLIC_BASE_URL=http://127.0.0.1:8080//kratos/")
	r := s.browser().do(t, http.MethodGet, "/self-service/login/browser", "")
	for _, c := range r.Result().Cookies() {
		if c.Path != "/kratos/" {
			t.Errorf("the cookie %s has the path %s", c.Name, c.Path)
		}
	}
}

func TestAdminJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, body := range map[string]string{
		"not UTF-8":           "{\"traits\":{\"email\":\"a@shop.test\",\"name\":{\"first\":\"x\xca\xf5\"}}}",
		"not UTF-8 in a name": "{\"traits\":{\"email\":\"a@shop.test\",\"\xca\":1}}",
		"twice":               `{"traits":{"email":"a@shop.test"},"traits":{"email":"b@shop.test"}}`,
		"twice inside":        `{"traits":{"email":"a@shop.test","email":"b@shop.test"}}`,
		"more behind":         `{"traits":{"email":"a@shop.test"}} {}`,
		"cut off":             `{"traits":{"email":"a@shop.test"}`,
	} {
		for method, target := range map[string]string{http.MethodPost: "/identities", http.MethodPut: "/identities/00000000-0000-4000-8000-000000000000"} {
			if r := s.browser().admin(t, method, target, body); r.Code != http.StatusBadRequest {
				t.Errorf("%s by %s: %d %s", name, method, r.Code, r.Body)
			}
		}
		many := `{"identities":[{"create":` + body + `}]}`
		if r := s.browser().admin(t, http.MethodPatch, "/identities", many); r.Code == http.StatusOK && !strings.Contains(r.Body.String(), `"action":"error"`) {
			t.Errorf("%s, imported: %d %s", name, r.Code, r.Body)
		}
		stream := s.browser().with("Content-Type", "application/x-ndjson").admin(t, http.MethodPatch, "/identities", `{"create":`+body+`}`+"\n")
		if !strings.Contains(stream.Body.String(), `"action":"error"`) {
			t.Errorf("%s, streamed: %d %s", name, stream.Code, stream.Body)
		}
	}
}
