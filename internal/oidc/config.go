package oidc

import (
	"encoding/json"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
)

// Config is one provider as configured.
type Config struct {
	ID           string // the operator's name of it; in its redirect URI
	Provider     string // a row of the table, see Names
	Label        string // what people call it; empty for that of the row
	ClientID     string
	ClientSecret secret.String
	IssuerURL    string // generic, auth0 and gitlab
	// AuthURL, TokenURL and JWKSURL together take the place of discovery, for generic.
	// With one of them missing none has an effect, as in v0.5.
	AuthURL, TokenURL, JWKSURL string
	Tenant                     string          // microsoft
	Scope                      []string        // openid is appended where it is due
	RequestedClaims            json.RawMessage // OpenID Connect Core 5.5; nil for none
	// Audiences are further client ids that an id_token of an app may be for.
	Audiences []string
	// SubjectSource is what a microsoft account is known by: its sub, for this client alone
	// (userinfo, or empty), or its object id, which all clients see (me or oid).
	SubjectSource string
	// ClaimsSource is where the claims of an OpenID Connect provider are from: id_token (or
	// empty) or userinfo.
	ClaimsSource string
	// AllowMissingNonce accepts id_tokens without nonce; a wrong one is refused still.
	AllowMissingNonce bool
	// ClientAuth is how the client secret is sent to the token endpoint:
	// client_secret_basic or client_secret_post; empty for what the provider says.
	ClientAuth string
	// PKCE is auto (or empty: unless the provider is known to refuse it), never or force.
	PKCE string
	// Leeway is how long an id_token is still taken after it expired.
	Leeway time.Duration
	// RequireAuthTime refuses a repeated authentication of which the provider does not
	// say when it was.
	RequireAuthTime   bool
	AppleTeamID       string // apple, with the next two
	ApplePrivateKeyID string
	ApplePrivateKey   secret.String // PEM, PKCS #8 or SEC 1, P-256
	RedirectURL       string        // <public base_url>/self-service/methods/oidc/callback/<id>
	// SharedRedirectURL takes its place where PKCE is forced, or announced by the provider, as
	// v26 registers its clients; empty for RedirectURL. The answer is the provider's all the
	// same: its state, nonce and code belong to one departure.
	SharedRedirectURL string
}

// OperatorURLs are the addresses of the provider that the operator wrote, which may be
// private. All others, such as those in a discovery document, may not.
func (c Config) OperatorURLs() []string {
	var written []string
	for _, u := range []string{c.IssuerURL, c.AuthURL, c.TokenURL, c.JWKSURL} {
		if u != "" {
			written = append(written, u)
		}
	}
	return written
}
