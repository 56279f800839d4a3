package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// The ages of what was discovered.
const (
	siteAge    = time.Hour
	siteRepeat = 5 * time.Second // before a provider that failed is asked again
)

// site is what is known of a provider's endpoints.
type site struct {
	issuer     string // empty without OpenID Connect
	endpoint   oauth2.Endpoint
	keys       oidc.KeySet // nil without OpenID Connect
	algorithms []string    // of id_tokens
	tryPost    bool        // the way of the client secret is not known: see exchange
	noPKCE     bool        // the discovery document names other methods of PKCE alone
	// announcesPKCE: the discovery document names S256.
	announcesPKCE bool
	userinfo      func(context.Context, oauth2.TokenSource) (*oidc.UserInfo, error)
	saysIssuer    bool // answers carry iss (RFC 9207)
}

// discovered keeps the site that was found, for a while.
type discovered struct {
	mu     sync.Mutex
	site   *site
	err    error
	before time.Time
}

// site returns the provider's endpoints. What was found is kept for a while, with the
// public keys that it led to; one request for it runs at a time.
func (p *Provider) site(ctx context.Context) (*site, error) {
	p.found.mu.Lock()
	defer p.found.mu.Unlock()
	if (p.found.site != nil || p.found.err != nil) && p.now().Before(p.found.before) {
		return p.found.site, p.found.err
	}
	// The result is shared: a caller that leaves must not make the others believe that
	// the provider is unavailable.
	looking, stop := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer stop()
	fresh, err := p.fetchSite(looking)
	if err != nil && p.found.site != nil { // what worked before is better than nothing
		p.found.before = p.now().Add(siteRepeat)
		return p.found.site, nil
	}
	if err != nil {
		p.found.err, p.found.before = unavailable(err), p.now().Add(siteRepeat)
		return nil, p.found.err
	}
	p.found.site, p.found.err, p.found.before = fresh, nil, p.now().Add(siteAge)
	return fresh, nil
}

// fetchSite finds the endpoints: in the table, in the configuration, or in the discovery
// document.
func (p *Provider) fetchSite(ctx context.Context) (*site, error) {
	switch {
	case !p.spec.openID:
		return &site{endpoint: p.spec.endpoint}, nil
	case p.config.Provider == "generic" && p.config.AuthURL != "" && p.config.TokenURL != "" && p.config.JWKSURL != "":
		return p.configuredSite(ctx), nil
	case p.spec.tenant:
		return p.tenant(ctx), nil
	}
	return p.discover(ctx)
}

func (p *Provider) discover(ctx context.Context) (*site, error) {
	issuer := p.config.IssuerURL
	if p.spec.issuer != "" {
		issuer = p.spec.issuer
	}
	found, err := p.fetchDiscovery(ctx, issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"`
		Methods    []string `json:"token_endpoint_auth_methods_supported"`
		Issuer     string   `json:"issuer"`
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
		Challenges []string `json:"code_challenge_methods_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("read discovery document: %w", err)
	}
	s := &site{
		issuer: more.Issuer, endpoint: found.Endpoint(), userinfo: found.UserInfo, saysIssuer: more.SaysIssuer,
		keys: p.keySet(ctx, more.Keys), algorithms: signatures(more.Algorithms),
		noPKCE:        len(more.Challenges) > 0 && !slices.Contains(more.Challenges, "S256"),
		announcesPKCE: slices.Contains(more.Challenges, "S256"),
	}
	p.authenticate(s, more.Methods)
	return s, nil
}

// authenticate chooses how the client secret is sent: as configured, or as the
// discovery document says.
func (p *Provider) authenticate(s *site, methods []string) {
	basic := slices.Contains(methods, "client_secret_basic")
	post := slices.Contains(methods, "client_secret_post")
	s.endpoint.AuthStyle = oauth2.AuthStyleInHeader
	switch {
	case p.config.ClientAuth == "client_secret_post", p.config.ClientAuth == "" && len(methods) > 0 && !basic:
		s.endpoint.AuthStyle = oauth2.AuthStyleInParams
	case p.config.ClientAuth == "":
		s.tryPost = post || len(methods) == 0
	}
}

// keySet reads the keys of a provider when they are needed, and leaves out those that
// cannot be used.
func (p *Provider) keySet(ctx context.Context, url string) oidc.KeySet {
	return oidc.NewRemoteKeySet(p.through(context.WithoutCancel(ctx), usableKeys), url)
}

// signatures are the algorithms of id_tokens that the discovery document names and the
// library verifies; RS256 if there are none, which all providers know (OpenID Connect
// Discovery 1.0, section 3).
func signatures(named []string) []string {
	known := []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
	usable := slices.DeleteFunc(slices.Clone(named), func(alg string) bool { return !slices.Contains(known, alg) })
	if len(usable) == 0 {
		return []string{oidc.RS256}
	}
	return usable
}

// fetchDiscovery reads the discovery document of an issuer. Some providers name themselves with a
// slash at the end and some without; whichever the operator wrote, the provider is the
// same.
func (p *Provider) fetchDiscovery(ctx context.Context, issuer string) (*oidc.Provider, error) {
	found, err := oidc.NewProvider(ctx, issuer)
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok && strings.TrimSuffix(mismatch.Provided, "/") == strings.TrimSuffix(mismatch.Discovered, "/") {
		found, err = oidc.NewProvider(ctx, mismatch.Discovered)
	}
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", issuer, err)
	}
	return found, nil
}

// configuredSite is the site of a configuration with every endpoint.
func (p *Provider) configuredSite(ctx context.Context) *site {
	c := oidc.ProviderConfig{IssuerURL: p.config.IssuerURL, AuthURL: p.config.AuthURL, TokenURL: p.config.TokenURL, JWKSURL: p.config.JWKSURL}
	found := c.NewProvider(context.WithoutCancel(ctx))
	s := &site{issuer: p.config.IssuerURL, endpoint: found.Endpoint(), keys: p.keySet(ctx, p.config.JWKSURL), algorithms: []string{oidc.RS256}}
	p.authenticate(s, nil)
	return s
}

// tenant is the site of Microsoft. Its id_tokens are issued by the tenant that the
// person belongs to, which for common is none that was configured. Its userinfo is
// in the Graph API.
func (p *Provider) tenant(ctx context.Context) *site {
	base := microsoft + p.config.Tenant + "/oauth2/v2.0/"
	graph := oidc.ProviderConfig{UserInfoURL: "https://graph.microsoft.com/oidc/userinfo"}
	return &site{
		userinfo: graph.NewProvider(context.WithoutCancel(ctx)).UserInfo,
		endpoint: oauth2.Endpoint{AuthURL: base + "authorize", TokenURL: base + "token", AuthStyle: oauth2.AuthStyleInParams},
		keys:     p.keySet(ctx, microsoft+"common/discovery/v2.0/keys"), algorithms: []string{oidc.RS256},
	}
}

// bounds limits how much a provider can say.
type bounds struct{ next http.RoundTripper }

const maxAnswer = 1 << 20

// RoundTrip implements http.RoundTripper.
func (b bounds) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.ContentLength > maxAnswer {
		answer.Body.Close()
		return nil, errTooMuch
	}
	answer.Body = &limited{ReadCloser: answer.Body, left: maxAnswer}
	return answer, nil
}

var errTooMuch = errors.New("the answer is larger than 1 MiB")

type limited struct {
	io.ReadCloser
	left int
}

func (l *limited) Read(into []byte) (int, error) {
	n, err := l.ReadCloser.Read(into)
	if l.left -= n; l.left < 0 {
		return 0, errTooMuch
	}
	return n, err
}
