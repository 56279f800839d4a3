package httpapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The entries are of public configuration files of v0.5 (reports 1).
func TestOrigins(t *testing.T) {
	t.Parallel()
	for written, test := range map[string]struct{ sends, warns string }{
		"https://app.example.org":                     {"https://app.example.org", ""},
		"https://app.example.org/":                    {"https://app.example.org", ""},
		"http://localhost:3000/":                      {"http://localhost:3000", ""},
		"http://127.0.0.1:3000/*":                     {"http://127.0.0.1:3000", "path has no meaning"},
		"https://APP.example.org":                     {"https://app.example.org", ""},
		" https://app.example.org":                    {"https://app.example.org", ""},
		"http://account.local":                        {"http://account.local", "not encrypted"},
		"http://192.168.1.10:3000":                    {"http://192.168.1.10:3000", "not encrypted"},
		"chrome-extension://abcdefghij":               {"chrome-extension://abcdefghij", ""},
		"capacitor://localhost":                       {"capacitor://localhost", ""},
		"http://*":                                    {"http://any.example.net:8080", "not encrypted"},
		"https://*":                                   {"https://any.example.net", "every site"},
		"https://sub.*.example.org":                   {"https://sub.a.example.org", ""},
		"https://pr-*-app.example.org":                {"https://pr-12-app.example.org", ""},
		"https://*.vercel.app":                        {"https://mine.vercel.app", "anybody can have a name"},
		"https://*.com":                               {"https://mine.com", "anybody can have a name"},
		"https://*.example.org":                       {"https://a.example.org", ""},
		"https://münchen.example":                     {"https://xn--mnchen-3ya.example", ""},
		"*.example.org":                               {"https://a.example.org", "no scheme"},
		"app.example.org":                             {"", "no scheme"},
		"null":                                        {"", "no scheme"},
		"https://*.*.example.org":                     {"", "more than one *"},
		"^https://.*$":                                {"", "no regular expressions"},
		"https://(a|b).example.org":                   {"", "no regular expressions"},
		"https://a.example.org,https://b.example.org": {"", "no regular expressions"},
	} {
		t.Run(written, func(t *testing.T) {
			t.Parallel()
			o := ReadOrigins([]string{written})
			if got := strings.Join(o.Warnings, ""); (got == "") != (test.warns == "") || !strings.Contains(got, test.warns) {
				t.Errorf("warnings are %q, want %q", got, test.warns)
			}
			guard, err := newOriginGuard(CORSConfig{Origins: o.All, Methods: []string{"GET"}, Credentials: true})
			if err != nil {
				t.Fatal(err)
			}
			handler := guard.wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			for origin, granted := range map[string]bool{test.sends: test.sends != "", "https://elsewhere.test": written == "https://*"} {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header.Set("Origin", origin)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if got := w.Header().Get(allowOrigin); origin != "" && (got == origin) != granted {
					t.Errorf("%s is answered %q", origin, got)
				}
			}
		})
	}
}

// The names are of public configuration files, the quickstarts among them.
func TestFit(t *testing.T) {
	t.Parallel()
	c := CORSConfig{
		Origins: []string{"https://app.example.org"}, Credentials: true, MaxAge: 1e6 * time.Second,
		Methods:        []string{"POST", "GET", "TRACE", "not a method"},
		RequestHeaders: []string{"Authorization", "Cookie", "Content-Type", "cookie", "Origin", "Access-Control-Allow-Origin", "X Y"},
		Exposed:        []string{"Content-Type", "Set-Cookie", "*"},
	}
	warnings := c.Fit()
	if got := fmt.Sprint(c.Methods, c.RequestHeaders, c.Exposed); got != "[POST GET] [Authorization Content-Type] [Content-Type]" || c.MaxAge != 24*time.Hour {
		t.Errorf("it keeps %s, %v", got, c.MaxAge)
	}
	for key, want := range map[string]int{"allowed_methods": 2, "allowed_headers": 4, "exposed_headers": 2, "max_age": 1} {
		if got := len(warnings[key]); got != want {
			t.Errorf("%s: %q", key, warnings[key])
		}
	}
	if again := c.Fit(); len(again) > 0 {
		t.Errorf("it warns again: %v", again)
	}
	if _, err := newOriginGuard(c); err != nil {
		t.Error(err)
	}
}
