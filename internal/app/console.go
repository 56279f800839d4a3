package app

import (
	"context"
	"net/http"
	"time"

	"symbolon/internal/console"
	"symbolon/internal/mailbox"
	"symbolon/internal/ratelimit"
)

// consolePages are the pages for operators; nil where they are not served.
func (a *composition) consolePages() (map[string]http.Handler, error) {
	admin := a.config.Serve.Admin
	if !admin.Console.Enabled {
		return nil, nil
	}
	pages, err := console.New(console.Parts{
		Identities: a.identities, Schemas: a.schemas, Sessions: a.sessions, Flows: a.engine, Errors: a.db, Messages: a.outbox,
		History: a.history, Ready: a.db.Ready, Limiter: a.limiter, SignOuts: a.db, Now: a.now,
		Hashing: func() console.Hashing {
			s := a.hasher.Stats()
			return console.Hashing{Running: s.Running, Waiting: s.Waiting, Memory: s.InUse, Budget: s.Budget}
		},
	}, console.Config{
		Product: a.config.UI.Name, Version: a.version, DefaultSchema: a.config.Identity.DefaultSchemaID, Started: a.started, URL: admin.BaseURL,
		Named: func(host string) bool { return mailbox.Named(host, admin.BaseURL) },
		Token: admin.Token.Reveal(), Password: admin.Console.Password.Reveal(), Secrets: a.config.Secrets.Signing(),
		Channel: a.mailChannel(),
	})
	if err != nil {
		return nil, err
	}
	return pages.Handlers(), nil
}

// ChargeOperator implements console.Limiter: an address has as many attempts at the
// console's password as an account has at its own.
func (l *limits) ChargeOperator(address string) (refund func(), wait time.Duration, ok bool) {
	c := l.config.Load()
	if !c.Enabled {
		return func() {}, 0, true
	}
	return l.limiter.Charge(ratelimit.Key{Scope: "operator", Value: network(address), Limit: c.PerIdentity})
}

// noteEvery is how often the history reads the metrics. What happened shortly before
// the end of a minute may be counted in the next one.
const noteEvery = 15 * time.Second

// keepHistory keeps the history of the charts until ctx ends.
func (a *App) keepHistory(ctx context.Context) error {
	ticker := time.NewTicker(noteEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			a.history.Note()
		}
	}
}
