package flow

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

func mustURL(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func returnsEngine(t testing.TB) *Engine {
	t.Helper()
	return New(Deps{}, Config{
		DefaultReturn: mustURL(t, "https://app.example.org/app/home"),
		Allowed:       []*url.URL{mustURL(t, "https://app.example.org/app"), mustURL(t, "https://id.example.org/auth/self-service")},
	})
}

func TestRelativeReturnsResolveAgainstTheDefault(t *testing.T) {
	t.Parallel()
	e := returnsEngine(t)
	for given, want := range map[string]string{
		"":                      "",
		"/app/inbox?x=1":        "https://app.example.org/app/inbox?x=1",
		"inbox":                 "https://app.example.org/app/inbox",
		"?x=1":                  "https://app.example.org/app/home?x=1",
		"//app.example.org/app": "https://app.example.org/app",
	} {
		if got, err := e.validateReturnTo(Login, given); err != nil || got != want {
			t.Errorf("return_to %q leads to %q (%v), want %q", given, got, err, want)
		}
	}
	for _, given := range []string{"/", "/application", "../x", "/app/../x"} {
		if got, err := e.validateReturnTo(Login, given); err == nil {
			t.Errorf("return_to %q leads to %q, want a refusal", given, got)
		}
	}
}

// A wildcard stands for labels of a host name, and for no other host, port, scheme or path.
func TestReturns_wildcard(t *testing.T) {
	t.Parallel()
	e := New(Deps{}, Config{
		DefaultReturn: mustURL(t, "https://app.example.org/"),
		Allowed:       []*url.URL{mustURL(t, "https://*.Example.org/cb"), mustURL(t, "https://*.example.net:8443/"), mustURL(t, "https://*/"), mustURL(t, "https://*bare.example/"), mustURL(t, "https://*.mysite.example/")},
	})
	for _, given := range []string{
		"https://a.example.org/cb", "https://a.b.example.org/cb/x", "https://A.EXAMPLE.ORG/cb", "https://shop-1.example.org/cb?x=1", "https://x.example.net:8443/y",
	} {
		if got, err := e.validateReturnTo(Login, given); err != nil || got != given {
			t.Errorf("return_to %q leads to %q (%v)", given, got, err)
		}
	}
	for _, given := range []string{
		"https://example.org/cb", "https://.example.org/cb", "https://a..example.org/cb", "https://aexample.org/cb", "https://a.example.org/cbx",
		"https://a.example.org.evil.example/cb", "https://a.example.org:8443/cb", "http://a.example.org/cb", "https://x.example.net/y", "https://evil.example/",
		"https://evil.example#.example.org/cb", "https://evil.example?.example.org/cb", "https://evil.example;.example.org/cb", "https://evil,x.example.org/cb",
		"https://xbare.example/", "https://[::1].example.org/cb", "https://a%2eexample.org/cb",
		"https://a.mysİte.example/", "https://a.mys%C4%B0te.example/", "https://a.mysıte.example/", "https://a.\u212a.example.org/cb",
	} {
		if got, err := e.validateReturnTo(Login, given); err == nil {
			t.Errorf("return_to %q leads to %q, want a refusal", given, got)
		}
	}
}

func TestAReturnThatIsNoLongerAllowedFallsBackToTheDefault(t *testing.T) {
	t.Parallel()
	e := returnsEngine(t)
	got := e.returnURL(&Flow{Kind: Login, ReturnTo: "https://gone.example.org/"}, "password")
	if got != "https://app.example.org/app/home" {
		t.Errorf("the flow leads to %q", got)
	}
}

// FuzzReturnTo checks that every value that is accepted stays, as a browser reads it, on
// an allowed host and below an allowed path.
func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{
		"https://app.example.org/app", "https://app.example.org/app/../x", "//evil.example", "/\\evil.example", "https://app.example.org@evil.example/app",
		"https://evil.example\\@app.example.org/app", "javascript:alert(1)", "https://app.example.org/app/%2e%2e/x", "https:/app.example.org/app", "\thttps://evil.example",
		"https://app.example.org:443/app", "https://APP.example.org/app/./x", "inbox", "?x", "#x", "/app%2f..%2fx", "https://app.example.org/app;/../x",
	} {
		f.Add(seed)
	}
	e := returnsEngine(f)
	f.Fuzz(func(t *testing.T, given string) {
		accepted, err := e.validateReturnTo(Login, given)
		if err != nil || accepted == "" {
			return
		}
		// Browsers drop tabs and line ends and read backslashes as slashes.
		read := strings.ReplaceAll(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(accepted), "\\", "/")
		u, err := url.Parse(read)
		if err != nil {
			t.Fatalf("%q was accepted as %q, which does not parse: %v", given, accepted, err)
		}
		if u.Scheme != "https" || u.User != nil || !strings.EqualFold(u.Host, "app.example.org") && !strings.EqualFold(u.Host, "id.example.org") {
			t.Fatalf("%q was accepted and leads to %q", given, accepted)
		}
		clean := path.Clean("/" + u.Path)
		if clean != "/app" && !strings.HasPrefix(clean, "/app/") && clean != "/auth/self-service" && !strings.HasPrefix(clean, "/auth/self-service/") {
			t.Fatalf("%q was accepted and leads to the path %q", given, clean)
		}
	})
}
