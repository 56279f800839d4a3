package oidc

import (
	"context"
	"log/slog"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	protocol "github.com/symbolon/symbolon/internal/oidc"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration.
const ID = identity.TypeOIDC

// Identities finds whom a subject or an address belongs to.
type Identities interface {
	ByCredential(ctx context.Context, typ, identifier string) (*identity.Identity, *identity.Credential, error)
	ByAddress(ctx context.Context, p identity.Purpose, via, typed string) (*identity.Identity, *identity.Address, error)
}

// Site is where people have another account. *protocol.Provider satisfies it.
type Site interface {
	ID() string
	Label() string // what people call it
	Start(ctx context.Context, r protocol.StartRequest) (authURL string, m protocol.Memory, err error)
	// Present judges an id_token that an app got without a browser.
	Present(ctx context.Context, idToken, nonce string) (claims.Claims, error)
	Finish(ctx context.Context, callback url.Values, m protocol.Memory) (claims.Claims, error)
}

// Provider is a site with what its answers are worth here.
type Provider struct {
	Site
	// Map turns claims into what is known of a new identity.
	Map func(context.Context, claims.Claims) (claims.Mapped, error)
	// AutoLink links a stranger's account to the identity that has proven the same
	// address that the provider has.
	AutoLink bool
	// FixedTraits keeps newcomers from replacing the traits that Map gives.
	FixedTraits bool
}

// Method is the method.
type Method struct {
	providers  []Provider
	identities Identities
	public     *url.URL
	log        *slog.Logger
}

// New returns the method. Forms offer the providers in the order given.
func New(p []Provider, i Identities, public *url.URL, log *slog.Logger) *Method {
	return &Method{providers: p, identities: i, public: public, log: log}
}

var _ flow.FactorCounter = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	enter := flow.Step{Role: flow.FirstFactor, Show: m.showProviders, Submit: m.enter, InBrowser: true}
	return map[flow.Kind]flow.Step{
		flow.Login:        enter,
		flow.Registration: enter,
		flow.Settings:     {Role: flow.Management, Show: m.showLinks, Submit: m.changeLinks, InBrowser: true, Privileged: true},
	}
}

// memory is what the flow keeps of a person at a provider.
type memory struct {
	Provider string          `json:"provider"`
	Protocol protocol.Memory `json:"protocol"`
}

func (m *Method) provider(id string) *Provider {
	for i := range m.providers {
		if m.providers[i].ID() == id {
			return &m.providers[i]
		}
	}
	return nil
}

// showProviders offers every provider, or only the one whose newcomer is asked for
// what it did not tell.
func (m *Method) showProviders(_ context.Context, v flow.View) ([]ui.Node, error) {
	nodes := []ui.Node{ui.CSRF()}
	var chosen memory
	if v.AsksMissingTraits() {
		if _, err := v.Recall(&chosen); err != nil {
			return nil, err
		}
	}
	links, mine := linksOf(v.Named), linksOf(v.Credentials)
	waits := ""
	if v.Flow.Kind == flow.Login {
		waits, _, _ = strings.Cut(v.Flow.PendingAccount().Identifier, ":")
	}
	for i := range m.providers {
		if _, linked := links[m.providers[i].ID()]; v.Named != nil && !linked {
			continue
		}
		if waits == m.providers[i].ID() {
			continue // the sign-in is to link that one
		}
		if chosen.Provider == "" || chosen.Provider == m.providers[i].ID() {
			button := m.providers[i].button("provider")
			button.Unusable = v.Flow.Refresh && mine[m.providers[i].ID()] == ""
			nodes = append(nodes, button)
		}
	}
	return nodes, nil
}

func (p *Provider) button(name string) ui.Node {
	return ui.Node{Name: name, Type: "submit", Value: p.ID(), Label: p.Label()}
}

// CountFactors implements flow.FactorCounter: each linked account of a provider that
// is configured, for browsers.
func (m *Method) CountFactors(_ *identity.Identity, credentials []identity.Credential, c flow.Client) (f flow.Factors) {
	if c != flow.Browser {
		return f
	}
	for id := range linksOf(credentials) {
		if m.provider(id) != nil {
			f.First++
		}
	}
	return f
}

func (p *Provider) factor() session.Factor { return session.Factor{Method: ID, Provider: p.ID()} }

func (p *Provider) account(c claims.Claims) flow.ExternalAccount {
	return flow.ExternalAccount{Type: ID, Identifier: p.ID() + ":" + c.Subject, Provider: p.Label(), Name: c.Email}
}
