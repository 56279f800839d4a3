package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/secret"
)

// skew is how far the clocks of a provider and this machine may be apart.
const skew = 5 * time.Minute

// exchange turns the code into tokens. What the provider says against it is shown; the
// code and the secret are in no error.
func (p *Provider) exchange(ctx context.Context, s *site, code string, m Memory) (*oauth2.Token, error) {
	clientSecret, err := p.clientSecret()
	if err != nil {
		return nil, &Problem{Kind: Misconfigured, Cause: err}
	}
	var options []oauth2.AuthCodeOption
	if m.Verifier != "" {
		options = append(options, oauth2.VerifierOption(m.Verifier))
	}
	ctx = p.through(ctx, wholeSeconds)
	token, err := p.oauth2(s, clientSecret, m).Exchange(ctx, code, options...)
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if ok && s.tryPost && answer.ErrorCode == "invalid_client" {
		// The provider did not say how it takes the secret. One that does not know the
		// client has not used the code up.
		other := *s
		other.endpoint.AuthStyle = oauth2.AuthStyleInParams
		token, err = p.oauth2(&other, clientSecret, m).Exchange(ctx, code, options...)
		answer, ok = errors.AsType[*oauth2.RetrieveError](err)
	}
	if err == nil {
		return token, nil
	}
	switch {
	case !ok:
		return nil, unavailable(fmt.Errorf("exchange code: %w", withoutQuery(err)))
	case answer.ErrorCode == "invalid_grant" || answer.ErrorCode == "access_denied":
		return nil, refused(fmt.Errorf("exchange code: the provider answered %s", truncate(answer.ErrorCode)),
			"Unable to complete OpenID Connect flow because the OpenID Provider returned error %q: %s", truncate(answer.ErrorCode), truncate(answer.ErrorDescription))
	case answer.ErrorCode == "invalid_client" || answer.ErrorCode == "unauthorized_client":
		return nil, &Problem{Kind: Misconfigured, Cause: fmt.Errorf("exchange code: the provider answered %s: check client_id, client_secret and the redirect URI", truncate(answer.ErrorCode))}
	}
	return nil, unavailable(fmt.Errorf("exchange code: the provider answered %d %s", answer.Response.StatusCode, truncate(answer.ErrorCode)))
}

// verifyIDToken verifies the id_token (OpenID Connect Core 1.0, 3.1.3.7 and 3.1.3.8) and returns
// its claims.
func (p *Provider) verifyIDToken(ctx context.Context, s *site, token *oauth2.Token, m Memory) (claims.Claims, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return claims.Claims{}, refused(nil, `Authentication failed because no id_token was returned. Please accept the "openid" permission and try again.`)
	}
	issuer := s.issuer
	if p.spec.tenant {
		var err error
		if issuer, err = p.tenantIssuer(raw); err != nil {
			return claims.Claims{}, refused(err, distrusted)
		}
	}
	if err := notAccessToken(raw); err != nil {
		return claims.Claims{}, refused(err, distrusted)
	}
	signed, key, err := plain(ctx, s.keys, raw)
	if err != nil {
		return claims.Claims{}, refused(withoutQuery(err), distrusted)
	}
	verifier := oidc.NewVerifier(issuer, key, &oidc.Config{ClientID: p.config.ClientID, SupportedSigningAlgs: s.algorithms, Now: func() time.Time {
		return p.now().Add(-p.config.Leeway)
	}})
	verified, err := verifier.Verify(ctx, signed)
	if err != nil {
		return claims.Claims{}, unverified(err)
	}
	if err := p.checkIDToken(verified, token, m); err != nil {
		return claims.Claims{}, refused(err, distrusted)
	}
	return claimsOf(verified)
}

// claimsOf returns the claims of a verified id_token.
func claimsOf(verified *oidc.IDToken) (claims.Claims, error) {
	var all json.RawMessage
	if err := verified.Claims(&all); err != nil {
		return claims.Claims{}, unavailable(errors.New("the id_token has no claims"))
	}
	c, err := claims.Decode(all)
	if err != nil {
		return claims.Claims{}, refused(err, distrusted)
	}
	return c, nil
}

// checkIDToken checks what the library leaves to its caller.
func (p *Provider) checkIDToken(t *oidc.IDToken, token *oauth2.Token, m Memory) error {
	var more struct {
		Azp      string `json:"azp"`
		AuthTime int64  `json:"auth_time"`
	}
	if err := t.Claims(&more); err != nil {
		return errors.New("azp or auth_time of the id_token is of the wrong type")
	}
	switch {
	case t.Nonce == "" && !p.config.AllowMissingNonce:
		return errors.New("the id_token has no nonce; allow_missing_nonce accepts that")
	case t.Nonce != "" && !secret.Equal(t.Nonce, m.Nonce):
		return errors.New("the id_token has the nonce of another request")
	case more.Azp != "" && more.Azp != p.config.ClientID, more.Azp == "" && len(t.Audience) > 1:
		return errors.New("the id_token was issued to another client")
	case t.IssuedAt.After(p.now().Add(skew)):
		return errors.New("the id_token was issued in the future: check the clocks")
	case m.Forced != 0 && more.AuthTime == 0 && p.config.RequireAuthTime:
		return errors.New("the provider does not say when it authenticated the person (auth_time); require_auth_time: false accepts that")
	case m.Forced != 0 && more.AuthTime != 0 && time.Unix(more.AuthTime, 0).Add(skew).Before(time.Unix(m.Forced, 0)):
		return errors.New("the provider did not authenticate the person again")
	}
	if t.AccessTokenHash != "" {
		if err := t.VerifyAccessToken(token.AccessToken); err != nil {
			return errors.New("the access token does not belong to the id_token (at_hash)")
		}
	}
	return nil
}

// unverified tells the person what an honest misconfiguration looks like, as v0.5 does,
// and of all else no more than that it can't be trusted.
func unverified(err error) error {
	text := err.Error()
	if _, expired := errors.AsType[*oidc.TokenExpiredError](err); expired || strings.HasPrefix(text, "oidc: expected audience") {
		return refused(withoutQuery(err), "%s", truncate(text))
	}
	return refused(withoutQuery(err), distrusted)
}

// tenantIssuer is the issuer of Microsoft's tenant that a token says it is from. The
// signature, judged against that issuer, says whether it is true.
func (p *Provider) tenantIssuer(raw string) (string, error) {
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return "", errors.New("the id_token is not signed with RS256")
	}
	var said struct {
		Tenant string `json:"tid"`
	}
	if err := parsed.UnsafeClaimsWithoutVerification(&said); err != nil {
		return "", errors.New("the id_token has no tid")
	}
	if !secret.IsID(said.Tenant) {
		return "", errors.New("the tid of the id_token is not a UUID")
	}
	if secret.IsID(p.config.Tenant) && !strings.EqualFold(p.config.Tenant, said.Tenant) {
		return "", errors.New("the tid of the id_token is another tenant than the one configured")
	}
	return microsoft + said.Tenant + "/v2.0", nil
}

// notAccessToken refuses a token that says in its header that it is none of OpenID
// Connect (RFC 9068 section 4).
func notAccessToken(raw string) error {
	header, _, _ := strings.Cut(raw, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	var said struct {
		Type string `json:"typ"`
	}
	if err != nil || json.Unmarshal(decoded, &said) != nil {
		return errors.New("the id_token has no header")
	}
	if typ := strings.TrimPrefix(strings.ToLower(said.Type), "application/"); typ != "" && typ != "jwt" {
		return errors.New("the token is of another type than an id_token")
	}
	return nil
}
