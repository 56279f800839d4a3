package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/console"
	"github.com/symbolon/symbolon/internal/mailbox"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/ratelimit"
)

// consolePages are the pages for operators; nil where they are not served.
func (a *composition) consolePages() (map[string]http.Handler, error) {
	admin := a.config.Serve.Admin
	if !admin.Console.Enabled {
		return nil, nil
	}
	for _, o := range admin.Console.Operators {
		if err := a.hasher.Check(o.Password.Reveal()); err != nil {
			return nil, fmt.Errorf("serve.admin.console.operators: the password of %s is no hash that can be verified: %w", o.Name, err)
		}
	}
	pages, err := console.New(console.Parts{
		Identities: a.identities, Schemas: a.schemas, Sessions: a.sessions, Flows: a.engine, Errors: a.db, Messages: a.outbox,
		Passwords: operatorPasswords{a.hasher}, NewPasswords: a.passwords(), Recent: a.db, Events: a.db,
		History: a.history, Ready: a.db.Ready, Searchable: a.db.Searchable, Limiter: a.limiter, SignOuts: a.db, Now: a.now,
		Hashing: func() console.Hashing {
			s := a.hasher.Stats()
			return console.Hashing{Running: s.Running, Waiting: s.Waiting, Memory: s.InUse, Budget: s.Budget}
		},
	}, console.Config{
		Product: a.config.UI.Name, Version: a.version, DefaultSchema: a.config.Identity.DefaultSchemaID, Started: a.started, URL: admin.BaseURL,
		Named:     func(host string) bool { return mailbox.Named(host, admin.BaseURL) },
		Operators: operators(admin.Console.Operators), Token: admin.Token.Reveal(), Password: admin.Console.Password.Reveal(), Secrets: a.config.Secrets.Signing(),
		Channel: a.mailChannel(),
	})
	if err != nil {
		return nil, err
	}
	return pages.Handlers(), nil
}

func operators(configured []config.Operator) []console.Operator {
	out := make([]console.Operator, len(configured))
	for i, o := range configured {
		out[i] = console.Operator{Name: o.Name, Role: console.Role(o.Role), Hash: o.Password.Reveal()}
	}
	return out
}

// operatorPasswords implements console.Passwords.
type operatorPasswords struct{ hasher *passhash.Hasher }

func (p operatorPasswords) Matches(ctx context.Context, hash, plain string) (bool, error) {
	result, err := p.hasher.Verify(ctx, hash, plain)
	return result.Match, err
}

func (p operatorPasswords) MatchesNothing(ctx context.Context, plain string) error {
	return p.hasher.VerifyNothing(ctx, plain)
}

// ChargeOperator implements console.Limiter: an address has as many attempts at the
// console's password as an account has at its own.
func (l *limits) ChargeOperator(address string) (refund func(), wait time.Duration, ok bool) {
	c := l.config.Load()
	if !c.Enabled {
		return func() {}, 0, true
	}
	return l.limiter.Count(ratelimit.Key{Scope: "operator", Value: network(address), Limit: c.PerIdentity})
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
