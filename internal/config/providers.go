package config

import (
	"encoding/json"
	"time"
)

// OIDC is signing in with other providers.
type OIDC struct {
	Enabled   bool
	Providers []Provider `key:"config.providers"`
}

// Provider is one OpenID Connect or OAuth 2.0 provider.
type Provider struct {
	ID              string
	Label           string // what people call it; empty for the provider's own name
	Provider        string // generic, google, github, …: one of the table in internal/oidc
	ClientID        string
	ClientSecret    Secret
	MapperURL       string // Jsonnet: file://, http(s):// or base64://
	IssuerURL       string
	AuthURL         string // with TokenURL and JWKSURL it takes the place of discovery
	TokenURL        string
	JWKSURL         string `key:"jwks_url"`
	Scope           []string
	Tenant          string          // microsoft only
	RequestedClaims json.RawMessage // OpenID Connect Core 5.5; nil for none
	AutoLink        string          // never, verified_email
	// AllowMissingNonce accepts id_tokens without the nonce that was sent.
	AllowMissingNonce bool
	TokenAuth         string        `key:"token_endpoint_auth_method"` // client_secret_basic or client_secret_post; empty for what the provider says
	PKCE              string        // auto, never or force; empty for auto
	Leeway            time.Duration // after an id_token expired; 0 for one minute
	RequireAuthTime   bool
	MappedTraits      string // fixed: what people type does not replace what the mapper gives
	// The Apple keys make the client secret of a provider of sort apple.
	AppleTeamID       string
	ApplePrivateKeyID string
	ApplePrivateKey   Secret // PEM
}
