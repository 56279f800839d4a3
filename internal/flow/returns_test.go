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

// Hosts are compared as browsers read them: letters beyond ASCII by their A-labels, without the case folding that makes
// one host of two.
func TestReturns_hosts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		allowed, given string
		want           bool
	}{
		{"https://bücher.example/", "https://bücher.example/", true},
		{"https://bücher.example/", "https://BÜCHER.example/", true},
		{"https://bücher.example/", "https://bu\u0308cher.example/", true},
		{"https://bücher.example/", "https://b%C3%BCcher.example/", true},
		{"https://bücher.example/", "https://xn--bcher-kva.example/", true},
		{"https://xn--bcher-kva.example/", "https://bücher.example/", true},
		{"https://XN--bcher-kva.example/", "https://Xn--Bcher-Kva.Example/", true},
		{"https://bücher.example/", "https://bucher.example/", false},
		{"https://*.bücher.example/", "https://a.bücher.example/", true},
		{"https://*.bücher.example/", "https://a.xn--bcher-kva.example/", true},
		{"https://*.bücher.example/", "https://ä.bücher.example/", true},
		{"https://*.xn--bcher-kva.example/", "https://a.BÜCHER.example/", true},
		{"https://*.bücher.example/", "https://bücher.example/", false},
		{"https://*.bücher.example/", "https://abücher.example/", false},
		{"https://straße.example/", "https://straße.example/", true},
		{"https://straße.example/", "https://strasse.example/", false},
		{"https://strasse.example/", "https://straße.example/", false},
		{"https://istanbul.example/", "https://İstanbul.example/", false},
		{"https://İstanbul.example/", "https://istanbul.example/", false},
		{"https://*.mysite.example/", "https://a.mysİte.example/", false},
		{"https://σ.example/", "https://ς.example/", false}, // two A-labels, and one folded text
		{"https://kk.example/", "https://\u212ak.example/", false},
		{"https://a_b.bücher.example/", "https://A_B.BÜCHER.example/", true},
		{"https://*.example.org/", "https://a\uff0fb.example.org/", false},
		{"https://*.example.org/", "https://a\u3002example.org/", false},
		{"https://app.example/", "https://APP.example/", true},
		{"https://app.example/", "https://app.example./", false},
		{"https://app.example./", "https://app.example./", true},
		{"https://app_1.example/", "https://App_1.example/", true},
		{"https://bücher.example:8443/", "https://BÜCHER.example:8443/", true},
		{"https://bücher.example:8443/", "https://bücher.example/", false},
		{"https://bücher.example/", "https://bücher.example:8443/", false},
		{"https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/", true},
		{"https://[2001:db8::1]/", "https://[2001:db8::2]/", false},
		{"app:/done", "app:/done/x", true},
		{"app:/done", "app://evil.example/done", false},
	} {
		e := New(Deps{}, Config{DefaultReturn: mustURL(t, "https://default.example/"), Allowed: []*url.URL{mustURL(t, tt.allowed)}})
		if _, err := e.validateReturnTo(Login, tt.given); (err == nil) != tt.want {
			t.Errorf("%s allows %s: %v, want %t", tt.allowed, tt.given, err, tt.want)
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
