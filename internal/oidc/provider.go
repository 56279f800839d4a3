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

	"symbolon/internal/claims"
	"symbolon/internal/secret"
)

// patience is how long one step with a provider may take, all its requests together.
const patience = 10 * time.Second

// Provider speaks with one provider. It is safe for concurrent use.
type Provider struct {
	config Config
	sort   sort
	client *http.Client
	now    func() time.Time
	found  discovered
}

// StartRequest is what differs between one departure and the next.
type StartRequest struct {
	State  string // unguessable, bound to the browser, for one use
	Prompt string // "login" asks the provider to authenticate the person anew
}

// Memory is what must be kept until the browser is back, where nobody can change it.
type Memory struct {
	Issuer   string `json:"issuer,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
	Verifier string `json:"verifier,omitempty"` // PKCE
	Forced   int64  `json:"forced,omitempty"`   // when a new authentication was asked for, in seconds since 1970
}

// New returns a provider. The error is about the configuration and names the key.
func New(c Config, client *http.Client, now func() time.Time) (*Provider, error) {
	s, known := sorts[c.Provider]
	switch {
	case !known:
		return nil, fmt.Errorf("provider is %q; it is one of %v", c.Provider, Sorts())
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
	p := &Provider{config: c, sort: s, client: &bounded, now: now}
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
func (p *Provider) PostsCallback() bool { return p.sort.extra["response_mode"] == "form_post" }

// Start returns where to send the browser. Errors are Problems.
func (p *Provider) Start(ctx context.Context, r StartRequest) (string, Memory, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	site, err := p.site(ctx)
	if err != nil {
		return "", Memory{}, err
	}
	m := Memory{Issuer: site.issuer, Verifier: oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(m.Verifier)}
	if p.sort.noPKCE {
		m.Verifier, options = "", nil
	}
	if site.verifier != nil {
		m.Nonce = secret.Token()
		options = append(options, oidc.Nonce(m.Nonce))
	}
	if len(p.config.RequestedClaims) > 0 {
		options = append(options, oauth2.SetAuthURLParam("claims", string(p.config.RequestedClaims)))
	}
	if r.Prompt == "login" && p.sort.anew != "" {
		m.Forced = p.now().Unix()
		options = append(options, oauth2.SetAuthURLParam("prompt", p.sort.anew))
	}
	for name, value := range p.sort.extra {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return p.oauth2(site, "").AuthCodeURL(r.State, options...), m, nil
}

// oauth2 is the library's view of the provider.
func (p *Provider) oauth2(s *site, clientSecret string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: clientSecret, Endpoint: s.endpoint,
		RedirectURL: p.config.RedirectURL, Scopes: p.scopes(),
	}
}

func (p *Provider) scopes() []string {
	scopes := p.config.Scope
	if p.sort.openID && !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append(slices.Clone(scopes), oidc.ScopeOpenID)
	}
	return scopes
}

// Finish takes the answer that the browser brings, without its state, and returns the
// verified claims. Errors are Problems.
func (p *Provider) Finish(ctx context.Context, answer url.Values, m Memory) (claims.Claims, error) {
	if code := answer.Get("error"); code != "" {
		return claims.Claims{}, refused(errors.New("the provider answered with an error"),
			"Unable to complete OpenID Connect flow because the OpenID Provider returned error %q: %s", short(code), short(answer.Get("error_description")))
	}
	if answer.Get("code") == "" {
		return claims.Claims{}, refused(nil, "Unable to complete OpenID Connect flow because the OpenID Provider did not return the code query parameter.")
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	site, err := p.site(ctx)
	if err != nil {
		return claims.Claims{}, err
	}
	if err := site.speaks(answer, m); err != nil {
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
	const longest = 255 // OpenID Connect Core 1.0, 2: sub
	if c.Subject == "" || len(c.Subject) > longest {
		return claims.Claims{}, unusable(errors.New("the claims have no subject, or a longer one than the standard allows"))
	}
	return c, nil
}

// speaks checks that the answer is from the issuer that was asked (RFC 9207).
func (s *site) speaks(answer url.Values, m Memory) error {
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
	if p.sort.openID {
		if c, err = p.judge(ctx, s, token, m); err != nil {
			return claims.Claims{}, err
		}
	}
	if p.sort.read == nil {
		return c, nil
	}
	more, err := p.sort.read(ctx, p, s, token)
	if err != nil {
		if _, ok := errors.AsType[*Problem](err); ok {
			return claims.Claims{}, err
		}
		return claims.Claims{}, unusable(err)
	}
	if p.sort.openID && more.Subject != c.Subject { // OpenID Connect Core 1.0, 5.3.4
		return claims.Claims{}, refused(errors.New("userinfo is about another subject than the id_token"), distrusted)
	}
	return more, nil
}
