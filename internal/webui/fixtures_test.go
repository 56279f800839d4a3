package webui

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// The public URL has a path, as behind a proxy that serves other things too.
const publicURL = "https://id.example.org/auth/"

const flowID = "5f7d9b2c-0d5a-4c5b-9d0e-3a3f6f0e7a11"

var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// server answers pages what a test decided.
type server struct {
	result  flow.Result
	flowErr error
	session *session.Session
	checked error
	stored  *errs.Stored
	loadErr error

	places   []*session.Session
	placeErr error
	ended    []string // ids
}

func (s *server) PageFlow(_ http.ResponseWriter, r *http.Request, k flow.Kind) (flow.Result, error) {
	if s.flowErr != nil {
		return s.result, s.flowErr
	}
	f := s.result.Flow
	if f == nil || f.Kind != k || f.ID != r.URL.Query().Get("flow") {
		return flow.Result{}, errs.ErrNotFound
	}
	return s.result, nil
}

func (s *server) PageSession(*http.Request) (*session.Session, error) { return s.session, s.checked }

func (s *server) PageError(*http.Request) (*errs.Stored, error) {
	if s.stored == nil && s.loadErr == nil {
		return nil, errs.ErrNotFound
	}
	return s.stored, s.loadErr
}

func (s *server) Action(f *flow.Flow, method string) string {
	return publicURL + "self-service/" + string(f.Kind) + "/methods/" + method + "?flow=" + f.ID
}

func (s *server) StartURL(k flow.Kind) *url.URL {
	return mustURL("self-service/" + string(k) + "/browser")
}

func (s *server) LinkURL(k flow.Kind) *url.URL {
	return mustURL("self-service/" + string(k) + "/methods/link")
}

func (s *server) LogoutURL() *url.URL { return mustURL("self-service/browser/flows/logout") }

func (s *server) PageSessions(*http.Request, *session.Session) ([]*session.Session, error) {
	return s.places, s.placeErr
}

func (s *server) LinkAsked(_ *http.Request, _ flow.Kind, token string) (time.Time, error) {
	if token != "a-token" {
		return time.Time{}, nil
	}
	return time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC), nil
}

func (s *server) PageExport(_ *http.Request, of *session.Session) ([]byte, error) {
	return []byte(`{"identity":"` + of.IdentityID + `"}`), nil
}

func (s *server) EndSession(_ *http.Request, _ *session.Session, id string) error {
	s.ended = append(s.ended, id)
	return s.placeErr
}

func (s *server) PageToken(http.ResponseWriter, *http.Request) string { return "bWFza2Vk" }

func (s *server) FormToken(_ *http.Request, token string) bool { return token == "bWFza2Vk" }

func mustURL(below string) *url.URL {
	u, err := url.Parse(publicURL)
	if err != nil {
		panic(err)
	}
	return u.JoinPath(below)
}

// newPages returns pages as most installations have them, changed by options.
func newPages(t *testing.T, s Source, options ...func(*Config)) http.Handler {
	t.Helper()
	c := Config{Product: "Acme", BasePath: "/auth", Recovery: true, Verification: true, PasswordMinLength: 8}
	for _, change := range options {
		change(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	p.Bind(s)
	mux := http.NewServeMux()
	for path, h := range p.Handlers() {
		mux.Handle(path, h)
	}
	mux.Handle("/", p.NotFound())
	return mux
}

func get(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	r.Host = "id.example.org"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// speaking is a handler whose visitors have chosen a language and whose browsers
// ask for others.
func speaking(h http.Handler, chosen, asked string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(reqctx.With(r.Context(), &reqctx.Request{Language: chosen, Languages: asked})))
	})
}

// see answers a page, which must be one.
func see(t *testing.T, h http.Handler, target string) *html.Node {
	t.Helper()
	w := get(t, h, target)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d, Location %q", target, w.Code, w.Header().Get("Location"))
	}
	return mustParse(t, w.Body.String())
}

func mustParse(t *testing.T, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// find returns the elements that have all the given attributes; "" matches any
// value.
func find(doc *html.Node, tag string, attributes ...string) []*html.Node {
	var out []*html.Node
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || tag != "" && n.Data != tag {
			continue
		}
		matches := true
		for i := 0; i+1 < len(attributes); i += 2 {
			value, has := attribute(n, attributes[i])
			matches = matches && has && (attributes[i+1] == "" || value == attributes[i+1])
		}
		if matches {
			out = append(out, n)
		}
	}
	return out
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// words returns what is heard of an element, with single spaces.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if hidden, _ := attribute(d.Parent, "aria-hidden"); d.Type == html.TextNode && hidden != "true" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// newFlow returns a browser flow with these forms.
func newFlow(k flow.Kind, groups ...ui.Group) *flow.Flow {
	return &flow.Flow{
		ID: flowID, Kind: k, Client: flow.Browser, State: flow.Open,
		IssuedAt: noon, ExpiresAt: noon.Add(time.Hour), Form: ui.Form{Groups: groups},
	}
}

func showing(f *flow.Flow) *server {
	return &server{result: flow.Result{Outcome: flow.FormShown, Flow: f}}
}

func csrf() ui.Node {
	n := ui.CSRF()
	n.Value = "bWFza2Vk"
	return n
}

func loginGroup() ui.Group {
	return ui.Group{Method: "password", Nodes: []ui.Node{
		{Name: "identifier", Type: "text", Required: true, Label: "Identifier", Autocomplete: "username"},
		{Name: "password", Type: "password", Required: true, Autocomplete: "current-password"},
		csrf(),
	}}
}

func registrationGroup() ui.Group {
	return ui.Group{Method: "password", Nodes: []ui.Node{
		csrf(),
		{Name: "password", Type: "password", Required: true, Autocomplete: "new-password"},
		{Name: "traits.email", Type: "email", Required: true, Label: "E-Mail", Autocomplete: "email"},
		{Name: "traits.name.first", Type: "text", Autocomplete: "given-name"},
	}}
}

func linkGroup() ui.Group {
	return ui.Group{Method: "link", Nodes: []ui.Node{
		csrf(), {Name: "email", Type: "email", Required: true, Autocomplete: "email"},
	}}
}

func settingsGroups() []ui.Group {
	return []ui.Group{
		{Method: "password", Nodes: []ui.Node{
			{Name: "password", Type: "password", Required: true, Autocomplete: "new-password"}, csrf(),
		}},
		{Method: "profile", Nodes: []ui.Node{
			csrf(), {Name: "traits.email", Type: "email", Required: true, Label: "E-Mail", Value: "ada@example.org"},
		}},
	}
}

// providerGroup is a method that these pages know nothing of.
func providerGroup() ui.Group {
	return ui.Group{Method: "oidc", Nodes: []ui.Node{
		csrf(),
		{Name: "provider", Type: "submit", Value: "github"},
		{Name: "provider", Type: "submit", Value: "acme_corp", Label: "Acme Corp"},
	}}
}

// connections are the providers of a settings page.
func connections() ui.Group {
	return ui.Group{Method: "oidc", Nodes: []ui.Node{
		csrf(),
		{Name: "link", Type: "submit", Value: "acme", Label: "Acme Corp"},
		{Name: "unlink", Type: "submit", Value: "github", Label: "GitHub"},
	}}
}

// everyNode has each type of input in each of its states.
func everyNode() ui.Group {
	required := func(n ui.Node) ui.Node { n.Required = true; return n }
	return ui.Group{Method: "profile", Nodes: []ui.Node{
		csrf(),
		{Name: "traits.text", Type: "text", Value: "مرحبا"},
		required(ui.Node{Name: "traits.email", Type: "email", Value: "a@b.example", Autocomplete: "email"}),
		{Name: "traits.url", Type: "url", Value: "https://example.org/?a=1&b=2"},
		{Name: "traits.phone", Type: "tel", Autocomplete: "tel"},
		{Name: "traits.age", Type: "number", Value: ui.Number("30")},
		{Name: "traits.height", Type: "number", Value: 1.75},
		{Name: "traits.born", Type: "date", Value: "1815-12-10", Autocomplete: "bday"},
		{Name: "traits.seen", Type: "datetime-local", Value: "2026-05-04T12:00:00Z"},
		{Name: "traits.pattern", Type: "text", Pattern: "^[a-z]+$"},
		{Name: "traits.plan", Type: "text", Options: []any{"free", "pro"}, Value: "pro"},
		required(ui.Node{Name: "traits.size", Type: "number", Options: []any{ui.Number("1"), ui.Number("2")}}),
		{Name: "traits.newsletter", Type: "checkbox", Value: true},
		required(ui.Node{Name: "traits.terms", Type: "checkbox", Label: "I accept the terms"}),
		{Name: "traits.locked", Type: "checkbox", Value: true, Disabled: true},
		{Name: "traits.id", Type: "text", Value: "7", Disabled: true},
		{Name: "traits.tags", Type: "text"},
		{Name: "traits.tags.0", Type: "text", Value: "one"},
		{Name: "traits.tags.1", Type: "text", Value: "two"},
		{Name: "traits.pets", Type: "text", Label: "Pets"},
		{Name: "traits.pets.0.name", Type: "text", Value: "Rex"},
		{Name: "traits.colour", Type: "color", Value: "#123456"},
		{Name: "hint", Type: "hidden", Value: "opaque"},
		{Name: "password", Type: "password", Value: "never shown", Autocomplete: "new-password"},
	}}
}

// wrong is a registration that was rejected in every way.
func wrong() *flow.Flow {
	g := registrationGroup()
	g.Add("", message.Of(message.KeyDuplicateIdentifier))
	g.Add("password", message.PasswordTooShort(8, 3))
	g.Add("password", message.PasswordTooSimilar())
	g.Add("traits.email", message.Message{Key: "schema.format", Params: map[string]any{"format": "email", "value": "nobody", "text": "…"}})
	g.Add("traits", message.Reason("one of them is needed"))
	g.Fill(map[string]any{"traits.email": "nobody", "password": "abc"})
	return newFlow(flow.Registration, g)
}

func newSession(traits string) *session.Session {
	return &session.Session{
		ID: "s", IdentityID: "0198", Active: true, IssuedAt: noon, AuthenticatedAt: noon, ExpiresAt: noon.Add(24 * time.Hour),
		Identity: &identity.Identity{
			ID: "0198", SchemaID: "default", Traits: json.RawMessage(traits),
			Verifiable: []identity.Address{{Value: "ada@example.org", Via: identity.ViaEmail}},
		},
	}
}

const adaTraits = `{"email":"ada@example.org","name":{"first":"Ada","last":"Lovelace"},"born":"1815-12-10","newsletter":false,"tags":["one","two"],"empty":""}`

func stored(payload string) *server {
	return &server{stored: &errs.Stored{ID: flowID, Payload: json.RawMessage(payload)}}
}

const csrfPayload = `[{"code":403,"status":"Forbidden","reason":"A request failed due to a missing or invalid csrf_token value.","message":"The requested action was forbidden"}]`
