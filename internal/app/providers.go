package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"symbolon/internal/claims"
	"symbolon/internal/config"
	"symbolon/internal/method/oidc"
	"symbolon/internal/netguard"
	protocol "symbolon/internal/oidc"
	"symbolon/internal/secret"
	"symbolon/internal/traits"
)

// newProviders makes the providers that people can sign in with. Mappings in files
// are read at once, so that a mistake in one is found at start.
func (a *composition) newProviders(guard *netguard.Guard) error {
	configured := a.config.Selfservice.Methods.OIDC
	if !configured.Enabled {
		return nil
	}
	for _, c := range configured.Providers {
		p, err := a.newProvider(guard, c)
		if err != nil {
			return fmt.Errorf("provider %s: %w", c.ID, err)
		}
		a.providers = append(a.providers, p)
	}
	return nil
}

func (a *composition) newProvider(guard *netguard.Guard, c config.Provider) (oidc.Provider, error) {
	wanted := protocol.Config{
		ID: c.ID, Provider: c.Provider, Label: c.Label, ClientID: c.ClientID, ClientSecret: secret.String(c.ClientSecret.Reveal()),
		IssuerURL: c.IssuerURL, AuthURL: c.AuthURL, TokenURL: c.TokenURL, JWKSURL: c.JWKSURL, Tenant: c.Tenant,
		Scope: c.Scope, RequestedClaims: c.RequestedClaims, AllowMissingNonce: c.AllowMissingNonce,
		AppleTeamID: c.AppleTeamID, ApplePrivateKeyID: c.ApplePrivateKeyID, ApplePrivateKey: secret.String(c.ApplePrivateKey.Reveal()),
		RedirectURL: a.config.Serve.Public.BaseURL.JoinPath("self-service/methods/oidc/callback", c.ID).String(),
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
	m := &mapping{url: c.MapperURL, guard: guard, now: a.now, log: a.log.With(slog.String("provider", c.ID))}
	if !m.remote() {
		if _, err := m.current(context.Background()); err != nil {
			return oidc.Provider{}, fmt.Errorf("mapper_url: %w", err)
		}
	}
	return oidc.Provider{Site: site, Traits: m.traits, AutoLink: c.AutoLink == "verified_email"}, nil
}

// mappingAge is how long a mapping from another machine is used before it is asked
// for again.
const mappingAge = 5 * time.Minute

// mapping is the program that turns a provider's claims into traits, as it is where it
// comes from. A file is read each time, so that a change takes effect.
type mapping struct {
	url   string
	guard *netguard.Guard
	now   func() time.Time
	log   *slog.Logger

	mu     sync.Mutex
	text   string
	mapper *claims.Mapper
	read   time.Time
}

func (m *mapping) remote() bool { return strings.HasPrefix(m.url, "http") }

func (m *mapping) traits(ctx context.Context, c claims.Claims) (json.RawMessage, error) {
	mapper, err := m.current(ctx)
	if err != nil {
		return nil, fmt.Errorf("mapper_url: %w", err)
	}
	return mapper.Traits(ctx, c)
}

// current returns the program as it is now; what it was before, if it can't be read.
func (m *mapping) current(ctx context.Context) (*claims.Mapper, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mapper != nil && m.remote() && m.now().Before(m.read.Add(mappingAge)) {
		return m.mapper, nil
	}
	err := m.load(ctx)
	if err != nil && m.mapper == nil {
		return nil, err
	}
	if err != nil {
		m.log.WarnContext(ctx, "mapping of claims could not be read again, the one before stays in use", slog.Any("error", err))
	}
	m.read = m.now()
	return m.mapper, nil
}

func (m *mapping) load(ctx context.Context) error {
	raw, err := traits.ReadSource(ctx, m.url, func(ctx context.Context, url string) ([]byte, error) {
		return fetch(ctx, m.guard, url, url)
	})
	if err != nil {
		return err
	}
	if m.mapper != nil && m.text == string(raw) {
		return nil
	}
	mapper, err := claims.Compile(m.url, string(raw))
	if err != nil {
		return err
	}
	m.text, m.mapper = string(raw), mapper
	return nil
}

// formsLeave reports whether forms of the built-in pages lead to other sites, whose
// addresses are learned when somebody goes there.
func (a *composition) formsLeave() bool { return len(a.providers) > 0 }
