// Package oidc owns the conversation with a provider of OpenID Connect or OAuth 2.0:
// where the browser is sent, the exchange of the code, the judgement of the id_token,
// and reading the claims of providers that have an API instead.
//
// It does not know flows, identities, routes or cookies (method/oidc and httpapi), does
// not map claims to traits (claims), and does not open connections: the caller hands it
// a guarded client. State is the caller's too, which binds it to the browser.
//
// The sources are OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636 (PKCE),
// RFC 9207 (iss) and RFC 9700 (OAuth 2.0 Security Best Current Practice).
package oidc
