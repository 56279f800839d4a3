package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"symbolon/internal/config"
	"symbolon/internal/courier"
	"symbolon/internal/flow"
	"symbolon/internal/httpapi"
	"symbolon/internal/identity"
	"symbolon/internal/metrics"
	"symbolon/internal/netguard"
	"symbolon/internal/passhash"
	"symbolon/internal/passpolicy"
	"symbolon/internal/session"
	"symbolon/internal/store"
	"symbolon/internal/traits"
)

// Options are what an app is made of.
type Options struct {
	Config  *config.Config
	Now     func() time.Time
	Logger  *slog.Logger
	Version string
	// Migrate brings any database up to date; SQLite always is.
	Migrate bool
}

// App is a composed server. New starts nothing but opens the database; Run
// serves.
type App struct {
	config  *config.Config
	log     *slog.Logger
	now     func() time.Time
	version string

	db         *store.DB
	schemas    *traits.Registry
	sessions   *session.Service
	identities *identity.Service
	hasher     *passhash.Hasher
	policy     *passpolicy.Policy
	engine     *flow.Engine
	outbox     *courier.Outbox
	dispatcher *courier.Dispatcher
	metrics    *metrics.Metrics
	server     *httpapi.Server
}

// New composes a server. The error says which setting to change or what is
// wrong with the database.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{config: o.Config, log: o.Logger, now: o.Now, version: o.Version}
	if err := a.openStore(ctx, o); err != nil {
		return nil, err
	}
	if err := a.compose(); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	return a, nil
}

func (a *App) openStore(ctx context.Context, o Options) error {
	var err error
	a.db, err = store.Open(ctx, store.Config{DSN: a.config.DSN.Reveal(), Now: a.now, Logger: a.log, Exclusive: true})
	if err != nil {
		return err
	}
	if store.IsEmbedded(a.config.DSN.Reveal()) || o.Migrate {
		if _, err := a.db.Migrate(ctx); err != nil {
			return errors.Join(fmt.Errorf("bring database up to date: %w", err), a.db.Close())
		}
	}
	if err := ensureSecrets(a.config, store.FileOf(a.config.DSN.Reveal()), a.log); err != nil {
		return errors.Join(err, a.db.Close())
	}
	return nil
}

// compose builds the parts, each from those before it.
func (a *App) compose() error {
	guard, err := netguard.New(netguard.Config{Allow: a.config.Security.Outgoing.Allow})
	if err != nil {
		return err
	}
	if a.schemas, err = a.newSchemas(guard); err != nil {
		return err
	}
	a.sessions = session.New(a.db, session.Config{
		Lifespan: a.config.Session.Lifespan, CacheSize: a.config.Session.CacheSize,
	}, a.now)
	a.identities = identity.New(a.db, a.schemas, a.sessions.Forget, a.now)
	if err := a.newPasswords(guard); err != nil {
		return err
	}
	if err := a.newCourier(); err != nil {
		return err
	}
	a.metrics = metrics.New(a.version)
	a.engine = flow.New(flow.Parts{
		Store: a.db, Identities: a.identities, Sessions: a.sessions, Limiter: a.newLimiter(),
		Mail: a.outbox, Observer: a.metrics, Methods: a.methods(a.config), Now: a.now,
	}, engineConfig(a.config))
	a.watch()
	return a.newServer()
}

// Public is the handler of the public listener, for tests that bring their own.
func (a *App) Public() http.Handler { return a.server.Public() }

// Admin is the handler of the admin listener.
func (a *App) Admin() http.Handler { return a.server.Admin() }

// DeliverMail makes one pass over the queue, for tests with a clock of their own.
func (a *App) DeliverMail(ctx context.Context) (int, error) { return a.dispatcher.DeliverDue(ctx) }

// Close releases the database. Run does so by itself.
func (a *App) Close() error { return a.db.Close() }
