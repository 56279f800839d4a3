package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/store"
)

// eventKeys derives the keys of the audit log from the secrets, so that a person who can
// write to the database but does not know the secrets can't forge an entry. The first key seals new events.
func eventKeys(c *config.Config) (keys event.Keys, err error) {
	for _, s := range c.Secrets.Signing() {
		key, err := hkdf.Key(sha256.New, []byte(s), nil, "symbolon/events", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive key of events: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// audited is the engine, with what the audit log needs of each submission: where an effect
// comes from, and which attempts failed. Effects are recorded by the store.
type audited struct {
	*flow.Engine
	record func(context.Context, event.Event) error
	log    *slog.Logger
}

// Submit implements httpapi.Engine.
func (a audited) Submit(ctx context.Context, r flow.SubmitRequest) (flow.Result, error) {
	origin := &event.Origin{FlowID: r.FlowID, Method: r.Method, Operator: event.From(ctx).Operator}
	ctx = event.With(ctx, origin)
	result, err := a.Engine.Submit(ctx, r)
	a.failed(ctx, origin, r.Kind, flow.OutcomeName(result, err))
	return result, err
}

// Callback implements httpapi.Engine.
func (a audited) Callback(ctx context.Context, r flow.CallbackRequest) (flow.Result, error) {
	return a.Engine.Callback(event.With(ctx, &event.Origin{Method: "oidc"}), r)
}

// RedeemToken implements httpapi.Engine.
func (a audited) RedeemToken(ctx context.Context, r flow.RedeemRequest) (flow.Result, error) {
	return a.Engine.RedeemToken(event.With(ctx, &event.Origin{Method: "link"}), r)
}

// failed records an attempt that was counted and rejected. An event that cannot be stored
// must not change the answer.
func (a audited) failed(ctx context.Context, o *event.Origin, k flow.Kind, outcome string) {
	if !o.Attempted || outcome != "rejected" {
		return
	}
	err := a.record(ctx, event.Event{Name: event.LoginFail, IdentityID: o.IdentityID, Details: map[string]string{"flow": string(k)}})
	if err != nil {
		a.log.WarnContext(ctx, "failed attempt not recorded", slog.Any("error", err))
	}
}

// byOperators marks what the admin listener does as the work of operators.
func byOperators(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operator := "api"
		if p := path.Clean(r.URL.Path); p == "/console" || strings.HasPrefix(p, "/console/") {
			operator = "console"
		}
		h.ServeHTTP(w, r.WithContext(event.With(r.Context(), &event.Origin{Operator: operator})))
	})
}

// Audit reads the audit log of a database, beside its servers.
type Audit struct{ db *store.DB }

// OpenAudit opens the database of a configuration.
func OpenAudit(ctx context.Context, c *config.Config) (*Audit, error) {
	dsn := c.DSN.Reveal()
	if err := ensureSecrets(c, store.FileOf(dsn)); err != nil {
		return nil, err
	}
	keys, err := eventKeys(c)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Config{DSN: dsn, Now: time.Now})
	if err != nil {
		return nil, err
	}
	db.SealEvents(keys)
	if err := db.Ready(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Audit{db: db}, nil
}

// Event is one record of the audit log.
type Event = event.Event

// EventQuery selects events for a list.
type EventQuery = event.Query

// EventNames are the names that events have.
func EventNames() []event.Name { return event.Names() }

// List returns events, the latest first.
func (a *Audit) List(ctx context.Context, q EventQuery) ([]Event, error) { return a.db.Events(ctx, q) }

// Verify checks the whole log: how many events it has, and what is wrong with them.
func (a *Audit) Verify(ctx context.Context) (events int64, problems []string, err error) {
	found, err := a.db.VerifyEvents(ctx)
	if err != nil {
		return 0, nil, err
	}
	return found.Events, found.Problems, nil
}

// Close releases the database.
func (a *Audit) Close() error { return a.db.Close() }
