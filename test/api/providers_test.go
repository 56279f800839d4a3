package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// provider is an OpenID provider that says of everybody what a test wants.
type provider struct {
	*httptest.Server
	key *ecdsa.PrivateKey
	now func() time.Time
	// meanwhile, if set, runs while the server waits for its tokens.
	meanwhile func()
	mu        sync.Mutex
	claims    map[string]any
	nonce     string
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, now: time.Now}
	documents := &oidctest.Server{
		PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: "ES256"}}, Algorithms: []string{"ES256"},
	}
	mux := http.NewServeMux()
	mux.Handle("/", documents)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	documents.SetIssuer(p.URL)
	return p
}

func (p *provider) token(w http.ResponseWriter, _ *http.Request) {
	if p.meanwhile != nil {
		p.meanwhile()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]any{"iss": p.URL, "aud": "client", "nonce": p.nonce, "iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix()}
	maps.Copy(all, p.claims)
	raw, _ := json.Marshal(all)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": "an access token", "token_type": "Bearer", "id_token": oidctest.SignIDToken(p.key, "k", "ES256", string(raw)),
	})
}

// says makes everybody this person from now on.
func (p *provider) says(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = claims
}

// settings offer the provider under two names.
func (p *provider) settings(more ...string) []string {
	return append(p.mappedBy(`local claims = std.extVar('claims'); { identity: { traits: { [if 'email' in claims then 'email']: claims.email } } }`), more...)
}

func (p *provider) mappedBy(program string) []string {
	mapper := base64.StdEncoding.EncodeToString([]byte(program))
	entry := func(id, linking string) map[string]any {
		return map[string]any{
			"id": id, "provider": "generic", "client_id": "client", "client_secret": "a secret between the two", "issuer_url": p.URL,
			"mapper_url": "base64://" + mapper, "auto_link": linking,
		}
	}
	list, _ := json.Marshal([]any{entry("acme", "never"), entry("other", "verified_email")})
	return []string{"SELFSERVICE_METHODS_OIDC_ENABLED=true", "SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS=" + string(list)}
}

// leave goes to a provider and returns the path that the browser would come back to.
func (c *client) leave(t testing.TB, p *provider, kind, id string) string {
	t.Helper()
	flow := c.page(t, kind)
	action, token := c.fetch(t, kind, "oidc", flow)
	return c.back(t, p, c.form(t, action, map[string]string{"csrf_token": token, "provider": id}))
}

// page starts a browser flow and returns its id.
func (c *client) page(t testing.TB, kind string) string {
	t.Helper()
	a := c.get(t, "/self-service/"+kind+"/browser")
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || u.Query().Get("flow") == "" {
		t.Fatalf("start %s: %d to %q", kind, a.StatusCode, a.Header.Get("Location"))
	}
	return u.Query().Get("flow")
}

func (c *client) back(t testing.TB, p *provider, a answer) string {
	t.Helper()
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(u.String(), p.URL+"/auth") {
		t.Fatalf("went to %q (%d %s)", a.Header.Get("Location"), a.StatusCode, a.body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nonce = u.Query().Get("nonce")
	to, err := url.Parse(u.Query().Get("redirect_uri"))
	if err != nil {
		t.Fatal(err)
	}
	return to.Path + "?code=the-code&state=" + u.Query().Get("state")
}

// comeBy goes to a provider and back in a new browser. It returns the browser and what
// was answered at the end.
func (s *site) comeBy(t testing.TB, p *provider, kind, id string) (*client, answer) {
	t.Helper()
	c := s.browser(t)
	return c, c.get(t, c.leave(t, p, kind, id))
}

func (c *client) knownAs(t testing.TB) string {
	t.Helper()
	a := c.get(t, "/sessions/whoami")
	if a.StatusCode != http.StatusOK {
		return ""
	}
	return a.text(t, "identity.traits.email")
}

func TestANewcomerFromAProviderIsSignedUpAndKnownAgain(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	p.says(map[string]any{"sub": "Ada", "email": "ada@example.org"})
	first, _ := s.comeBy(t, p, "login", "acme")
	if got := first.knownAs(t); got != "ada@example.org" {
		t.Fatalf("known as %q", got)
	}
	p.says(map[string]any{"sub": "Ada", "email": "moved@example.org"})
	again, _ := s.comeBy(t, p, "registration", "acme")
	if got := again.knownAs(t); got != "ada@example.org" {
		t.Errorf("known as %q: traits are taken at the first time alone", got)
	}
	p.says(map[string]any{"sub": "ada", "email": "lower@example.org"})
	other, _ := s.comeBy(t, p, "login", "acme")
	if got := other.knownAs(t); got != "lower@example.org" {
		t.Errorf("known as %q: subjects differ by case", got)
	}
}

func TestWhoIsMappedToNoTraitsIsAskedForThem(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.mappedBy(`{ identity: { traits: 'no object' } }`)...)
	p.says(map[string]any{"sub": "Ada"})
	c, a := s.comeBy(t, p, "registration", "acme")
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || u.Path != "/registration" {
		t.Fatalf("came to %q, %v", a.Header.Get("Location"), err)
	}
	asked := c.get(t, "/self-service/registration/flows?id="+u.Query().Get("flow"))
	if !strings.Contains(string(asked.body), "Property email is missing.") {
		t.Errorf("the flow is %s", asked.body)
	}
}

func TestAnAnswerCountsOnceInItsBrowserAndFromTheProviderThatWasAsked(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	p.says(map[string]any{"sub": "ada", "email": "ada@example.org"})
	for name, turn := range map[string]func(c *client, back string) *client{
		"in another browser": func(_ *client, back string) *client {
			victim := s.browser(t)
			victim.page(t, "login")
			victim.get(t, back)
			return victim
		},
		"in another browser that is on its way too": func(_ *client, back string) *client {
			victim := s.browser(t)
			victim.leave(t, p, "login", "acme")
			victim.get(t, back)
			return victim
		},
		"as from another provider": func(c *client, back string) *client {
			c.get(t, strings.Replace(back, "/acme?", "/other?", 1))
			return c
		},
		"with another state": func(c *client, back string) *client {
			c.get(t, back+"x")
			return c
		},
		"after half an hour": func(*client, string) *client {
			late := newSite(t, p.settings()...)
			visitor := late.browser(t)
			back := visitor.leave(t, p, "login", "acme")
			late.pass(31 * time.Minute)
			visitor.get(t, back)
			return visitor
		},
		"by HEAD": func(c *client, back string) *client {
			if a := c.do(t, http.MethodHead, back, ""); a.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("HEAD is answered %d", a.StatusCode)
			}
			return c
		},
		"by a POST of a provider that does not post": func(c *client, back string) *client {
			u, _ := url.Parse(back)
			if a := c.form(t, u.Path, map[string]string{"state": u.Query().Get("state"), "code": "x"}); a.StatusCode != http.StatusBadRequest {
				t.Errorf("answered %d", a.StatusCode)
			}
			return c
		},
	} {
		c := s.browser(t)
		if got := turn(c, c.leave(t, p, "login", "acme")).knownAs(t); got != "" {
			t.Errorf("%s: known as %s", name, got)
		}
	}
}

func TestOfManyReturnsAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	p.says(map[string]any{"sub": "ada", "email": "ada@example.org"})
	c := s.browser(t)
	back := c.leave(t, p, "registration", "acme")
	var signedIn sync.WaitGroup
	cookies := make(chan bool, 20)
	for range cap(cookies) {
		signedIn.Go(func() {
			a := c.get(t, back)
			cookies <- strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), ";"), "ory_kratos_session=")
		})
	}
	signedIn.Wait()
	close(cookies)
	count := 0
	for signed := range cookies {
		if signed {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d of 20 returns signed in, want one", count)
	}
}

// Login CSRF: a page of another site sends a browser to a provider with a flow of
// the attacker's.
func TestALinkToAProviderCountsInTheBrowserOfItsFlow(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	attacker, victim := s.browser(t), s.browser(t)
	victim.page(t, "login")
	link := "/self-service/methods/oidc/auth/" + attacker.page(t, "login") + "?provider=acme"
	if a := victim.get(t, link); strings.HasPrefix(a.Header.Get("Location"), p.URL) {
		t.Errorf("the victim was sent to %s", a.Header.Get("Location"))
	}
	if a := attacker.get(t, link); !strings.HasPrefix(a.Header.Get("Location"), p.URL) {
		t.Errorf("the owner of the flow was sent to %q (%d %s)", a.Header.Get("Location"), a.StatusCode, a.body)
	}
}

// Pre-hijacking: who registers the address of another person first must not be let in,
// or keep a way in, when its owner comes by a provider.
func TestAnAddressIsNoProof(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	s.register(t, "ada@example.org")
	p.says(map[string]any{"sub": "ada", "email": "ada@example.org", "email_verified": true})
	for _, id := range []string{"acme", "other"} { // other links by proven addresses, and this one is not
		c, a := s.comeBy(t, p, "login", id)
		if got := c.knownAs(t); got != "" || !strings.Contains(a.Header.Get("Location"), "/registration?flow=") {
			t.Errorf("%s: known as %q, sent to %s", id, got, a.Header.Get("Location"))
		}
	}
}

func TestAConflictIsLinkedByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	s.register(t, "ada@example.org")
	s.register(t, "eve@example.org")
	p.says(map[string]any{"sub": "ada", "email": "ada@example.org"})
	conflict := func(c *client) string {
		a := c.get(t, c.leave(t, p, "registration", "acme"))
		u, _ := url.Parse(a.Header.Get("Location"))
		return "/self-service/login/browser?link=" + u.Query().Get("flow")
	}
	signIn := func(c *client, link, email string) answer {
		a := c.get(t, link)
		u, _ := url.Parse(a.Header.Get("Location"))
		if u.Query().Get("flow") == "" {
			return a
		}
		action, token := c.fetch(t, "login", "password", u.Query().Get("flow"))
		return c.form(t, action, map[string]string{"csrf_token": token, "identifier": email, "password": password})
	}
	linked := func() string {
		c, _ := s.comeBy(t, p, "login", "acme")
		return c.knownAs(t)
	}

	eve := s.browser(t)
	signIn(eve, conflict(eve), "eve@example.org")
	if got := linked(); got != "" {
		t.Errorf("signing in as another person links to %s", got)
	}
	stranger := s.browser(t)
	ada := s.browser(t)
	link := conflict(ada)
	stranger.page(t, "login")
	if a := signIn(stranger, link, "ada@example.org"); strings.Contains(a.Header.Get("Location"), "/login?flow=") {
		t.Errorf("another browser takes the link over: %s", a.Header.Get("Location"))
	}
	asked := signIn(ada, link, "ada@example.org").Header.Get("Location")
	if got := linked(); got != "" {
		t.Errorf("it is linked to %q before its owner has said so", got)
	}
	u, _ := url.Parse(asked)
	action, token := ada.fetch(t, "settings", "oidc", u.Query().Get("flow"))
	ada.form(t, action, map[string]string{"csrf_token": token, "confirm_link": "true"})
	if got := linked(); got != "ada@example.org" {
		t.Errorf("after its owner said so the account is known as %q", got)
	}
	if a := ada.get(t, link); strings.Contains(a.Header.Get("Location"), "/login?flow=") {
		t.Error("the link works twice")
	}
}

func TestTheLastWayInStays(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	p.says(map[string]any{"sub": "ada", "email": "ada@example.org"})
	c, _ := s.comeBy(t, p, "registration", "acme")
	unlink := func() {
		action, token := c.fetch(t, "settings", "oidc", c.page(t, "settings"))
		c.form(t, action, map[string]string{"csrf_token": token, "unlink": "acme"})
	}
	unlink()
	again, _ := s.comeBy(t, p, "login", "acme")
	if again.knownAs(t) == "" {
		t.Fatal("the last way in was unlinked")
	}
	action, token := c.fetch(t, "settings", "password", c.page(t, "settings"))
	c.form(t, action, map[string]string{"csrf_token": token, "password": password})
	unlink()
	p.says(map[string]any{"sub": "ada", "email": "new@example.org"})
	after, _ := s.comeBy(t, p, "login", "acme")
	if got := after.knownAs(t); got != "new@example.org" {
		t.Errorf("after it was unlinked the subject is known as %q, want a new person", got)
	}
}

func TestLinkingNeedsARecentProofAndGoesOnAfterIt(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	p.now = s.now
	c := s.browser(t)
	c.registerBrowser(t, "ada@example.org")
	s.pass(2 * time.Hour)
	action, token := c.fetch(t, "settings", "oidc", c.page(t, "settings"))
	a := c.form(t, action, map[string]string{"csrf_token": token, "link": "acme"})
	login, err := url.Parse(a.Header.Get("Location"))
	if err != nil || login.Query().Get("refresh") != "true" {
		t.Fatalf("an old session is sent to %q", a.Header.Get("Location"))
	}
	started := c.get(t, login.String())
	u, _ := url.Parse(started.Header.Get("Location"))
	action, token = c.fetch(t, "login", "password", u.Query().Get("flow"))
	a = c.form(t, action, map[string]string{"csrf_token": token, "identifier": "ada@example.org", "password": password})
	a = c.get(t, a.Header.Get("Location")) // back to what was submitted
	a = c.get(t, a.Header.Get("Location")) // and on to the provider
	p.says(map[string]any{"sub": "ada"})
	c.get(t, c.back(t, p, a))
	again, _ := s.comeBy(t, p, "login", "acme")
	if got := again.knownAs(t); got != "ada@example.org" {
		t.Errorf("the subject is known as %q", got)
	}
}

func TestTheLogSaysWhyAProviderWasNotBelieved(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	p.says(map[string]any{"sub": "ada", "aud": "another person"})
	s.comeBy(t, p, "login", "acme")
	log := s.log.String()
	if !strings.Contains(log, "expected audience") {
		t.Errorf("the log does not say why:\n%s", log)
	}
	for _, hidden := range []string{"the-code", "an access token", "a secret between"} {
		if strings.Contains(log, hidden) {
			t.Errorf("the log has %q", hidden)
		}
	}
}

// A discovery document is what another person says: it must not send requests into
// the operator's network.
func TestADiscoveryDocumentLeadsToNoPrivateAddress(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 1)
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	t.Cleanup(inside.Close)
	p := newProvider(t)
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": inside.URL + "/token", "jwks_uri": inside.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256"},
	}
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(document) })
	s := newSite(t, p.settings()...)
	c, _ := s.comeBy(t, p, "login", "acme")
	if len(reached) > 0 || c.knownAs(t) != "" {
		t.Error("the token endpoint of the document was asked")
	}
	if log := s.log.String(); !strings.Contains(log, "security.outgoing.allow") {
		t.Errorf("the log does not say what to do:\n%s", log)
	}
}
