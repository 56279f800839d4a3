package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
)

const batchCeiling = 50 // ms

// cleanup lets a server remove flows and sessions that ended long ago, while 64
// clients make new flows.
func (b *bench) cleanup(ctx context.Context) error {
	dir, err := b.newDir()
	if err != nil {
		return err
	}
	return b.compareCleanup(ctx, "clean-up", "sqlite://"+dir+"/ended.db")
}

func (b *bench) compareCleanup(ctx context.Context, what, dsn string) error {
	if err := fillEnded(ctx, dsn, b.plan.ended); err != nil {
		return err
	}
	return b.onDatabase(ctx, dsn, func(s *server) error {
		working, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		made := make(chan error, 1)
		go func() {
			_, err := closedLoop(working, s.public, time.Hour, func(_ int, c *conn) error {
				_, err := c.ask(get("/self-service/login/api"))
				return err
			})
			made <- err
		}()
		began := time.Now()
		longest, err := awaitCleanup(ctx, s, 2*b.plan.ended)
		took := time.Since(began)
		stop(context.DeadlineExceeded) // how a closed loop ends well
		if err := errors.Join(err, <-made); err != nil {
			return err
		}
		b.report.atMost(what+": slowest batch, while flows are made", 1000*longest, batchCeiling*b.plan.leniency, "ms")
		b.report.note("%s: %d rows were removed within %v", what, 2*b.plan.ended, took.Round(100*time.Millisecond))
		return nil
	})
}

// fillEnded makes so many flows and so many sessions that ended a year ago.
func fillEnded(ctx context.Context, dsn string, count int) error {
	db, err := store.Open(ctx, store.Config{DSN: dsn, Now: time.Now, Exclusive: true})
	if err != nil {
		return err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	ended := time.Now().AddDate(-1, 0, 0)
	owner := &identity.Identity{ID: secret.NewOrderedID(), SchemaID: "default", Traits: json.RawMessage(`{}`), CreatedAt: ended, UpdatedAt: ended}
	err = db.CreateIdentity(ctx, owner, nil)
	group, ctx := errgroup.WithContext(ctx)
	for writer := range connections {
		group.Go(func() error {
			for i := writer; i < count && ctx.Err() == nil; i += connections {
				f := &flow.Flow{ID: secret.NewID(), Kind: flow.Login, Client: flow.API, State: flow.Open, IssuedAt: ended, ExpiresAt: ended}
				s := &session.Session{
					ID: secret.NewID(), IdentityID: owner.ID, TokenHash: secret.Hash(secret.NewID()), IssuedAt: ended, AuthenticatedAt: ended, ExpiresAt: ended,
				}
				if err := errors.Join(db.CreateFlow(ctx, f), db.CreateSession(ctx, s)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errors.Join(err, group.Wait(), db.Close())
}

// awaitCleanup returns how long the slowest batch took, in seconds, once a server has
// removed so many rows.
func awaitCleanup(ctx context.Context, s *server, rows int) (longest float64, err error) {
	c, err := dial(s.admin)
	if err != nil {
		return 0, err
	}
	defer c.close()
	request := s.adminGet("/metrics/prometheus")
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		got, err := c.send(request)
		if err != nil || got.status != http.StatusOK {
			return 0, errors.Join(err, fmt.Errorf("the metrics answer %d", got.status))
		}
		text := string(got.body)
		if gauge(text, "symbolon_cleanup_removed_total") >= float64(rows) {
			return gauge(text, "symbolon_cleanup_longest_batch_seconds"), nil
		}
	}
	return 0, errors.Join(ctx.Err(), errors.New("what has ended was not removed"))
}

// gauge finds a figure without labels in the text of metrics; -1 if it is not there.
func gauge(text, name string) float64 {
	for line := range strings.Lines(text) {
		var value float64
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if _, err := fmt.Sscan(rest, &value); err == nil {
				return value
			}
		}
	}
	return -1
}
