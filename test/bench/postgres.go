package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to fill the database

	"github.com/symbolon/symbolon/internal/secret"
)

// The floors on PostgreSQL, and how far figures may fall with a thousand times as many
// identities and sessions.
const (
	uncachedFloor       = 0.35
	createPostgresFloor = 0.2
	scaleFloor          = 0.8
	pageCeiling         = 10 // ms
)

// postgres measures the server on a PostgreSQL that -dsn names, which must be empty.
// Its tables stay.
func (b *bench) postgres(ctx context.Context) error {
	for _, part := range []func(context.Context) error{b.postgresCached, b.postgresUncached, b.postgresLogin, b.postgresCleanup, b.postgresScale} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// onDatabase runs one measurement against a server over a database.
func (b *bench) onDatabase(ctx context.Context, dsn string, measure func(*server) error, settings ...string) error {
	return b.withServer(ctx, measure, append(settings, "DSN="+dsn, "SECRETS_DEFAULT=a secret of thirty-two characters")...)
}

func (b *bench) postgresCached(ctx context.Context) error {
	err := b.onDatabase(ctx, b.dsn, func(s *server) error {
		return b.compareWhoami(ctx, s, "PostgreSQL: whoami", whoamiFloor)
	})
	if err != nil {
		return err
	}
	dsn, err := b.anotherDatabase(ctx, "sessions")
	if err != nil {
		return err
	}
	return b.whoamiMany(ctx, "PostgreSQL: whoami", dsn)
}

func (b *bench) postgresUncached(ctx context.Context) error {
	return b.onDatabase(ctx, b.dsn, func(s *server) error {
		if err := b.compareWhoami(ctx, s, "PostgreSQL: whoami without memory", uncachedFloor); err != nil {
			return err
		}
		return b.compare(ctx, s, "PostgreSQL: create a login flow", createPostgresFloor, func(int) []byte { return get("/self-service/login/api") })
	}, "SESSION_CACHE_SIZE=1")
}

func (b *bench) postgresLogin(ctx context.Context) error {
	return b.onDatabase(ctx, b.dsn, func(s *server) error {
		standard, _ := newHashCosts()
		return b.compareLogin(ctx, s, "PostgreSQL: login", standard, newCodes()[0])
	})
}

func (b *bench) postgresCleanup(ctx context.Context) error {
	dsn, err := b.anotherDatabase(ctx, "ended") // in the first one the duty is taken
	if err != nil {
		return err
	}
	return b.compareCleanup(ctx, "PostgreSQL: clean-up", dsn)
}

// scaled is a server over so many seeded identities.
type scaled struct {
	*server
	count int
}

// postgresScale compares a thousand identities and sessions with a million, in two
// databases of one PostgreSQL whose servers take turns: what either of them measures
// alone differs more from one minute to the next than they do from each other.
func (b *bench) postgresScale(ctx context.Context) error {
	many, err := b.anotherDatabase(ctx, "many")
	if err != nil {
		return err
	}
	return b.withSeeded(ctx, b.dsn, 1_000, func(few scaled) error {
		return b.withSeeded(ctx, many, b.plan.seeded, func(many scaled) error { return b.compareScales(ctx, few, many) })
	})
}

// anotherDatabase makes a database beside that of -dsn.
func (b *bench) anotherDatabase(ctx context.Context, name string) (dsn string, err error) {
	db, err := sql.Open("pgx", b.dsn)
	if err != nil {
		return "", err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `CREATE DATABASE symbolon_bench_`+name); err != nil {
		return "", err
	}
	other, err := url.Parse(b.dsn)
	if err != nil {
		return "", err
	}
	other.Path = "/symbolon_bench_" + name
	return other.String(), nil
}

func (b *bench) withSeeded(ctx context.Context, dsn string, count int, measure func(scaled) error) error {
	return b.onDatabase(ctx, dsn, func(s *server) error {
		if err := seed(ctx, dsn, count); err != nil {
			return err
		}
		return measure(scaled{s, count})
	}, "SESSION_CACHE_SIZE=1")
}

func (b *bench) compareScales(ctx context.Context, few, many scaled) error {
	of := fmt.Sprintf("PostgreSQL: with %d / with %d: ", many.count, few.count)
	for _, part := range []struct {
		what    string
		request func(count int) []byte
	}{
		{"whoami without memory", func(count int) []byte {
			return get("/sessions/whoami", "X-Session-Token: "+seededToken(int(secret.Below(int64(count)))))
		}},
		{"create a login flow", func(int) []byte { return get("/self-service/login/api") }},
	} {
		rate := func(s scaled) subject {
			return subject{run: func(d time.Duration) (float64, error) {
				return closedLoop(ctx, s.public, d, func(_ int, c *conn) error {
					_, err := c.ask(part.request(s.count))
					return err
				})
			}}
		}
		for _, s := range []scaled{few, many} { // PostgreSQL's processes map each page when they first read it
			if _, err := rate(s).run(b.plan.settle); err != nil {
				return err
			}
		}
		large, small, err := b.takeTurns(rate(many), rate(few))
		if err != nil {
			return err
		}
		b.report.atLeast(of+part.what, large.rate, small.rate, scaleFloor/b.plan.leniency)
	}
	return b.compareReads(ctx, of, few, many)
}

func (b *bench) compareReads(ctx context.Context, of string, few, many scaled) error {
	read := func(s scaled) ([2]time.Duration, error) {
		return readTimes(ctx, s.server, secondPage, "/identities?credentials_identifier="+seededEmail(s.count/2))
	}
	small, err := read(few)
	if err != nil {
		return err
	}
	large, err := read(many)
	if err != nil {
		return err
	}
	b.report.atMost(of+"time to find by identifier", 100*large[1].Seconds()/small[1].Seconds(), growth*b.plan.leniency, "%")
	b.report.atMost(fmt.Sprintf("PostgreSQL: a page of %d identities", many.count), 1000*large[0].Seconds(), pageCeiling*b.plan.leniency, "ms")
	return nil
}

func seededEmail(i int) string { return fmt.Sprintf("seeded-%d@example.org", i) }

// seededToken has the length of a session token.
func seededToken(i int) string { return fmt.Sprintf("seeded%026d", i) }

// seed makes identities that have a password, two addresses and a session each.
func seed(ctx context.Context, dsn string, count int) error {
	db, err := sql.Open("pgx", dsn)
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
		// Else the first to read each row would do the work of the writer.
		`VACUUM (ANALYZE)`,
		`CHECKPOINT`,
	} {
		statement = strings.ReplaceAll(statement, "RANGE", fmt.Sprintf("generate_series(0, %d) AS i", count-1))
		statement = strings.ReplaceAll(statement, "COUNT", fmt.Sprint(count))
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}
