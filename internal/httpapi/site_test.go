package httpapi_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

const password = "correct horse 1 battery"

// site is a server in memory whose handlers are called without a network, so that
// its base URL can be anything.
type site struct {
	app    *app.App
	base   *url.URL
	log    *logBuffer
	offset atomic.Int64 // of its clock
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// newSite starts a server with the embedded profile and cheap hashes; settings are
// NAME=value of the environment.
func newSite(t testing.TB, settings ...string) *site {
	t.Helper()
	s := &site{log: &logBuffer{}}
	c, _, err := config.Load(config.Source{Environ: append([]string{
		"DSN=memory", "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1",
		"SERVE_PUBLIC_BASE_URL=https://id.shop.test/", "SERVE_ADMIN_BASE_URL=http://127.0.0.1:4434/",
		"PASSWORD_BREACH_API_URL=http://127.0.0.1:1/", "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.shop.test/",
	}, settings...)})
	if err != nil {
		t.Fatalf("configuration: %v", err)
	}
	c.Hashers.Argon2.Memory = 64 // KiB, less than operators may set: no test here asks what a hash costs
	s.base = c.Serve.Public.BaseURL
	s.app, err = app.New(t.Context(), app.Options{
		Config: c, Now: func() time.Time { return time.Now().Add(time.Duration(s.offset.Load())) },
		Version: "test", Migrate: true, Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { _ = s.app.Close() })
	return s
}

// client keeps cookies by their names, as a browser does for one host.
type client struct {
	site   *site
	jar    map[string]string
	from   string            // remote address
	header map[string]string // of every request
}

func (s *site) browser() *client {
	return &client{site: s, jar: map[string]string{}, from: "203.0.113.7:4711"}
}

// with returns a client that sends a further header each time.
func (c *client) with(name, value string) *client {
	n := &client{site: c.site, jar: c.jar, from: c.from, header: map[string]string{name: value}}
	maps.Copy(n.header, c.header)
	return n
}

type reply struct {
	*httptest.ResponseRecorder
}

func (r reply) location(t testing.TB) *url.URL {
	t.Helper()
	to, err := url.Parse(r.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// text returns the string at a path of the JSON body.
func (r reply) text(t testing.TB, path string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(r.Body.Bytes(), &value); err != nil {
		t.Fatalf("%d %s: %v", r.Code, r.Body, err)
	}
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("no %s in %s", path, r.Body)
		}
		value = object[name]
	}
	text, _ := value.(string)
	return text
}

// do sends a request; a target that is a whole URL is cut to its path and query.
func (c *client) do(t testing.TB, method, target, body string) reply {
	t.Helper()
	return c.send(t, c.site.app.Public(), false, method, target, body)
}

// admin sends a request to the admin listener.
func (c *client) admin(t testing.TB, method, target, body string) reply {
	t.Helper()
	return c.send(t, c.site.app.Admin(), true, method, target, body)
}

func (c *client) send(t testing.TB, h http.Handler, admin bool, method, target, body string) reply {
	t.Helper()
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		target = u.RequestURI()
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = c.from
	if r.Host = c.site.base.Host; admin {
		r.Host = "127.0.0.1:4434"
	}
	for name, value := range c.header {
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	if r.Header.Get("Content-Type") == "" && body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if body[0] == '{' {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	if r.Header.Get("Cookie") == "" {
		for name, value := range c.jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, set := range w.Result().Cookies() {
		if set.MaxAge < 0 {
			delete(c.jar, set.Name)
		} else {
			c.jar[set.Name] = set.Value
		}
	}
	return reply{w}
}

// start makes a flow of a kind for a browser and returns its id and form token.
func (c *client) start(t testing.TB, kind, query string) (id, token string) {
	t.Helper()
	r := c.do(t, http.MethodGet, "/self-service/"+kind+"/browser"+query, "")
	if r.Code != http.StatusFound {
		t.Fatalf("start %s: %d %s", kind, r.Code, r.Body)
	}
	id = r.location(t).Query().Get("flow")
	return id, c.token(t, kind, id)
}

var formToken = regexp.MustCompile(`"name":"csrf_token"[^}]*"value":"([^"]+)"`)

// token reads the form token of a flow.
func (c *client) token(t testing.TB, kind, id string) string {
	t.Helper()
	shown := c.do(t, http.MethodGet, "/self-service/"+kind+"/flows?id="+id, "")
	m := formToken.FindStringSubmatch(shown.Body.String())
	if m == nil {
		t.Fatalf("no token in the %s flow: %d %s", kind, shown.Code, shown.Body)
	}
	return m[1]
}

// form is an urlencoded body.
func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

// register makes an account in the browser, which is signed in then.
func (c *client) register(t testing.TB, email string) {
	t.Helper()
	id, token := c.start(t, "registration", "")
	r := c.do(t, http.MethodPost, "/self-service/registration/methods/password?flow="+id,
		form("csrf_token", token, "password", password, "traits.email", email))
	if r.Code != http.StatusFound || c.whoami(t) != email {
		t.Fatalf("register %s: %d %s, log:\n%s", email, r.Code, r.Body, c.site.log)
	}
}

// login signs the browser in and returns the answer.
func (c *client) login(t testing.TB, email, secret string) reply {
	t.Helper()
	id, token := c.start(t, "login", "")
	return c.do(t, http.MethodPost, "/self-service/login/methods/password?flow="+id,
		form("csrf_token", token, "identifier", email, "password", secret))
}

// whoami is the address of who is signed in, empty without a session.
func (c *client) whoami(t testing.TB) string {
	t.Helper()
	r := c.do(t, http.MethodGet, "/sessions/whoami", "")
	if r.Code != http.StatusOK {
		return ""
	}
	return r.text(t, "identity.traits.email")
}

// apiToken registers an account without a browser.
func (s *site) apiToken(t testing.TB, email string) string {
	t.Helper()
	app := s.browser()
	action := app.do(t, http.MethodGet, "/self-service/registration/api", "").text(t, "methods.password.config.action")
	body, _ := json.Marshal(map[string]string{"password": password, "traits.email": email})
	r := app.do(t, http.MethodPost, action, string(body))
	if r.Code != http.StatusOK {
		t.Fatalf("register: %d %s", r.Code, r.Body)
	}
	return r.text(t, "session_token")
}
