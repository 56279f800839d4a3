package app

import (
	"net/http"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/oidc"
	"github.com/symbolon/symbolon/internal/method/password"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/passpolicy"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/token"
	"github.com/symbolon/symbolon/internal/traits"
	"github.com/symbolon/symbolon/internal/webui"
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
	migration  password.Migration
	providers  []oidc.Provider
	posting    []string       // ids of those that answer by POST
	tokens     *secret.Sealer // of providers
	factors    []flow.Method  // of second factors, keys and codes
	seals      *secret.Sealer // of what factors keep
	issuer     *token.Issuer  // of tokens for sessions
	engine     *flow.Engine
	outbox     *courier.Outbox
	dispatcher *courier.Dispatcher
	pages      *webui.Pages
	server     *httpapi.Server
	warnings   []config.Problem // what is unwise, found while composing

	public, admin http.Handler
}

// compose builds the parts, each from those before it. The error, if any, is a
// config.Problems with all that is wrong.
func compose(b *base, c *config.Config) (*composition, error) {
	a := &composition{base: b, config: c}
	guard, err := netguard.New(netguard.Config{Allow: c.Security.Outgoing.Allow})
	if err != nil {
		return nil, config.Problems{newProblem("security.outgoing.allow", err)}
	}
	if a.tokens, err = secret.NewSealer("provider-tokens", a.sealingSecrets()); err != nil {
		return nil, err
	}
	var found config.Problems
	for _, step := range []func() error{
		func() error { return a.newSchemas(guard) },
		func() error { return a.newPasswords(guard) },
		func() error { return a.newMigration(guard) },
		func() error { return a.newProviders(guard) },
		func() error { return a.newTokens(guard) },
		func() error { return a.newCourier(guard) },
		a.checkTLS,
	} {
		found = append(found, problemsOf(step())...)
	}
	if a.identities == nil || a.hasher == nil || a.outbox == nil {
		return nil, found
	}
	if err := a.newFactors(c); err != nil {
		return nil, append(found, problemsOf(err)...)
	}
	forms, err := sealer(c, "forms")
	if err != nil {
		return nil, err
	}
	settings := engineConfig(c)
	found = append(found, problemsOf(a.addHooks(guard, settings.Kinds))...)
	a.engine = flow.New(flow.Deps{
		Store: flow.SealForms(a.db, forms), Identities: a.identities, Sessions: a.sessions, Limiter: a.limiter,
		Mail: a.localizedQueue(), Observer: a.metrics, Methods: a.methods(c), Now: a.now,
	}, settings)
	found = append(found, problemsOf(a.newServer())...)
	if len(found) > 0 {
		return nil, found
	}
	a.public, a.admin = a.server.Public(), byOperators(a.server.Admin())
	return a, nil
}
