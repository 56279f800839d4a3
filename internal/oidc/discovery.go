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
	verifier   func(issuer string) *oidc.IDTokenVerifier // nil without OpenID Connect
	userinfo   func(context.Context, oauth2.TokenSource) (*oidc.UserInfo, error)
	saysIssuer bool // answers carry iss (RFC 9207)
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
	// What is found is for everybody: whoever asked first and leaves must not make the
	// others believe that the provider is in trouble.
	looking, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	fresh, err := p.look(looking)
	if err != nil && p.found.site != nil { // what worked before is better than nothing
		p.found.before = p.now().Add(siteRepeat)
		return p.found.site, nil
	}
	if err != nil {
		p.found.err, p.found.before = unusable(err), p.now().Add(siteRepeat)
		return nil, p.found.err
	}
	p.found.site, p.found.err, p.found.before = fresh, nil, p.now().Add(siteAge)
	return fresh, nil
}

// look finds the endpoints: in the sort, in the configuration, or in the discovery
// document.
func (p *Provider) look(ctx context.Context) (*site, error) {
	switch {
	case !p.sort.openID:
		return &site{endpoint: p.sort.endpoint}, nil
	case p.config.Provider == "generic" && p.config.AuthURL != "" && p.config.TokenURL != "" && p.config.JWKSURL != "":
		return p.written(ctx), nil
	case p.sort.tenant:
		return p.tenant(ctx), nil
	}
	return p.discover(ctx)
}

func (p *Provider) discover(ctx context.Context) (*site, error) {
	issuer := p.config.IssuerURL
	if p.sort.issuer != "" {
		issuer = p.sort.issuer
	}
	found, err := p.find(ctx, issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"`
		Methods    []string `json:"token_endpoint_auth_methods_supported"`
		Issuer     string   `json:"issuer"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("read discovery document: %w", err)
	}
	endpoint := found.Endpoint()
	// Trying one way and then the other would use the code twice.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &site{
		issuer: more.Issuer, endpoint: endpoint, userinfo: found.UserInfo, saysIssuer: more.SaysIssuer,
		verifier: func(string) *oidc.IDTokenVerifier { return found.Verifier(p.expect()) },
	}, nil
}

// find reads the discovery document of an issuer. Some providers name themselves with a
// slash at the end and some without; whichever the operator wrote, the provider is the
// same.
func (p *Provider) find(ctx context.Context, issuer string) (*oidc.Provider, error) {
	found, err := oidc.NewProvider(ctx, issuer)
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok && strings.TrimSuffix(mismatch.Provided, "/") == strings.TrimSuffix(mismatch.Discovered, "/") {
		found, err = oidc.NewProvider(ctx, mismatch.Discovered)
	}
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", issuer, err)
	}
	return found, nil
}

func (p *Provider) expect() *oidc.Config {
	return &oidc.Config{ClientID: p.config.ClientID, Now: p.now}
}

// written is the site of a configuration with every endpoint.
func (p *Provider) written(ctx context.Context) *site {
	c := oidc.ProviderConfig{IssuerURL: p.config.IssuerURL, AuthURL: p.config.AuthURL, TokenURL: p.config.TokenURL, JWKSURL: p.config.JWKSURL}
	found := c.NewProvider(context.WithoutCancel(ctx))
	endpoint := found.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return &site{
		issuer: p.config.IssuerURL, endpoint: endpoint,
		verifier: func(string) *oidc.IDTokenVerifier { return found.Verifier(p.expect()) },
	}
}

// tenant is the site of Microsoft. Its id_tokens are issued by the tenant that the
// person belongs to, which for common is none that was configured.
func (p *Provider) tenant(ctx context.Context) *site {
	base := microsoft + p.config.Tenant + "/oauth2/v2.0/"
	keys := oidc.NewRemoteKeySet(context.WithoutCancel(ctx), microsoft+"common/discovery/v2.0/keys")
	return &site{
		endpoint: oauth2.Endpoint{AuthURL: base + "authorize", TokenURL: base + "token", AuthStyle: oauth2.AuthStyleInParams},
		verifier: func(issuer string) *oidc.IDTokenVerifier {
			return oidc.NewVerifier(issuer, keys, p.expect())
		},
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
