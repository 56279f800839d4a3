package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"symbolon/internal/claims"
	"symbolon/internal/secret"
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
	token, err := p.oauth2(s, clientSecret).Exchange(ctx, code, options...)
	if err == nil {
		return token, nil
	}
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return nil, unusable(fmt.Errorf("exchange code: %w", hidden(err)))
	case answer.ErrorCode == "invalid_grant" || answer.ErrorCode == "access_denied":
		return nil, refused(fmt.Errorf("exchange code: the provider answered %s", short(answer.ErrorCode)),
			"Unable to complete OpenID Connect flow because the OpenID Provider returned error %q: %s", short(answer.ErrorCode), short(answer.ErrorDescription))
	case answer.ErrorCode == "invalid_client" || answer.ErrorCode == "unauthorized_client":
		return nil, &Problem{Kind: Misconfigured, Cause: fmt.Errorf("exchange code: the provider answered %s: check client_id, client_secret and the redirect URI", short(answer.ErrorCode))}
	}
	return nil, unusable(fmt.Errorf("exchange code: the provider answered %d %s", answer.Response.StatusCode, short(answer.ErrorCode)))
}

// judge verifies the id_token (OpenID Connect Core 1.0, 3.1.3.7 and 3.1.3.8) and returns
// its claims.
func (p *Provider) judge(ctx context.Context, s *site, token *oauth2.Token, m Memory) (claims.Claims, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return claims.Claims{}, refused(nil, `Authentication failed because no id_token was returned. Please accept the "openid" permission and try again.`)
	}
	issuer := s.issuer
	if p.sort.tenant {
		var err error
		if issuer, err = tenantIssuer(raw); err != nil {
			return claims.Claims{}, refused(err, distrusted)
		}
	}
	verified, err := s.verifier(issuer).Verify(ctx, raw)
	if err != nil {
		return claims.Claims{}, unverified(err)
	}
	if err := p.attest(verified, token, m); err != nil {
		return claims.Claims{}, refused(err, distrusted)
	}
	var all json.RawMessage
	if err := verified.Claims(&all); err != nil {
		return claims.Claims{}, unusable(errors.New("the id_token has no claims"))
	}
	c, err := claims.Decode(all)
	if err != nil {
		return claims.Claims{}, unusable(err)
	}
	return c, nil
}

// attest checks what the library leaves to its caller.
func (p *Provider) attest(t *oidc.IDToken, token *oauth2.Token, m Memory) error {
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
	case m.Forced != 0 && more.AuthTime != 0 && time.Unix(more.AuthTime, 0).Add(skew).Before(time.Unix(m.Forced, 0)):
		return errors.New("the provider did not authenticate the person anew")
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
		return refused(hidden(err), "%s", short(text))
	}
	return refused(hidden(err), distrusted)
}

// tenantIssuer is the issuer of Microsoft's tenant that a token says it is from. The
// signature, judged against that issuer, says whether it is true.
func tenantIssuer(raw string) (string, error) {
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
	return microsoft + said.Tenant + "/v2.0", nil
}
