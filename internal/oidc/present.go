package oidc

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/secret"
)

// Present verifies an id_token that an app got from its platform, such as by Sign in with
// Apple, and returns its claims. nonce is what the app asked for it with. Errors are
// Problems: one without Text says that the token is not to be trusted.
func (p *Provider) Present(ctx context.Context, idToken, nonce string) (claims.Claims, error) {
	if !p.spec.presents {
		return claims.Claims{}, refused(nil, "The provider %s does not support id_token verification", p.config.Provider)
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), timeout)
	defer cancel()
	site, err := p.site(ctx)
	if err != nil {
		return claims.Claims{}, err
	}
	if err := notAccessToken(idToken); err != nil {
		return claims.Claims{}, &Problem{Kind: Refused, Cause: err}
	}
	signed, key, err := plain(ctx, site.keys, idToken)
	if err != nil {
		return claims.Claims{}, &Problem{Kind: Refused, Cause: withoutQuery(err)}
	}
	// The platform names the app as authorised party (azp), and one of our client ids as
	// audience.
	verified, err := oidc.NewVerifier(site.issuer, key, &oidc.Config{
		SkipClientIDCheck: true, SupportedSigningAlgs: site.algorithms,
		Now: func() time.Time { return p.now().Add(-p.config.Leeway) },
	}).Verify(ctx, signed)
	if err != nil {
		return claims.Claims{}, &Problem{Kind: Refused, Cause: withoutQuery(err)}
	}
	if !slices.ContainsFunc(verified.Audience, p.isAudience) || verified.IssuedAt.After(p.now().Add(skew)) {
		return claims.Claims{}, &Problem{Kind: Refused, Cause: errors.New("the id_token is for another client or issued in the future")}
	}
	switch {
	case verified.Nonce == "":
		return claims.Claims{}, refused(nil, "No nonce was included in the id_token but is required by the provider")
	case !secret.Equal(verified.Nonce, nonce):
		return claims.Claims{}, refused(nil, "The supplied nonce does not match the nonce from the id_token")
	}
	c, err := claimsOf(verified)
	if err != nil {
		return claims.Claims{}, err
	}
	if err := checkSubject(c); err != nil {
		return claims.Claims{}, &Problem{Kind: Refused, Cause: err}
	}
	return c, nil
}

// isAudience reports whether a token for this client id is for us.
func (p *Provider) isAudience(id string) bool {
	return id == p.config.ClientID || slices.Contains(p.config.Audiences, id)
}
