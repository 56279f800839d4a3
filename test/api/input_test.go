package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// hostile are bodies that no client of good will sends.
func hostile() map[string]string {
	return map[string]string{
		"empty":          "",
		"broken":         `{"identifier":`,
		"array":          `[1,2,3]`,
		"number":         `5`,
		"null":           `null`,
		"deep":           strings.Repeat(`{"traits":`, 5000) + "1" + strings.Repeat("}", 5000),
		"deep array":     strings.Repeat("[", 20000),
		"huge":           `{"password":"` + strings.Repeat("a", 100<<10) + `"}`,
		"twice":          `{"identifier":"a","identifier":"b","password":"c"}`,
		"invalid UTF-8":  "{\"identifier\":\"\xff\xfe\",\"password\":\"x\"}",
		"NUL":            `{"identifier":"a\u0000b","password":"x\u0000y","traits.email":"a\u0000@example.org","email":"a\u0000@example.org"}`,
		"wrong types":    `{"identifier":{},"password":[],"csrf_token":1,"traits":7,"email":false,"session_token":[1],"identity_id":{}}`,
		"traits array":   `{"traits":[1,2],"password":"x"}`,
		"big number":     `{"traits":{"email":1e400},"password":"x"}`,
		"two values":     `{} {}`,
		"trailing":       `{"identifier":"a"} x`,
		"form as JSON":   `identifier=a&password=b`,
		"unicode escape": `{"identifier":"\ud800","password":"\udfff"}`,
		"prototype":      `{"__proto__":{"x":1},"traits.__proto__.x":1,"traits.":1,"traits..":2}`,
	}
}

var contentTypes = []string{
	"application/json", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
	"text/plain", "", "application/json; charset=utf-16", "a/b;;;", strings.Repeat("x", 5000),
}

// routes are all that take a body or a parameter, with methods they may be
// called by.
var routes = []string{
	"/self-service/login/methods/password", "/self-service/registration/methods/password",
	"/self-service/settings/methods/password", "/self-service/settings/methods/profile",
	"/self-service/recovery/methods/link", "/self-service/verification/methods/link",
	"/sessions", "/sessions/whoami", "/self-service/login/flows", "/self-service/errors", "/schemas/default",
	"/self-service/browser/flows/logout", "/self-service/login/browser", "/self-service/login/api", "/nope",
}

// unclear reports what is wrong with an answer to a bad request: it must be
// below 500 and, where it is JSON, of the error format or a flow.
func unclear(t *testing.T, a answer) string {
	t.Helper()
	if a.StatusCode >= 500 || a.StatusCode == 0 {
		return "a server error"
	}
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") || a.StatusCode < 400 || len(a.body) == 0 {
		return ""
	}
	var o struct {
		Error   *struct{ Message string }
		Methods json.RawMessage
	}
	if err := json.Unmarshal(a.body, &o); err != nil {
		return "not JSON although it says so"
	}
	if (o.Error == nil || o.Error.Message == "") && o.Methods == nil {
		return "neither an error nor a flow"
	}
	return ""
}

func TestBadBodiesGetAClearAnswerOnEveryRoute(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SECURITY_LIMITS_ENABLED=false")
	token := s.register(t, "jane@example.org")
	c := s.app1()
	flows := map[string]string{}
	for _, kind := range []string{"login", "registration", "recovery", "verification"} {
		flows[kind] = c.get(t, "/self-service/"+kind+"/api").text(t, "id")
	}
	flows["settings"] = c.get(t, "/self-service/settings/api", "X-Session-Token", token).text(t, "id")
	for _, route := range routes {
		kind, _, _ := strings.Cut(strings.TrimPrefix(route, "/self-service/"), "/")
		for name, body := range hostile() {
			for _, contentType := range contentTypes {
				for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodPut} {
					headers := []string{"Content-Type", contentType}
					if kind == "settings" {
						headers = append(headers, "X-Session-Token", token)
					}
					a := c.do(t, method, route+"?flow="+flows[kind], body, headers...)
					if wrong := unclear(t, a); wrong != "" {
						t.Errorf("%s %s with body %q as %.40q: %s: %d %.200s", method, route, name, contentType, wrong, a.StatusCode, a.body)
					}
				}
			}
		}
	}
	if log := s.log.String(); strings.Contains(log, "panic") {
		t.Errorf("something panicked: %.2000s", log[strings.Index(log, "panic"):])
	}
}

func TestBadBodiesGetAClearAnswerFromTheAdminAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	for _, route := range []string{"/identities", "/identities/x", "/recovery/link"} {
		for name, body := range hostile() {
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				for _, contentType := range []string{"application/json", "application/x-ndjson", "text/plain"} {
					a := s.app1().do(t, method, s.admin.URL+route, body, "Content-Type", contentType)
					if contentType == "application/x-ndjson" && method == http.MethodPatch {
						continue // answers line by line
					}
					if wrong := unclear(t, a); wrong != "" {
						t.Errorf("%s %s with body %q as %s: %s: %d %.200s", method, route, name, contentType, wrong, a.StatusCode, a.body)
					}
				}
			}
		}
	}
}

func TestBadParametersAndHeadersGetAClearAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	values := []string{
		"", "x", "null", "../../etc/passwd", "00000000-0000-0000-0000-000000000000", "%00", "%ff%fe", "'%20OR%201=1--",
		strings.Repeat("a", 4000), "5f7d9b2c-0000-4000-8000-00000000000g", "{5f7d9b2c-0000-4000-8000-000000000000}", "%F0%9F%98%80",
	}
	c := s.app1()
	for _, route := range routes {
		for _, v := range values {
			for _, parameter := range []string{"flow", "id", "error", "token", "return_to", "refresh"} {
				if a := c.get(t, route+"?"+parameter+"="+v); a.StatusCode >= 500 {
					t.Errorf("GET %s?%s=%.60s: %d %s", route, parameter, v, a.StatusCode, a.body)
				}
			}
		}
	}
	for _, header := range []string{"Cookie", "Authorization", "X-Session-Token", "X-Request-Id", "X-Forwarded-For", "Accept", "Content-Type", "Origin", "X-CSRF-Token"} {
		for _, v := range []string{
			"ory_kratos_session=garbage; csrf_token=garbage", "csrf_token=" + strings.Repeat("=", 500), "Bearer ", "Bearer a b",
			strings.Repeat("a,", 1000), "\x7f", "ory_kratos_session=\"; =;;", "null", "*/*;q=x", "application/json;q=abc",
			"ory_kratos_continuity=AAAA; ory_kratos_session=" + strings.Repeat("A", 3000),
		} {
			if strings.Contains(v, "\x7f") {
				continue // net/http refuses to send it
			}
			for _, route := range routes {
				if a := c.get(t, route, header, v); a.StatusCode >= 500 {
					t.Errorf("GET %s with %s: %.60s: %d %s", route, header, v, a.StatusCode, a.body)
				}
			}
		}
	}
}

func TestStubErrorsAndUnknownErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if a := s.app1().get(t, "/self-service/errors?error=stub:500"); a.StatusCode != http.StatusOK || a.text(t, "errors.code") != "500" {
		t.Errorf("the example error: %d %s", a.StatusCode, a.body)
	}
	if a := s.app1().get(t, "/self-service/errors?error=5f7d9b2c-0000-4000-8000-000000000000"); a.StatusCode != http.StatusForbidden {
		t.Errorf("an unknown error on the public listener: %d, want 403", a.StatusCode)
	}
	if a := s.app1().get(t, s.admin.URL+"/self-service/errors?error=5f7d9b2c-0000-4000-8000-000000000000"); a.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown error on the admin listener: %d, want 404", a.StatusCode)
	}
}
