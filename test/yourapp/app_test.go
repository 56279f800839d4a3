package main

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

// The Go code of the page is the code that is tried here.
func TestPage_go(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/your-app.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("app.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```go\n"+string(code)+"```\n") {
		t.Error("the Go code of docs/your-app.md is not test/yourapp/app.go")
	}
}

// serve starts Symbolon for an application at a URL.
func serve(t *testing.T, self string) string {
	t.Helper()
	var server *app.App
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { server.Public().ServeHTTP(w, r) }))
	t.Cleanup(public.Close)
	c, _, err := config.Load(config.Source{Environ: []string{
		"DSN=memory", "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
		"SERVE_PUBLIC_BASE_URL=" + public.URL + "/", "SELFSERVICE_WHITELISTED_RETURN_URLS=" + self + "/",
	}})
	if err != nil {
		t.Fatal(err)
	}
	server, err = app.New(t.Context(), app.Options{Config: c, Now: time.Now, Version: "test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return public.URL
}

var field = regexp.MustCompile(`(action|name="csrf_token" value)="([^"]+)"`)

// A stranger is led to sign in, makes an account instead and comes back to the page.
func TestApp(t *testing.T) {
	t.Parallel()
	var g guard
	self := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.routes().ServeHTTP(w, r) }))
	t.Cleanup(self.Close)
	g = guard{symbolon: serve(t, self.URL), self: self.URL}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	read := func(w *http.Response, err error) (string, *url.URL) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		body, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body), w.Request.URL
	}
	page, at := read(browser.Get(self.URL + "/?a=1&b=2"))
	if at.Path != "/login" {
		t.Fatalf("a stranger is led to %s: %s", at, page)
	}
	page, _ = read(browser.Get(html.UnescapeString(regexp.MustCompile(`href="([^"]*registration/browser[^"]*)"`).FindStringSubmatch(page)[1])))
	found := field.FindAllStringSubmatch(page, 2)
	page, at = read(browser.PostForm(html.UnescapeString(found[0][2]), url.Values{
		"csrf_token": {html.UnescapeString(found[1][2])}, "traits.email": {"jane@example.org"}, "password": {"correct horse 1 battery"},
	}))
	if page != "Hello jane@example.org" || at.RawQuery != "a=1&b=2" {
		t.Errorf("after registering: %s: %s", at, page)
	}
	read(browser.Get(self.URL + "/logout"))
	if page, at = read(browser.Get(self.URL + "/")); at.Path != "/login" {
		t.Errorf("after signing out: %s: %s", at, page)
	}
}
