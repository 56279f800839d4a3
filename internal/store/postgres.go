package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// postgresDialect is PostgreSQL 15 and later.
//
// Transactions are READ COMMITTED. What must not happen twice is kept apart by
// unique constraints and by versions in the condition of an UPDATE, which waits
// for a row that another transaction is changing and then looks at it again; what a
// decision was made on is held (HoldIdentity). A stricter level would add retries and
// prevent nothing that those let happen.
func postgresDialect() Dialect {
	limited := limited()
	return Dialect{
		Name:       "PostgreSQL",
		Schemes:    []string{"postgres", "postgresql"},
		Goose:      goose.DialectPostgres,
		Migrations: migrationsIn(postgresMigrations, "migrations/postgres"),
		Tables:     `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`,
		Isolation:  sql.LevelReadCommitted,
		Notifies:   true,
		Override:   map[string]string{insertChange: boundChange, holdIdentity: holdIdentity + ` FOR SHARE`},
		Rebind: func(query string) string {
			// An array is what makes it look up a few ids instead of reading all rows.
			return numbered(limited.ReplaceAllString(query, ` WHERE id = ANY (ARRAY($1 FOR UPDATE SKIP LOCKED))`))
		},
		Classify: classifyPostgres,
		Lock:     lockPostgres,
		// Of several hosts those that follow, and the one that takes writes if they are gone.
		Following: map[string]string{"target_session_attrs": "prefer-standby"},
		Open:      openPostgres,
	}
}

// cockroachDialect is CockroachDB, which speaks PostgreSQL's protocol and the
// part of its SQL that is used here. Its transactions are serializable whatever
// is asked for; those that conflict are run again as on PostgreSQL.
func cockroachDialect() Dialect {
	d := postgresDialect()
	d.Name, d.Schemes = "CockroachDB", []string{"cockroach", "cockroachdb"}
	d.Isolation = sql.LevelDefault
	d.Override, d.Notifies = nil, false
	open := d.Open
	d.Open = func(src source, c Config) (*pools, error) {
		p, err := open(src, c)
		if err == nil {
			p.listen = nil
		}
		return p, err
	}
	return d
}

// libpq are the options of PostgreSQL's own connection strings that are passed on.
var libpq = []string{
	"sslmode", "sslrootcert", "sslcert", "sslkey", "sslsni", "target_session_attrs", "connect_timeout",
	"application_name", "search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "options",
}

// connectTimeout is how long one of several hosts may take to answer.
const connectTimeout = 2 * time.Second

func openPostgres(src source, config Config) (*pools, error) {
	o, err := readOptions(src.params, libpq...)
	if err != nil {
		return nil, err
	}
	c, err := postgresConfig(src)
	if err != nil {
		return nil, err
	}
	if o.pooled {
		// Each transaction may meet another connection, where a statement prepared
		// before is unknown: parse, bind and execute go together.
		c.DefaultQueryExecMode = pgx.QueryExecModeExec
		c.StatementCacheCapacity, c.DescriptionCacheCapacity = 0, 0
	}
	listen, err := listenFor(c, o.pooled, config.ListenDSN)
	if err != nil {
		return nil, err
	}
	p := o.onServer(fmt.Sprintf("%s on %s:%d", c.Database, c.Host, c.Port), func() *sql.DB { return stdlib.OpenDB(*c) })
	p.listen = listen
	return p, nil
}

func postgresConfig(src source) (*pgx.ConnConfig, error) {
	params := url.Values{}
	for _, name := range libpq {
		if values, ok := src.params[name]; ok {
			params[name] = values
		}
	}
	address := src.rest[strings.LastIndex(src.rest, "@")+1:]
	if strings.Trim(address, "/") == "" {
		return nil, errors.New("read dsn: it names no host and no database; " + postgresForm)
	}
	if !params.Has("target_session_attrs") && strings.Contains(address, ",") {
		params.Set("target_session_attrs", "read-write") // of several hosts, the one that takes writes
	}
	c, err := pgx.ParseConfig("postgres://" + src.rest + "?" + params.Encode())
	if err != nil { // its text may show the password
		return nil, errors.New("read dsn: host, port, sslmode, certificate files or target_session_attrs are wrong; " + postgresForm)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "symbolon"
	}
	c.RuntimeParams["timezone"] = "UTC"
	return c, nil
}

const postgresForm = "it looks like postgres://user:password@host:5432/database?sslmode=verify-full, " +
	"with special characters of the password percent-encoded"

// migrationLock is the number of the advisory lock under which migrations run.
const migrationLock = 0x53796d62 // "Symb"

// lockAgainAfter is how long a node waits before it asks for the lock again.
const lockAgainAfter = 200 * time.Millisecond

// lockPostgres holds the lock in a transaction of its own, which PgBouncer leaves
// on one connection. Who waits does so without a transaction: PgBouncer may have
// fewer connections than there are nodes, and whoever has the lock needs another.
func lockPostgres(ctx context.Context, pool *sql.DB) (unlock func() error, err error) {
	for {
		tx, err := pool.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		got, err := tryLock(ctx, tx)
		if got {
			return tx.Rollback, nil
		}
		if err := errors.Join(err, tx.Rollback()); err != nil {
			return nil, err
		}
		if !pause(ctx, lockAgainAfter) {
			return nil, ctx.Err()
		}
	}
}

func tryLock(ctx context.Context, tx *sql.Tx) (got bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock($1)`, migrationLock).Scan(&got)
	if err != nil || !got {
		return false, err
	}
	// The server would end a transaction that does nothing for so long. It comes after
	// the query, whose view of the data stays open until there is another statement:
	// CREATE INDEX CONCURRENTLY waits for all such views, and thus for this lock for ever.
	_, err = tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`)
	return err == nil, err
}
