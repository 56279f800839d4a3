package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/method/oidc"
	"github.com/symbolon/symbolon/internal/netguard"
	protocol "github.com/symbolon/symbolon/internal/oidc"
	"github.com/symbolon/symbolon/internal/secret"
)

// newProviders makes the providers that people can sign in with. Mappings in files
// are read at once, so that a mistake in one is found at start.
func (a *composition) newProviders(guard *netguard.Guard) error {
	configured := a.config.Selfservice.Methods.OIDC
	if !configured.Enabled {
		return nil
	}
	var found config.Problems
	for i, c := range configured.Providers {
		p, err := a.newProvider(guard, c)
		if err != nil {
			found = append(found, newProblem(fmt.Sprintf("selfservice.methods.oidc.config.providers[%d]", i), fmt.Errorf("(%s): %w", c.ID, err)))
			continue
		}
		a.providers = append(a.providers, p)
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

func (a *composition) newProvider(guard *netguard.Guard, c config.Provider) (oidc.Provider, error) {
	wanted := protocol.Config{
		ID: c.ID, Provider: c.Provider, Label: c.Label, ClientID: c.ClientID, ClientSecret: secret.String(c.ClientSecret.Reveal()),
		IssuerURL: c.IssuerURL, AuthURL: c.AuthURL, TokenURL: c.TokenURL, JWKSURL: c.JWKSURL, Tenant: c.Tenant,
		SubjectSource: c.SubjectSource, ClaimsSource: c.ClaimsSource, Scope: c.Scope, Audiences: c.Audiences, RequestedClaims: c.RequestedClaims, AllowMissingNonce: c.AllowMissingNonce,
		ClientAuth: c.TokenAuth, PKCE: c.PKCE, Leeway: cmp.Or(c.Leeway, time.Minute), RequireAuthTime: c.RequireAuthTime,
		AppleTeamID: c.AppleTeamID, ApplePrivateKeyID: c.ApplePrivateKeyID, ApplePrivateKey: secret.String(c.ApplePrivateKey.Reveal()),
		RedirectURL: a.config.Serve.Public.BaseURL.JoinPath("self-service/methods/oidc/callback", c.ID).String(),
	}
	if a.config.Serve.Public.Wire == config.WireV1 {
		wanted.SharedRedirectURL = a.config.Serve.Public.BaseURL.JoinPath("self-service/methods/oidc/callback").String()
	}
	client, err := guard.Client(wanted.OperatorURLs()...)
	if err != nil {
		return oidc.Provider{}, err
	}
	site, err := protocol.New(wanted, client, a.now)
	if err != nil {
		return oidc.Provider{}, err
	}
	if site.PostsCallback() {
		a.posting = append(a.posting, c.ID)
	}
	mapper := &sourced[*claims.Mapper]{url: c.MapperURL, compile: claims.Compile, guard: guard, now: a.now, log: a.log.With(slog.String("provider", c.ID))}
	if err := mapper.check(); err != nil {
		return oidc.Provider{}, fmt.Errorf("mapper_url: %w", err)
	}
	mapped := func(ctx context.Context, c claims.Claims) (claims.Mapped, error) {
		m, err := mapper.current(ctx)
		if err != nil {
			return claims.Mapped{}, fmt.Errorf("mapper_url: %w", err)
		}
		return m.Map(ctx, c)
	}
	return oidc.Provider{Site: site, Map: mapped, AutoLink: c.AutoLink == "verified_email", FixedTraits: c.MappedTraits == "fixed"}, nil
}

// formsLeave reports whether forms of the built-in pages lead to other sites, whose
// addresses are learned at the first sign-in there.
func (a *composition) formsLeave() bool { return len(a.providers) > 0 }
