// Package oidc is the method of signing up and in with an account elsewhere
// (OpenID Connect, OAuth 2.0), and of linking such accounts in settings. It owns
// which providers a form offers and what their answers establish.
//
// It does not speak the protocols (internal/oidc), map claims (internal/claims),
// know the routes that browsers come back to (httpapi), or decide whether a
// stranger becomes a new identity (flow). A subject of a provider is the credential
// identifier "provider:subject"; its provider is part of it, so that no provider
// can speak for another's subjects (OWASP ASVS 6.8.1).
package oidc
