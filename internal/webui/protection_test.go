package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

func TestPagesCarryWhatProtectsThem(t *testing.T) {
	t.Parallel()
	for _, s := range scenes() {
		h := get(t, newPages(t, s.server), s.target).Header()
		for name, want := range map[string]string{
			"Content-Type":           "text/html; charset=utf-8",
			"Referrer-Policy":        "no-referrer",
			"X-Content-Type-Options": "nosniff",
			"Cache-Control":          "no-store",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", s.name, name, got, want)
			}
		}
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data:", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !slices.Contains(strings.Split(policy, "; "), want) {
				t.Errorf("%s: policy %q lacks %s", s.name, policy, want)
			}
		}
	}
}

func TestFormsMayLeadWhereTheyAreSentAndReturnTo(t *testing.T) {
	t.Parallel()
	f := newFlow(flow.Login, loginGroup())
	f.ReturnTo = "https://App.Example.com:8443/after"
	own := func(c *Config) {
		c.FormTargets = []*url.URL{
			{Scheme: "https", Host: "www.example.com", Path: "/home"},
			{Scheme: "https", Host: "id.example.org"},
			{Scheme: "myapp", Host: "open"},
			{Scheme: "com.example.app", Path: "/oauth"},
			{Scheme: "javascript", Opaque: "alert(1)"},
			{Scheme: "data", Opaque: "text/html,x"},
			{Scheme: "blob", Opaque: "https://x"},
			{Scheme: "https", Host: "x; script-src *"},
			nil,
			{Path: "/relative"},
		}
	}
	policy := get(t, newPages(t, showing(f), own), open("/login")).Header().Get("Content-Security-Policy")
	want := "form-action 'self' https://id.example.org https://app.example.com:8443 https://www.example.com myapp: com.example.app:; base-uri"
	if !strings.Contains(policy, want) {
		t.Errorf("policy %q lacks %q", policy, want)
	}
}

// Only the pages with the buttons of providers let forms lead to any site.
func TestFormsLeaveForProvidersAlone(t *testing.T) {
	t.Parallel()
	leave := func(c *Config) { c.FormsLeave = true }
	for kind, want := range map[flow.Kind]bool{flow.Login: true, flow.Recovery: false} {
		groups := []ui.Group{loginGroup()}
		if want {
			groups = append(groups, providerGroup())
		}
		policy := get(t, newPages(t, showing(newFlow(kind, groups...)), leave), open("/"+string(kind))).Header().Get("Content-Security-Policy")
		if leaves := strings.Contains(policy, " https:;"); leaves != want {
			t.Errorf("%s: policy %q", kind, policy)
		}
	}
}

func TestNothingComesFromElsewhereAndNothingIsInline(t *testing.T) {
	t.Parallel()
	for _, s := range scenes() {
		doc := mustParse(t, s.draw(t))
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if (n.Data == "script" || n.Data == "style") && n.FirstChild != nil {
				t.Errorf("%s: inline %s", s.name, n.Data)
			}
			for _, a := range n.Attr {
				loads := a.Key == "src" || a.Key == "href" && n.Data == "link"
				if loads && !strings.HasPrefix(a.Val, "/auth/static/symbolon/") {
					t.Errorf("%s: %s loads %q", s.name, n.Data, a.Val)
				}
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: attribute %s on %s", s.name, a.Key, n.Data)
				}
			}
		}
	}
}

// hostile are texts that would do something if a page took them for markup.
var hostile = []string{
	`"><script>alert(1)</script>`, `' onfocus='alert(1)' autofocus='`, `</title><script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`, "javascript:alert(1)", "{{.Product}}", "\x00\u202e\u2028<b>", "`${1}`",
}

func TestWhatPeopleTypedIsShownAsText(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		g := ui.Group{Method: text, Nodes: []ui.Node{
			csrf(),
			{Name: "traits." + text, Type: text, Label: text, Value: text, Autocomplete: text, Options: nil},
			{Name: "traits.choice", Type: "text", Value: text, Options: []any{text, "other"}},
			{Name: "provider", Type: "submit", Value: text},
			{Name: "email", Type: "email", Value: text, Messages: []message.Message{message.Reason(text)}},
		}}
		f := newFlow(flow.Settings, g)
		f.Form.Messages = []message.Message{message.Reason(text)}
		s := showing(f)
		s.session = newSession(`{}`)
		s.session.Identity.Verifiable[0] = identity.Address{Value: text}
		inert(t, text, see(t, newPages(t, s, func(c *Config) { c.Product = text }), open("/settings")))

		traits := mustJSON(t, map[string]any{"name": text, text: text, "list": []string{text}})
		inert(t, text, see(t, newPages(t, &server{session: newSession(traits)}), "/"))

		payload := mustJSON(t, []storedError{{Code: 400, Reason: text, Request: text}})
		inert(t, text, see(t, newPages(t, stored(payload)), "/error?error=x"))
	}
}

// inert fails if the page has an element or attribute that no template has.
func inert(t *testing.T, text string, doc *html.Node) {
	t.Helper()
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"b", "iframe"}, n.Data) || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("%q became an element %s", text, n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "href" && strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("%q became an attribute %s=%q", text, a.Key, a.Val)
			}
		}
		if _, broken := attribute(n, "src"); broken && n.Data == "img" {
			if _, ours := attribute(n, "width"); !ours {
				t.Errorf("%q became an image", text)
			}
		}
	}
}

func TestReturnAddressThatRunsScriptIsNoLink(t *testing.T) {
	t.Parallel()
	f := inState(flow.Verification, flow.Passed, message.KeyVerificationDone)
	f.ReturnTo = "javascript:alert(1)"
	inert(t, f.ReturnTo, see(t, newPages(t, showing(f)), open("/verification")))
}

func TestPasswordIsNeverSentBack(t *testing.T) {
	t.Parallel()
	if page := (scene{target: open("/settings"), server: showing(newFlow(flow.Settings, everyNode()))}).draw(t); strings.Contains(page, "never shown") {
		t.Error("the page holds the value of a password")
	}
}

func TestAssetsAreKeptForGoodUnderTheirHashAlone(t *testing.T) {
	t.Parallel()
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	pages := newPages(t, &server{})
	for _, path := range []string{p.assets.Style, p.assets.Script, p.assets.Mark} {
		w := get(t, pages, path)
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, headers %v", path, w.Code, w.Header())
		}
		// The page of another release, while both run.
		other := get(t, pages, strings.Replace(path, ".", ".0123456789ab.", 1))
		if other.Code != http.StatusNotFound {
			t.Errorf("a name with two hashes: status %d", other.Code)
		}
		stem, ext := path[:strings.IndexByte(path, '.')], path[strings.LastIndexByte(path, '.'):]
		other = get(t, pages, stem+".0123456789ab"+ext)
		if other.Code != http.StatusOK || other.Header().Get("Cache-Control") != "no-cache" || other.Body.String() != w.Body.String() {
			t.Errorf("a name with another hash: status %d, headers %v", other.Code, other.Header())
		}
	}
	for _, path := range []string{"pages.go", "x", "en.json", "..%2fpages.go"} {
		if w := get(t, pages, staticPath+path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}
