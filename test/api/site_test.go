package api

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/test/databases"
)

// TestMain lets garbage lie longer: hundreds of servers come and go here, and collecting it took
// a quarter of the processor time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

const password = "correct horse 1 battery"

// site is a running server and its log.
type site struct {
	app           *app.App
	public, admin *httptest.Server
	log           *lines
	offset        atomic.Int64      // of its clock
	transport     http.RoundTripper // of its clients; nil for connections
}

// lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// newSite starts a server with the embedded profile in memory and cheap hashes;
// settings are NAME=value of the environment.
func newSite(t testing.TB, settings ...string) *site {
	t.Helper()
	s := &site{log: &lines{}}
	// The listeners come first: the base URLs have to name their ports.
	s.public = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.app.Public().ServeHTTP(w, r) }))
	t.Cleanup(s.public.Close)
	s.admin = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.app.Admin().ServeHTTP(w, r) }))
	t.Cleanup(s.admin.Close)
	c, _, err := config.Load(config.Source{Environ: append([]string{
		"DSN=" + databases.Chosen(t, "memory"), "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1",
		"SERVE_PUBLIC_BASE_URL=" + s.public.URL + "/", "SERVE_ADMIN_BASE_URL=" + s.admin.URL + "/",
		"PASSWORD_BREACH_API_URL=http://127.0.0.1:1/", "SELFSERVICE_FLOWS_SETTINGS_REVOKE_OTHER_SESSIONS=false",
	}, settings...)})
	if err != nil {
		t.Fatalf("configuration: %v", err)
	}
	c.Hashers.Argon2.Memory = 64 // KiB, less than operators may set: no test here asks what a hash costs
	s.app, err = app.New(t.Context(), app.Options{
		Config: c, Now: s.now, Version: "test", Migrate: true, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { _ = s.app.Close() })
	return s
}

func (s *site) now() time.Time { return time.Now().Add(time.Duration(s.offset.Load())) }

// pass moves the server's clock forward.
func (s *site) pass(d time.Duration) { s.offset.Add(int64(d)) }

// answer is a response with its body read.
type answer struct {
	*http.Response
	body []byte
}

// object decodes a JSON answer.
func (a answer) object(t testing.TB) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(a.body, &o); err != nil {
		t.Fatalf("%s %s answered %d with no JSON object: %s", a.Request.Method, a.Request.URL, a.StatusCode, a.body)
	}
	return o
}

// text returns the member at a dotted path as text, empty if there is none.
func (a answer) text(t testing.TB, path string) string {
	t.Helper()
	var at any = a.object(t)
	for name := range strings.SplitSeq(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			if len(v) == 0 {
				return ""
			}
			at = v[0]
			if name != "0" {
				at = at.(map[string]any)[name]
			}
		default:
			return ""
		}
	}
	switch v := at.(type) {
	case string:
		return v
	case nil:
		return ""
	default:
		b, _ := json.Marshal(v)
		return string(b)
	}
}

// client is one app or browser; browsers keep cookies.
type client struct {
	site *site
	http *http.Client
}

func (s *site) app1() *client {
	return &client{site: s, http: &http.Client{Transport: s.transport, CheckRedirect: stay}}
}

func (s *site) browser(t testing.TB) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{site: s, http: &http.Client{Transport: s.transport, Jar: jar, CheckRedirect: stay}}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// do sends a request; headers are name, value, name, value.
func (c *client) do(t testing.TB, method, target, body string, headers ...string) answer {
	t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = c.site.public.URL + target
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := c.http.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	return answer{w, raw}
}

func (c *client) get(t testing.TB, target string, headers ...string) answer {
	t.Helper()
	return c.do(t, http.MethodGet, target, "", headers...)
}

func (c *client) json(t testing.TB, target string, body any, headers ...string) answer {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return c.do(t, http.MethodPost, target, string(raw), append([]string{"Content-Type", "application/json"}, headers...)...)
}

func (c *client) form(t testing.TB, target string, values map[string]string) answer {
	t.Helper()
	form := url.Values{}
	for k, v := range values {
		form.Set(k, v)
	}
	return c.do(t, http.MethodPost, target, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// start makes an API flow and returns the URL its form goes to.
func (c *client) start(t testing.TB, kind, method string) string {
	t.Helper()
	return c.get(t, "/self-service/"+kind+"/api").text(t, "methods."+method+".config.action")
}

// startBrowser makes a browser flow and returns its action and CSRF token.
func (c *client) startBrowser(t testing.TB, kind, method, query string) (action, token string) {
	t.Helper()
	to := c.get(t, "/self-service/"+kind+"/browser"+query).Header.Get("Location")
	u, err := url.Parse(to)
	if err != nil || u.Query().Get("flow") == "" {
		t.Fatalf("%s did not start: it led to %q", kind, to)
	}
	return c.fetch(t, kind, method, u.Query().Get("flow"))
}

func (c *client) fetch(t testing.TB, kind, method, id string) (action, token string) {
	t.Helper()
	f := c.get(t, "/self-service/"+kind+"/flows?id="+id).object(t)
	config := f["methods"].(map[string]any)[method].(map[string]any)["config"].(map[string]any)
	for _, field := range config["fields"].([]any) {
		if field.(map[string]any)["name"] == "csrf_token" {
			token, _ = field.(map[string]any)["value"].(string)
		}
	}
	return config["action"].(string), token
}

// register makes an account and returns its session token.
func (s *site) register(t testing.TB, email string) string {
	t.Helper()
	c := s.app1()
	a := c.json(t, c.start(t, "registration", "password"), map[string]any{
		"traits": map[string]any{"email": email}, "password": password,
	})
	if a.StatusCode != http.StatusOK {
		t.Fatalf("register %s: %d %s", email, a.StatusCode, a.body)
	}
	return a.text(t, "session_token")
}

// login tries to sign in and returns the answer.
func (s *site) login(t testing.TB, identifier, secret string) answer {
	t.Helper()
	c := s.app1()
	return c.json(t, c.start(t, "login", "password"), map[string]any{"identifier": identifier, "password": secret})
}

func (s *site) whoami(t testing.TB, token string) answer {
	t.Helper()
	return s.app1().get(t, "/sessions/whoami", "X-Session-Token", token)
}
