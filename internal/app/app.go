package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/metrics"
	"github.com/symbolon/symbolon/internal/revocation"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/webhook"
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

// App is a server: what lasts as long as the process, and what is composed of
// the present configuration. New starts nothing but opens the database; Run
// serves.
type App struct {
	*base
	current atomic.Pointer[composition]
	// swapped is told when current has been replaced.
	swapped chan struct{}
	// The certificates of the listeners, nil for one that has none.
	publicCertificate, adminCertificate *certificate
}

// base is what a new configuration does not replace: the database with its
// writers, the session cache, the counters.
type base struct {
	log      *slog.Logger
	now      func() time.Time
	version  string
	db       *store.DB
	sessions *session.Service
	metrics  *metrics.Metrics
	limiter  *limits
	ended    *revocation.Feed
	asides   *webhook.Asides
	// processors is how many goroutines ran at a time when the server was made: serve raises that later, and
	// no more hashes than these are to run.
	processors int

	// What the console shows and remembers.
	started      time.Time
	history      *metrics.History
	clockOffset  atomic.Int64                     // nanoseconds that the database server is ahead of this node
	removed      atomic.Int64                     // rows that were cleaned up
	longestBatch atomic.Int64                     // nanoseconds that the slowest batch of clean-up took
	sizes        atomic.Pointer[map[string]int64] // rows by table, as of the last clean-up
}

// New composes a server. The error says which setting to change or what is
// wrong with the database.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{
		base:    &base{log: o.Logger, now: o.Now, version: o.Version, metrics: metrics.New(o.Version), asides: webhook.NewAsides(), processors: runtime.GOMAXPROCS(0)},
		swapped: make(chan struct{}, 1),
	}
	a.started, a.history = a.now(), a.metrics.NewHistory(a.now)
	if err := a.openStore(ctx, o); err != nil {
		return nil, err
	}
	a.sessions = session.New(a.db, session.Config{
		Lifespan: o.Config.Session.Lifespan, Rules: sessionRules(o.Config), CacheSize: o.Config.Session.CacheSize, Shared: a.db.MultiNode(),
	}, a.now)
	a.ended = revocation.New(a.db, a.now)
	var err error
	if a.limiter, err = newLimits(o.Config, a.db.MultiNode(), a.now); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	a.limiter.record, a.limiter.log = a.db.RecordEvent, a.log
	first, err := compose(a.base, o.Config)
	if err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	if err := a.loadCertificates(o.Config.Serve); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	for _, w := range first.warnings {
		a.log.Warn("configuration", slog.String("key", w.Key), slog.String("warning", w.Text))
	}
	a.current.Store(first)
	a.registerMetrics()
	return a, nil
}

// startupTimeout is how long a start waits for the database, which may be started
// at the same time.
const startupTimeout = 5 * time.Minute

func (a *App) openStore(ctx context.Context, o Options) error {
	dsn := o.Config.DSN.Reveal()
	var err error
	a.db, err = store.Open(ctx, store.Config{
		DSN: dsn, ListenDSN: o.Config.DSNListen.Reveal(), ReplicaDSN: o.Config.DSNReplica.Reveal(),
		Now: a.now, Logger: a.log, Exclusive: true, Wait: startupTimeout,
	})
	if err != nil {
		return databaseError(err)
	}
	if store.IsEmbedded(dsn) || o.Migrate {
		if _, err := a.db.Migrate(ctx); err != nil {
			return errors.Join(fmt.Errorf("bring database up to date: %w", err), a.db.Close())
		}
	}
	if err := ensureSecrets(o.Config, store.FileOf(dsn)); err != nil {
		return errors.Join(err, a.db.Close())
	}
	keys, err := eventKeys(o.Config)
	if err != nil {
		return errors.Join(err, a.db.Close())
	}
	a.db.SealEvents(keys)
	return nil
}

// databaseError is the cause of an error of the database, without the sentence that
// requests are answered with.
func databaseError(err error) error {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Err != nil {
		return fmt.Errorf("dsn: the database can't be used: %w", e.Err)
	}
	return fmt.Errorf("dsn: %w", err)
}

// Ready fails while the server can't do its work: the database does not answer, or
// lacks migrations.
func (a *App) Ready(ctx context.Context) error {
	if err := a.db.Ready(ctx); err != nil {
		if e, ok := errors.AsType[*errs.Error](err); ok && e.Err != nil {
			return e.Err
		}
		return err
	}
	return nil
}

// Public is the handler of the public listener.
func (a *App) Public() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.current.Load().public.ServeHTTP(w, r)
	})
}

// PublicRoutes are verb and path of each route of the public listener, for tests that
// try them all.
func (a *App) PublicRoutes() [][2]string { return a.current.Load().server.PublicRoutes() }

// Admin is the handler of the admin listener.
func (a *App) Admin() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.current.Load().admin.ServeHTTP(w, r)
	})
}

// DeliverMail makes one pass over the queue, for tests with a clock of their own.
func (a *App) DeliverMail(ctx context.Context) (int, error) {
	return a.current.Load().dispatcher.DeliverDue(ctx)
}

// Close releases the database. Run does so by itself.
func (a *App) Close() error { return a.db.Close() }
