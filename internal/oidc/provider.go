package oidc

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"symbolon/internal/claims"
)

// Provider speaks with one provider. It is safe for concurrent use.
type Provider struct {
	config Config
	client *http.Client
	now    func() time.Time
}

// StartRequest is what differs between one departure and the next.
type StartRequest struct {
	State  string // unguessable, bound to the browser, for one use
	Prompt string // "login" asks the provider to authenticate the person anew
}

// Memory is what must be kept until the browser is back, where nobody can change it.
type Memory struct {
	Provider string `json:"provider"`
	Issuer   string `json:"issuer,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
	Verifier string `json:"verifier,omitempty"` // PKCE
	Forced   int64  `json:"forced,omitempty"`   // when a new authentication was asked for, in seconds since 1970
}

// New returns a provider. The error is about the configuration and names the key.
func New(c Config, client *http.Client, now func() time.Time) (*Provider, error) {
	return &Provider{config: c, client: client, now: now}, nil
}

// ID is the operator's name of the provider.
func (p *Provider) ID() string { return p.config.ID }

// Label is what people call the provider.
func (p *Provider) Label() string { return p.config.Label }

// PostsCallback reports whether answers come as a cross-site POST (form_post).
func (p *Provider) PostsCallback() bool { return false }

// Start returns where to send the browser. Errors are Problems.
func (p *Provider) Start(ctx context.Context, r StartRequest) (string, Memory, error) {
	return "", Memory{}, &Problem{Kind: Misconfigured}
}

// Finish takes the answer that the browser brings, without its state, and returns the
// verified claims. Errors are Problems.
func (p *Provider) Finish(ctx context.Context, answer url.Values, m Memory) (claims.Claims, error) {
	return claims.Claims{}, &Problem{Kind: Misconfigured}
}
