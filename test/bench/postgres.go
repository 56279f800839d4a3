package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // to fill the database

	"symbolon/internal/secret"
)

// The floors on PostgreSQL, and how far figures may fall with a thousand times as many
// identities and sessions.
const (
	uncachedFloor       = 0.15
	createPostgresFloor = 0.08
	scaleFloor          = 0.8
	pageCeiling         = 10 // ms
)

// postgres measures the server on a PostgreSQL that -dsn names, which must be empty.
// Its tables stay.
func (b *bench) postgres(ctx context.Context) error {
	for _, part := range []func(context.Context) error{b.postgresCached, b.postgresUncached, b.postgresLogin, b.postgresScale} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// onPostgres runs one measurement against a server over the database.
func (b *bench) onPostgres(ctx context.Context, measure func(*server) error, settings ...string) error {
	return b.withServer(ctx, measure, append(settings, "DSN="+b.dsn, "SECRETS_DEFAULT=a secret of thirty-two characters")...)
}

func (b *bench) postgresCached(ctx context.Context) error {
	return b.onPostgres(ctx, func(s *server) error {
		return b.compareWhoami(ctx, s, "PostgreSQL: whoami", whoamiFloor)
	})
}

func (b *bench) postgresUncached(ctx context.Context) error {
	return b.onPostgres(ctx, func(s *server) error {
		if err := b.compareWhoami(ctx, s, "PostgreSQL: whoami without memory", uncachedFloor); err != nil {
			return err
		}
		return b.compare(ctx, s, "PostgreSQL: create a login flow", createPostgresFloor, func(int) []byte { return get("/self-service/login/api") })
	}, "SESSION_CACHE_SIZE=1")
}

func (b *bench) postgresLogin(ctx context.Context) error {
	return b.onPostgres(ctx, func(s *server) error { return b.compareLogin(ctx, s, "PostgreSQL: login") })
}

// figures are what must not depend on how much there is.
type figures struct {
	whoami, create     float64 // a second
	page, byIdentifier float64 // ms
}

// postgresScale compares a thousand identities and sessions with a million.
func (b *bench) postgresScale(ctx context.Context) error {
	few, many := 1_000, b.plan.seeded
	if err := b.seed(ctx, 0, few); err != nil {
		return err
	}
	small, err := b.measureScale(ctx, few)
	if err != nil {
		return err
	}
	if err := b.seed(ctx, few, many); err != nil {
		return err
	}
	large, err := b.measureScale(ctx, many)
	if err != nil {
		return err
	}
	of := fmt.Sprintf("PostgreSQL: with %d / with %d: ", many, few)
	b.report.atLeast(of+"whoami without memory", large.whoami, small.whoami, scaleFloor/b.plan.leniency)
	b.report.atLeast(of+"create a login flow", large.create, small.create, scaleFloor/b.plan.leniency)
	b.report.atMost(of+"time to find by identifier", 100*large.byIdentifier/small.byIdentifier, growth*b.plan.leniency, "%")
	b.report.atMost(fmt.Sprintf("PostgreSQL: a page of %d identities", many), large.page, pageCeiling*b.plan.leniency, "ms")
	return nil
}

func (b *bench) measureScale(ctx context.Context, count int) (figures, error) {
	var f figures
	err := b.onPostgres(ctx, func(s *server) error {
		rate := func(request func() []byte) (float64, error) {
			once := func(_ int, c *conn) error {
				_, err := c.ask(request())
				return err
			}
			if _, err := closedLoop(ctx, s.public, b.plan.round/10, once); err != nil {
				return 0, err
			}
			return closedLoop(ctx, s.public, b.plan.round, once)
		}
		var err error
		if f.whoami, err = rate(func() []byte {
			return get("/sessions/whoami", "X-Session-Token: "+seededToken(int(secret.Below(int64(count)))))
		}); err != nil {
			return err
		}
		if f.create, err = rate(func() []byte { return get("/self-service/login/api") }); err != nil {
			return err
		}
		times, err := readTimes(ctx, s, secondPage, "/identities?credentials_identifier="+seededEmail(count/2))
		f.page, f.byIdentifier = 1000*times[0].Seconds(), 1000*times[1].Seconds()
		return err
	}, "SESSION_CACHE_SIZE=1")
	return f, err
}

func seededEmail(i int) string { return fmt.Sprintf("seeded-%d@example.org", i) }

// seededToken has the length of a session token.
func seededToken(i int) string { return fmt.Sprintf("seeded%026d", i) }

// seed makes identities that have a password, two addresses and a session each.
func (b *bench) seed(ctx context.Context, from, to int) error {
	db, err := sql.Open("pgx", b.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	const id = `md5('identity ' || i)::uuid::text`
	for _, statement := range []string{
		`INSERT INTO identities (id, schema_id, traits, version, created_at, updated_at) SELECT ` + id + `, 'default', '{"email":"seeded-' || i || '@example.org"}', 1, 0, 0 FROM RANGE`,
		`INSERT INTO credentials (identity_id, type, config, version) SELECT ` + id + `, 'password', '{"hashed_password":"` + hashed + `"}', 1 FROM RANGE`,
		`INSERT INTO credential_identifiers (identifier, type, identity_id, position) SELECT 'seeded-' || i || '@example.org', 'password', ` + id + `, 0 FROM RANGE`,
		`INSERT INTO addresses (id, identity_id, purpose, via, value, normalized, position, verified)
 SELECT md5(p || i)::uuid::text, ` + id + `, p, 'email', 'seeded-' || i || '@example.org', 'seeded-' || i || '@example.org', 0, false FROM RANGE, unnest(ARRAY['verification', 'recovery']) AS p`,
		`INSERT INTO sessions (id, identity_id, token_hash, active, issued_at, authenticated_at, expires_at, factors)
 SELECT md5('session ' || i)::uuid::text, ` + id + `, encode(sha256(('seeded' || lpad(i::text, 26, '0'))::bytea), 'hex'), true, 0, 0, 4000000000000000, '[{"method":"password","at":"2026-01-01T00:00:00Z"}]' FROM RANGE`,
		`UPDATE counts SET value = value + COUNT WHERE name = 'identities' AND slot = 0`,
		// Else the first to read each row would do the work of whoever wrote it.
		`VACUUM (ANALYZE)`,
		`CHECKPOINT`,
	} {
		statement = strings.ReplaceAll(statement, "RANGE", fmt.Sprintf("generate_series(%d, %d) AS i", from, to-1))
		statement = strings.ReplaceAll(statement, "COUNT", fmt.Sprint(to-from))
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}
