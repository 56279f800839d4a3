package config

import (
	"encoding/json"
	"fmt"
	"slices"
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
	Audiences       []string        `key:"additional_id_token_audiences"` // further client ids that an app's id_token may be for
	Tenant          string          // microsoft only
	RequestedClaims json.RawMessage // OpenID Connect Core 5.5; nil for none
	AutoLink        string          // never, verified_email
	SubjectSource   string          // userinfo, me or oid; microsoft only
	ClaimsSource    string          // id_token or userinfo; empty for the former
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

// providerRule says which providers there are. Those of v26 that are not here are taken too:
// what becomes of them depends on the version of the file.
func providerRule() rule {
	r := oneOf("generic", "google", "github", "github-app", "gitlab", "microsoft", "discord", "slack", "facebook", "apple", "auth0", "yandex", "vk", "netid",
		"line", "linkedin_v2", "salesforce", "spotify", "amazon")
	here := r.ok
	r.ok = of(func(name string) bool { return here(name) || slices.Contains(absentProviders(), name) })
	return r
}

// absentProviders are providers of v26 that are not here. fedcm-test is one whose key is
// published: it proves nothing.
func absentProviders() []string {
	return []string{"dingtalk", "patreon", "linkedin", "lark", "x", "uaepass", "fedcm-test"}
}

// presentProviders leaves out of a file of v26 the providers that are not here, so that
// people can sign in with the others. checkProviders refuses them in other files.
func (l *loader) presentProviders() {
	const key = "selfservice.methods.oidc.config.providers"
	if eraOf(l.config.Version) != eraV1 {
		return
	}
	oidc := &l.config.Selfservice.Methods.OIDC
	oidc.Providers = slices.DeleteFunc(oidc.Providers, func(p Provider) bool {
		absent := slices.Contains(absentProviders(), p.Provider)
		if absent {
			l.warn(key, fmt.Sprintf("has the provider %s of %s, which is not here: it is left out, and people can't sign in with it", p.ID, p.Provider), l.origins[key])
		}
		return absent
	})
}
