package wire1_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/symbolon/symbolon/api"
	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

const password = "correct horse 1 battery"

// site is a server in memory, called without a network. Every JSON answer is judged by the
// OpenAPI document.
type site struct {
	app *app.App
	now func() time.Time
}

func newSite(t testing.TB, settings ...string) *site {
	t.Helper()
	c, _, err := config.Load(config.Source{Environ: append([]string{
		"DSN=memory", "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
		"SERVE_PUBLIC_WIRE=v1", "SERVE_PUBLIC_BASE_URL=https://id.shop.test/", "SERVE_ADMIN_BASE_URL=http://127.0.0.1:4434/",
		"SELFSERVICE_ALLOWED_RETURN_URLS=https://app.shop.test/", "SECRETS_DEFAULT=a-long-and-random-secret",
		"SELFSERVICE_METHODS_CODE_ENABLED=true", "SELFSERVICE_FLOWS_RECOVERY_USE=code", "SELFSERVICE_FLOWS_VERIFICATION_USE=code",
		"SELFSERVICE_METHODS_TOTP_ENABLED=true", "SELFSERVICE_METHODS_LOOKUP_SECRET_ENABLED=true", "SELFSERVICE_METHODS_WEBAUTHN_ENABLED=true",
		"SELFSERVICE_METHODS_PASSKEY_ENABLED=true", `SESSION_WHOAMI_TOKENIZER_TEMPLATES={"api":{"ttl":"10m"}}`, "SECURITY_LIMITS_ENABLED=false",
	}, settings...)})
	if err != nil {
		t.Fatalf("configuration: %v", err)
	}
	c.Hashers.Argon2.Memory = 64 // KiB, less than operators may set: no test here asks what a hash costs
	s := &site{now: time.Now}
	s.app, err = app.New(t.Context(), app.Options{Config: c, Now: func() time.Time { return s.now() }, Version: "test", Migrate: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { _ = s.app.Close() })
	return s
}

// client keeps cookies as a browser does. A native one has none and sends its token.
type client struct {
	*site
	jar    map[string]string
	header http.Header
}

func (s *site) script() *client {
	return &client{site: s, jar: map[string]string{}, header: http.Header{"Accept": {"application/json"}}}
}

func (s *site) browser() *client {
	return &client{site: s, jar: map[string]string{}, header: http.Header{"Accept": {"text/html"}}}
}

func (s *site) native() *client {
	return &client{site: s, header: http.Header{"Accept": {"application/json"}}}
}

type answer struct {
	*httptest.ResponseRecorder
	body map[string]any
}

// at returns the value at a path of names, or nil.
func (a answer) at(path string) any {
	var v any = a.body
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) text(path string) string {
	text, _ := a.at(path).(string)
	return text
}

// node returns the attributes of a node by its name; nil if there is none.
func (a answer) node(name string) map[string]any {
	nodes, _ := a.at("ui.nodes").([]any)
	for _, n := range nodes {
		if attributes := n.(map[string]any)["attributes"].(map[string]any); attributes["name"] == name || attributes["id"] == name {
			return attributes
		}
	}
	return nil
}

// said lists the numbers of all messages of a form.
func (a answer) said() string {
	var ids []string
	add := func(list any) {
		messages, _ := list.([]any)
		for _, m := range messages {
			ids = append(ids, fmt.Sprintf("%.0f", m.(map[string]any)["id"]))
		}
	}
	add(a.at("ui.messages"))
	nodes, _ := a.at("ui.nodes").([]any)
	for _, n := range nodes {
		add(n.(map[string]any)["messages"])
	}
	return strings.Join(ids, " ")
}

// ask sends a request to the public listener, with a value as JSON or url.Values as a form.
func (c *client) ask(t testing.TB, method, target string, body any) answer {
	t.Helper()
	return c.send(t, c.app.Public(), method, target, body)
}

// operate sends a request to the admin listener.
func (c *client) operate(t testing.TB, method, target string, body any) answer {
	t.Helper()
	return c.send(t, c.app.Admin(), method, target, body)
}

func (c *client) send(t testing.TB, h http.Handler, method, target string, body any) answer {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	var content io.Reader
	kind := ""
	switch body := body.(type) {
	case nil:
	case url.Values:
		content, kind = strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	case string:
		content, kind = strings.NewReader(body), "application/json"
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content, kind = bytes.NewReader(raw), "application/json"
	}
	r := httptest.NewRequestWithContext(t.Context(), method, u.RequestURI(), content)
	r.Host, r.RemoteAddr = "id.shop.test", "203.0.113.7:4711"
	if strings.HasPrefix(u.Path, "/admin/") {
		r.Host = "127.0.0.1:4434"
	}
	maps.Copy(r.Header, c.header)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for name, value := range c.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a := answer{ResponseRecorder: httptest.NewRecorder()}
	h.ServeHTTP(a, r)
	for _, set := range a.Result().Cookies() {
		if c.jar != nil {
			c.jar[set.Name] = set.Value
		}
		if c.jar != nil && set.MaxAge < 0 {
			delete(c.jar, set.Name)
		}
	}
	if a.Code >= http.StatusInternalServerError {
		t.Errorf("%s %s: %d %s", method, target, a.Code, a.Body)
	}
	judge(t, method, u.Path, a.ResponseRecorder)
	_ = json.Unmarshal(a.Body.Bytes(), &a.body)
	return a
}

// document is the description of v1.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(api.DocumentV1)
})

// operationOf finds the description of a request.
func operationOf(t testing.TB, method, path string) (*openapi3.Operation, string) {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	best := ""
	for template := range doc.Paths.Map() {
		if matches(template, path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	if best == "" {
		return nil, ""
	}
	return doc.Paths.Value(best).GetOperation(method), best
}

func matches(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(want[i], "{") && want[i] != got[i] {
			return false
		}
	}
	return true
}

// judge compares a JSON answer with its description.
func judge(t testing.TB, method, path string, r *httptest.ResponseRecorder) {
	t.Helper()
	if !strings.HasPrefix(r.Header().Get("Content-Type"), "application/json") || r.Body.Len() == 0 {
		return
	}
	op, template := operationOf(t, method, path)
	if op == nil {
		return // a path that there is not; which routes are described is TestRoutes
	}
	described := op.Responses.Status(r.Code)
	if described == nil {
		described = op.Responses.Default()
	}
	if described == nil {
		t.Errorf("%s %s: %d is not described", method, template, r.Code)
		return
	}
	if described.Value == nil || described.Value.Content["application/json"] == nil {
		return
	}
	var value any
	if err := json.Unmarshal(r.Body.Bytes(), &value); err != nil {
		t.Errorf("%s %s: %v: %s", method, template, err, r.Body)
		return
	}
	err := described.Value.Content["application/json"].Schema.Value.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.MultiErrors())
	if err != nil {
		t.Errorf("%s %s: the answer %d is not as described: %.300v\n%.600s", method, template, r.Code, err, r.Body)
	}
	nulls(t, method+" "+template, value, "")
}

// nulls refuses null but where the wire has it.
func nulls(t testing.TB, place string, v any, name string) {
	t.Helper()
	switch x := v.(type) {
	case nil:
		switch name {
		case "organization_id", "metadata_public", "metadata_admin", "continue_with", "ip_address", "user_agent", "location", "identity":
		default:
			t.Errorf("%s: %s is null", place, name)
		}
	case map[string]any:
		for name, value := range x {
			if name != "traits" && name != "value" {
				nulls(t, place, value, name)
			}
		}
	case []any:
		for _, value := range x {
			nulls(t, place, value, name)
		}
	}
}

func decode(t testing.TB, a answer, into any) {
	t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), into); err != nil {
		t.Fatalf("%d %s: %v", a.Code, a.Body, err)
	}
}
