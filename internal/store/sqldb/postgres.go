package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgresDialect is PostgreSQL 15 and later.
//
// Transactions are READ COMMITTED. What must not happen twice is kept apart by
// unique constraints and by versions in the condition of an UPDATE, which waits
// for a row that another transaction is changing and then checks it again; a row that a
// decision rests on is locked (LockIdentity). A stricter level would add retries and
// prevent nothing that these allow.
func postgresDialect() Dialect {
	limited := limited()
	return Dialect{
		Name:      "PostgreSQL",
		Schemes:   []string{"postgres", "postgresql"},
		Goose:     goose.DialectPostgres,
		Folder:    "postgres",
		Tables:    `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`,
		Clock:     `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`,
		Isolation: sql.LevelReadCommitted,
		Notifies:  true,
		Async:     `SET LOCAL synchronous_commit TO off`,
		Rebind: func(query string) string {
			// With an array, PostgreSQL looks up a few ids instead of reading all rows.
			return numbered(limited.ReplaceAllString(query, ` WHERE id = ANY (ARRAY($1 FOR UPDATE SKIP LOCKED))`))
		},
		Classify: classifyPostgres,
		Lock:     lockPostgres,
		// With several hosts, prefer standbys, and use the primary if there are none.
		ReplicaParams: map[string]string{"target_session_attrs": "prefer-standby"},
		Open:          openPostgres,
	}
}

// libpq are the options of PostgreSQL's own connection strings that are passed on.
var libpq = []string{
	"sslmode", "sslrootcert", "sslcert", "sslkey", "sslsni", "target_session_attrs", "connect_timeout",
	"application_name", "search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "options",
}

// connectTimeout is how long one of several hosts may take to respond.
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
		// Each transaction may get another connection, which does not know statements
		// prepared before: parse, bind and execute go together.
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
		params.Set("target_session_attrs", "read-write") // of several hosts, the primary
	}
	c, err := pgx.ParseConfig("postgres://" + src.rest + "?" + params.Encode())
	if err != nil { // its text may show the password
		return nil, errors.New("read dsn: host, port, sslmode, certificate files or target_session_attrs are wrong; " + postgresForm)
	}
	if !strings.HasPrefix(c.Host, "/") && strings.ContainsAny(c.Host, "#@/") {
		return nil, errors.New("read dsn: the password has a character that ends the host; percent-encode it: / as %2F, # as %23, ? as %3F, @ as %40")
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

// lockRetryAfter is how long a node waits before it tries the lock again.
const lockRetryAfter = 200 * time.Millisecond

// lockPostgres holds the lock in a transaction of its own, which PgBouncer leaves
// on one connection. A node that waits has no open transaction: PgBouncer may have
// fewer connections than there are nodes, and the node with the lock needs another.
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
		if !pause(ctx, lockRetryAfter) {
			return nil, ctx.Err()
		}
	}
}

func tryLock(ctx context.Context, tx *sql.Tx) (got bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock($1)`, migrationLock).Scan(&got)
	if err != nil || !got {
		return false, err
	}
	// The server would end a transaction that is idle for so long. This statement also
	// closes the snapshot of the query before it: CREATE INDEX CONCURRENTLY waits for all
	// open snapshots, and would wait for this lock for ever.
	_, err = tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`)
	return err == nil, err
}
