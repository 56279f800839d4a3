package oidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	protocol "github.com/symbolon/symbolon/internal/oidc"
	"github.com/symbolon/symbolon/internal/secret"
)

// enter signs in or up: away to the provider, and back with what it says.
func (m *Method) enter(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	var p *Provider
	var c claims.Claims
	var err error
	if s.Callback != nil {
		p, c, err = m.finish(ctx, s)
	} else {
		id, _, _ := s.Input.Text("provider")
		token, _, _ := s.Input.Text("id_token")
		if token == "" || s.Flow.Client != flow.API || !s.Providers.Apps {
			return m.redirect(ctx, s, id)
		}
		p, c, err = m.present(ctx, s, id, token)
	}
	if err != nil {
		return nil, err
	}
	return m.establish(ctx, p, c)
}

// establish turns claims into a fact: whose they are, or who a newcomer is.
func (m *Method) establish(ctx context.Context, p *Provider, c claims.Claims) (flow.Fact, error) {
	account := p.account(c)
	owner, credential, err := m.identities.ByCredential(ctx, account.Type, account.Identifier)
	if err == nil {
		return flow.Authenticated{Identity: owner, Judged: credential, Factor: p.factor()}, nil
	}
	if !errors.Is(err, errs.ErrNotFound) {
		return nil, fmt.Errorf("find owner of external account: %w", err)
	}
	if owner, err = m.sharedAddress(ctx, p, c); err != nil {
		return nil, err
	} else if owner != nil {
		return flow.Authenticated{Identity: owner, Link: &account, Factor: p.factor()}, nil
	}
	made, err := p.Map(ctx, c)
	if errors.Is(err, claims.ErrNoTraits) { // people are asked for them, as v0.5 does
		m.log.WarnContext(ctx, "claims were mapped to no traits", slog.String("provider", p.ID()), slog.Any("error", err))
		err = nil
	}
	if err != nil {
		m.log.ErrorContext(ctx, "claims could not be mapped to traits", slog.String("provider", p.ID()), slog.Any("error", err))
		return nil, trouble(p, err)
	}
	return flow.ProvedExternalAccount{Account: account, Traits: made.Traits, Fixed: p.FixedTraits, Vouched: vouched(made), Factor: p.factor()}, nil
}

// vouched is what the operator's program says of a newcomer beside the traits.
func vouched(made claims.Mapped) flow.IdentityChange {
	c := flow.IdentityChange{MetadataPublic: made.MetadataPublic, MetadataAdmin: made.MetadataAdmin}
	for _, a := range made.Proven {
		c.Proven = append(c.Proven, flow.ProvenAddress{Via: a.Via, Value: a.Value, Verified: true})
	}
	return c
}

// redirect sends the person to a provider.
func (m *Method) redirect(ctx context.Context, s flow.Submission, id string) (flow.Fact, error) {
	if id == "" {
		return nil, flow.Reject("", message.Of(message.KeyProviderMissing))
	}
	p, err := m.known(id)
	if err != nil {
		return nil, err
	}
	state, prompt := secret.NewID(), ""
	if s.Flow.Refresh {
		prompt = "login"
	}
	to, kept, err := p.Start(ctx, protocol.StartRequest{State: state, Prompt: prompt, Hints: s.Input.Texts("upstream_parameters")})
	if err != nil {
		return nil, m.rejected(ctx, p, err)
	}
	return flow.RedirectTo{URL: to, ResumeHash: secret.Hash(state), Memory: memory{Provider: p.ID(), Protocol: kept}}, nil
}

// known returns a provider that is configured.
func (m *Method) known(id string) (*Provider, error) {
	if p := m.provider(id); p != nil {
		return p, nil
	}
	return nil, errs.New(errs.NotFound, "provider_unknown", fmt.Sprintf("OpenID Connect Provider %q is unknown or has not been configured", id))
}

// present judges the id_token that an app got from its platform.
func (m *Method) present(ctx context.Context, s flow.Submission, id, token string) (*Provider, claims.Claims, error) {
	p, err := m.known(id)
	if err != nil {
		return nil, claims.Claims{}, err
	}
	// A token with an unknown key makes the library fetch the provider's keys.
	if err := s.CountCode(ctx, ""); err != nil {
		return nil, claims.Claims{}, err
	}
	nonce, _, _ := s.Input.Text("id_token_nonce")
	c, err := p.Present(ctx, token, nonce)
	problem, ok := errors.AsType[*protocol.Problem](err)
	switch {
	case err == nil:
		return p, c, nil
	case !ok || problem.Kind == protocol.Unavailable || problem.Kind == protocol.Misconfigured:
		return nil, claims.Claims{}, m.rejected(ctx, p, err)
	case problem.Text == "":
		return nil, claims.Claims{}, errs.New(errs.Forbidden, "id_token_unverified", "Could not verify id_token").Because(err)
	}
	return nil, claims.Claims{}, errs.New(errs.Upstream, "upstream_error", problem.Text).Because(err)
}

// finish judges the answer that the person brings. It must come from the provider
// that was asked (RFC 9700, 4.4).
func (m *Method) finish(ctx context.Context, s flow.Submission) (*Provider, claims.Claims, error) {
	var asked memory
	if _, err := s.Recall(&asked); err != nil {
		return nil, claims.Claims{}, err
	}
	p := m.provider(asked.Provider)
	if p == nil || s.Callback.From != asked.Provider && !(s.Callback.From == "" && asked.Protocol.Shared) {
		return nil, claims.Claims{}, flow.Reject("", message.Of(message.KeyProviderMixedUp))
	}
	c, err := p.Finish(ctx, s.Callback.Answer, asked.Protocol)
	if err != nil {
		return nil, claims.Claims{}, m.rejected(ctx, p, err)
	}
	return p, c, nil
}

// sharedAddress finds who has proven the address that the provider has proven too.
// No other identity counts: an address that was never proven may have been registered by a
// stranger who waits for its owner.
func (m *Method) sharedAddress(ctx context.Context, p *Provider, c claims.Claims) (*identity.Identity, error) {
	if !p.AutoLink || c.Email == "" || !c.EmailVerified {
		return nil, nil
	}
	owner, address, err := m.identities.ByAddress(ctx, identity.ForVerification, identity.ViaEmail, c.Email)
	if errors.Is(err, errs.ErrNotFound) || err == nil && !address.Verified {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find owner of address: %w", err)
	}
	return owner, nil
}
