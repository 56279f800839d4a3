package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/secret"
)

// timeout is how long one step with a provider may take, all its requests together.
const timeout = 10 * time.Second

// Provider speaks with one provider. It is safe for concurrent use.
type Provider struct {
	config Config
	spec   providerSpec
	client *http.Client
	now    func() time.Time
	found  discovered
}

// StartRequest is what differs between one departure and the next.
type StartRequest struct {
	State  string // unguessable, bound to the browser, for one use
	Prompt string // "login" asks the provider to authenticate the person again
	// Hints are parameters that the client wishes to add. Only those in the list of hints
	// are passed on; a Prompt comes before one of them.
	Hints map[string]string
}

// Memory is what must be kept until the browser is back, where it cannot be changed.
type Memory struct {
	Issuer   string `json:"issuer,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
	Verifier string `json:"verifier,omitempty"` // PKCE
	Forced   int64  `json:"forced,omitempty"`   // when a new authentication was asked for, in seconds since 1970
	Shared   bool   `json:"shared,omitempty"`   // the provider leads back to Config.SharedRedirectURL
}

// New returns a provider. The error is about the configuration and names the key.
func New(c Config, client *http.Client, now func() time.Time) (*Provider, error) {
	s, known := specs[c.Provider]
	switch {
	case !known:
		return nil, fmt.Errorf("provider is %q; it is one of %v", c.Provider, Names())
	case s.tenant && c.Tenant == "":
		return nil, errors.New("tenant is missing")
	case client.Transport == nil:
		return nil, errors.New("the client has no guarded transport")
	}
	if c.Label == "" {
		c.Label = s.label
	}
	if c.Label == "" {
		c.Label = c.ID
	}
	bounded := *client
	bounded.Transport = bounds{client.Transport}
	p := &Provider{config: c, spec: s, client: &bounded, now: now}
	if c.Provider == "apple" {
		if _, err := p.clientSecret(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ID is the operator's name of the provider.
func (p *Provider) ID() string { return p.config.ID }

// Label is what people call the provider.
func (p *Provider) Label() string { return p.config.Label }

// PostsCallback reports whether answers come as a cross-site POST (form_post).
func (p *Provider) PostsCallback() bool { return p.spec.extra["response_mode"] == "form_post" }

// Start returns where to send the browser. Errors are Problems.
func (p *Provider) Start(ctx context.Context, r StartRequest) (string, Memory, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), timeout)
	defer cancel()
	site, err := p.site(ctx)
	if err != nil {
		return "", Memory{}, err
	}
	m := Memory{Issuer: site.issuer, Shared: p.shares(site)}
	var options []oauth2.AuthCodeOption
	if p.challenges(site) {
		m.Verifier = oauth2.GenerateVerifier()
		options = append(options, oauth2.S256ChallengeOption(m.Verifier))
	}
	if site.keys != nil {
		m.Nonce = secret.Token()
		options = append(options, oidc.Nonce(m.Nonce))
	}
	if len(p.config.RequestedClaims) > 0 {
		options = append(options, oauth2.SetAuthURLParam("claims", string(p.config.RequestedClaims)))
	}
	for _, name := range hints() {
		if value := r.Hints[name]; value != "" && len(value) <= longestHint {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	if r.Prompt == "login" && p.spec.reauthPrompt != "" {
		m.Forced = p.now().Unix()
		options = append(options, oauth2.SetAuthURLParam("prompt", p.spec.reauthPrompt))
		if p.spec.openID {
			// With max_age the provider has to say when the person signed in there (OpenID
			// Connect Core 1.0, 3.1.2.1).
			options = append(options, oauth2.SetAuthURLParam("max_age", "0"))
		}
	}
	for name, value := range p.spec.extra {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return p.oauth2(site, "", m).AuthCodeURL(r.State, options...), m, nil
}

// hints are the parameters of an authorisation request that clients may add: they tell
// the provider who is expected and what to show (OpenID Connect Core 1.0, 3.1.2.1), and
// hd and auth_type are Google's and Facebook's own.
func hints() []string { return []string{"login_hint", "hd", "prompt", "auth_type", "acr_values"} }

// longestHint bounds the value of a hint, in bytes.
const longestHint = 512

// challenges reports whether PKCE (RFC 7636) is used.
func (p *Provider) challenges(s *site) bool {
	switch p.config.PKCE {
	case "never":
		return false
	case "force":
		return true
	}
	return !p.spec.noPKCE && !s.noPKCE
}

// shares reports whether the provider leads back to the redirect URI that names none.
func (p *Provider) shares(s *site) bool {
	announced := s.announcesPKCE && p.config.PKCE != "never"
	return p.config.SharedRedirectURL != "" && (p.config.PKCE == "force" || announced)
}

// oauth2 is the library's view of the provider.
func (p *Provider) oauth2(s *site, clientSecret string, m Memory) *oauth2.Config {
	back := p.config.RedirectURL
	if m.Shared {
		back = p.config.SharedRedirectURL
	}
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: clientSecret, Endpoint: s.endpoint,
		RedirectURL: back, Scopes: p.scopes(),
	}
}

func (p *Provider) scopes() []string {
	scopes := p.config.Scope
	if p.spec.openID && !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append(slices.Clone(scopes), oidc.ScopeOpenID)
	}
	return scopes
}

// Finish takes the answer that the browser brings, without its state, and returns the
// verified claims. Errors are Problems.
func (p *Provider) Finish(ctx context.Context, answer url.Values, m Memory) (claims.Claims, error) {
	if answer.Get("error") == "user_cancelled_authorize" { // Apple
		return claims.Claims{}, refused(nil, "Signing in with %s was cancelled.", p.Label())
	}
	if code := answer.Get("error"); code != "" {
		return claims.Claims{}, refused(errors.New("the provider answered with an error"),
			"Unable to complete OpenID Connect flow because the OpenID Provider returned error %q: %s", truncate(code), truncate(answer.Get("error_description")))
	}
	if answer.Get("code") == "" {
		return claims.Claims{}, refused(nil, "Unable to complete OpenID Connect flow because the OpenID Provider did not return the code query parameter.")
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), timeout)
	defer cancel()
	site, err := p.site(ctx)
	if err != nil {
		return claims.Claims{}, err
	}
	if err := site.verifyIssuer(answer, m); err != nil {
		return claims.Claims{}, err
	}
	token, err := p.exchange(ctx, site, answer.Get("code"), m)
	if err != nil {
		return claims.Claims{}, err
	}
	c, err := p.identify(ctx, site, token, m)
	if err != nil {
		return claims.Claims{}, err
	}
	if err := checkSubject(c); err != nil {
		return claims.Claims{}, refused(err, distrusted)
	}
	if p.spec.complete != nil {
		p.spec.complete(answer, &c)
	}
	return c, nil
}

// checkSubject refuses claims that name no one account.
func checkSubject(c claims.Claims) error {
	const longest = 255 // OpenID Connect Core 1.0, 2: sub
	if c.Subject == "" || len(c.Subject) > longest {
		return errors.New("the claims have no subject, or a longer one than the standard allows")
	}
	return nil
}

// verifyIssuer checks that the answer is from the issuer that was asked (RFC 9207).
func (s *site) verifyIssuer(answer url.Values, m Memory) error {
	iss, sent := answer["iss"]
	switch {
	case m.Issuer != s.issuer:
		return refused(errors.New("the issuer is another one than at the start"), distrusted)
	case sent && (len(iss) != 1 || iss[0] != s.issuer && s.issuer != ""), !sent && s.saysIssuer:
		return refused(errors.New("the answer names another issuer than was asked, or none"), distrusted)
	}
	return nil
}

// identify reads the claims from the id_token, or from the provider's API.
func (p *Provider) identify(ctx context.Context, s *site, token *oauth2.Token, m Memory) (claims.Claims, error) {
	var c claims.Claims
	var err error
	if p.spec.openID {
		if c, err = p.verifyIDToken(ctx, s, token, m); err != nil {
			return claims.Claims{}, err
		}
	}
	read := p.spec.read
	if read == nil && p.config.ClaimsSource == "userinfo" {
		read = fromUserinfo
	}
	if read == nil {
		return p.known(c, c), nil
	}
	more, err := read(ctx, p, s, token)
	if err != nil {
		if _, ok := errors.AsType[*Problem](err); ok {
			return claims.Claims{}, err
		}
		return claims.Claims{}, unavailable(err)
	}
	if p.spec.openID && more.Subject != c.Subject { // OpenID Connect Core 1.0, 5.3.4
		return claims.Claims{}, refused(errors.New("userinfo is about another subject than the id_token"), distrusted)
	}
	return p.known(more, c), nil
}

// known sets whom the claims are about. The object id of Microsoft is in the id_token
// alone; the Graph API calls it the id of /me.
func (p *Provider) known(c, idToken claims.Claims) claims.Claims {
	if p.config.Provider == "microsoft" && (p.config.SubjectSource == "oid" || p.config.SubjectSource == "me") {
		c.Subject, _ = idToken.Raw["oid"].(string)
	}
	return c
}
