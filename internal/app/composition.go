package app

import (
	"net/http"

	"symbolon/internal/config"
	"symbolon/internal/courier"
	"symbolon/internal/flow"
	"symbolon/internal/httpapi"
	"symbolon/internal/identity"
	"symbolon/internal/method/oidc"
	"symbolon/internal/netguard"
	"symbolon/internal/passhash"
	"symbolon/internal/passpolicy"
	"symbolon/internal/secret"
	"symbolon/internal/traits"
	"symbolon/internal/webui"
)

// composition is everything that one configuration decides. It is never
// changed: another configuration makes another one.
type composition struct {
	*base
	config     *config.Config
	schemas    *traits.Registry
	identities *identity.Service
	hasher     *passhash.Hasher
	policy     *passpolicy.Policy
	providers  []oidc.Provider
	posting    []string       // ids of those that answer by POST
	tokens     *secret.Sealer // of providers
	factors    []flow.Method  // of second factors, keys and codes
	seals      *secret.Sealer // of what factors keep
	engine     *flow.Engine
	outbox     *courier.Outbox
	dispatcher *courier.Dispatcher
	pages      *webui.Pages
	server     *httpapi.Server

	public, admin http.Handler
}

// compose builds the parts, each from those before it.
func compose(b *base, c *config.Config) (*composition, error) {
	a := &composition{base: b, config: c}
	guard, err := netguard.New(netguard.Config{Allow: c.Security.Outgoing.Allow})
	if err != nil {
		return nil, err
	}
	if a.schemas, err = a.newSchemas(guard); err != nil {
		return nil, err
	}
	if err := a.readSchemas(); err != nil {
		return nil, err
	}
	a.identities = identity.New(a.db, a.schemas, a.sessions.Invalidate, a.now)
	if err := a.newPasswords(guard); err != nil {
		return nil, err
	}
	if err := a.newProviders(guard); err != nil {
		return nil, err
	}
	if a.tokens, err = secret.NewSealer("provider-tokens", a.sealingSecrets()); err != nil {
		return nil, err
	}
	if err := a.newCourier(guard); err != nil {
		return nil, err
	}
	if err := a.newFactors(c); err != nil {
		return nil, err
	}
	forms, err := sealer(c, "forms")
	if err != nil {
		return nil, err
	}
	a.engine = flow.New(flow.Deps{
		Store: flow.SealForms(a.db, forms), Identities: a.identities, Sessions: a.sessions, Limiter: a.limiter,
		Mail: a.addressee(), Observer: a.metrics, Methods: a.methods(c), Now: a.now,
	}, engineConfig(c))
	if err := a.newServer(); err != nil {
		return nil, err
	}
	a.public, a.admin = a.server.Public(), byOperators(a.server.Admin())
	return a, nil
}
