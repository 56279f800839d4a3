package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
)

const (
	whoamiFloor  = 0.9
	manySessions = 10_000
)

// whoami measures session checks: of the same sessions again and again, of ten thousand
// different ones, and over TLS.
func (b *bench) whoami(ctx context.Context) error {
	err := b.withServer(ctx, func(s *server) error { return b.compareWhoami(ctx, s, "whoami", whoamiFloor) })
	if err != nil {
		return err
	}
	dir, err := b.newDir()
	if err != nil {
		return err
	}
	if err := b.whoamiMany(ctx, "whoami", "sqlite://"+dir+"/sessions.db"); err != nil {
		return err
	}
	return b.withTLS(ctx, func(s *server) error { return b.compareWhoami(ctx, s, "whoami over TLS", whoamiFloor) })
}

func (b *bench) compareWhoami(ctx context.Context, s *server, what string, floor float64) error {
	accounts, err := newAccounts(s.public, connections)
	if err != nil {
		return err
	}
	return b.compare(ctx, s, what, floor, func(client int) []byte {
		return get("/sessions/whoami", "X-Session-Token: "+accounts[client].token)
	})
}

// whoamiMany checks another session each time. Nothing is read from the database once each
// was checked.
func (b *bench) whoamiMany(ctx context.Context, what, dsn string) error {
	if err := fillSessions(ctx, dsn, manySessions); err != nil {
		return err
	}
	return b.onDatabase(ctx, dsn, func(s *server) error {
		requests := make([][]byte, manySessions)
		c, err := dial(s.public)
		if err != nil {
			return err
		}
		defer c.close()
		for i := range requests {
			requests[i] = get("/sessions/whoami", "X-Session-Token: "+manyToken(i))
			if _, err := c.ask(requests[i]); err != nil {
				return err
			}
		}
		var turn atomic.Int64
		what := fmt.Sprintf("%s, %d sessions", what, manySessions)
		return b.compareTurns(ctx, s, what, whoamiFloor, requests[0], func(int) []byte {
			return requests[turn.Add(1)%manySessions]
		})
	})
}

// manyToken has the length of a session token.
func manyToken(i int) string { return fmt.Sprintf("many%028d", i) }

// fillSessions makes so many identities with a session each.
func fillSessions(ctx context.Context, dsn string, count int) error {
	db, err := store.Open(ctx, store.Config{DSN: dsn, Now: time.Now, Exclusive: true})
	if err != nil {
		return err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	now := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for writer := range connections {
		group.Go(func() error {
			for i := writer; i < count && ctx.Err() == nil; i += connections {
				owner := &identity.Identity{
					ID: secret.NewOrderedID(), SchemaID: "default", CreatedAt: now, UpdatedAt: now,
					Traits: json.RawMessage(fmt.Sprintf(`{"email":"many-%d@example.org"}`, i)),
				}
				held := &session.Session{
					ID: secret.NewID(), IdentityID: owner.ID, TokenHash: secret.Hash(manyToken(i)), Active: true,
					IssuedAt: now, AuthenticatedAt: now, ExpiresAt: now.Add(time.Hour), Factors: []session.Factor{{Method: "password", At: now}},
				}
				if err := db.CreateIdentity(ctx, owner, nil); err != nil {
					return err
				}
				if err := db.CreateSession(ctx, held); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errors.Join(group.Wait(), db.Close())
}
