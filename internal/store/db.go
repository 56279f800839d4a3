package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"symbolon/internal/errs"
)

// DefaultPatience is how long a write waits for its turn before it fails with
// errs.ErrUnavailable.
const DefaultPatience = 5 * time.Second

// Config says which database to open and how.
type Config struct {
	// DSN is memory, sqlite:///absolute/path, sqlite://./relative/path or
	// sqlite://:memory: (every database in memory is one of its own),
	// postgres://user:password@host:port/database,
	// cockroach:// with the same, or mysql://user:password@tcp(host:port)/database.
	// docs/databases.md has the options.
	DSN string
	// ListenDSN is an address of the same PostgreSQL around its pooler, to listen for
	// changes; empty where DSN is without one, or where changes are looked for.
	ListenDSN string
	// ReplicaDSN is a copy of the same database that follows it, for long lists that may
	// be some moments old; empty for none.
	ReplicaDSN string
	Now        func() time.Time
	// Logger gets what is worth knowing of migrations; nil for silence.
	Logger *slog.Logger
	// Exclusive takes the lock that keeps other processes out of the file, for
	// servers and for commands that change a database while no server runs.
	Exclusive bool
	// Patience replaces DefaultPatience.
	Patience time.Duration
	// Wait is how long Open waits for a server that does not answer.
	Wait time.Duration
}

// DB is a database. Its methods may be called by many goroutines at once.
type DB struct {
	dialect Dialect
	logger  *slog.Logger
	now     func() time.Time

	reads    *pool
	aside    *aside   // nil where nothing has to be heard
	replica  *replica // nil where there is none
	writes   turns
	patience time.Duration
	again    *again                                       // nil where nothing has to be
	listen   func(ctx context.Context, wake func()) error // nil where nothing is announced
	unheard  chan struct{}                                // see Announced
	closed   atomic.Bool
	close    func() error // once
}

// turns is how callers get to write: one after the other (writer) or each in a
// transaction of its own (direct).
type turns interface {
	run(context.Context, work) error
	// alone runs f while this process does not write in turns.
	alone(ctx context.Context, f func(*sql.DB) error) error
	close() error
	stats(*Stats)
}

// pools is what a dialect opens.
type pools struct {
	name  string // for people
	read  *sql.DB
	write *sql.DB   // at most one connection, or the same as read
	aside *sql.DB   // one connection for Changes; nil where there are none
	idle  int       // how many connections of that same pool stay open
	lock  io.Closer // nil if none was asked for
	// settle prepares the database for use once it is known to be ours; nil if
	// there is nothing to do.
	settle func(context.Context, *sql.DB) error
	// listen waits for what the database announces; nil if it does not.
	listen func(ctx context.Context, wake func()) error
}

// Open opens a database and leaves its schema alone: see Migrate. It refuses one
// that holds the tables of another program (ErrForeign).
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Now == nil {
		return nil, errors.New("open database: no clock")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Patience == 0 {
		c.Patience = DefaultPatience
	}
	src, err := parseDSN(c.DSN)
	if err != nil {
		return nil, err
	}
	d, err := dialectFor(src.scheme)
	if err != nil {
		return nil, err
	}
	follower, err := d.openReplica(c)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	p, err := d.Open(src, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), follower.close())
	}
	db := &DB{dialect: d, logger: c.Logger, now: c.Now, listen: p.listen, replica: follower, patience: c.Patience, reads: newPool(p.read, &d)}
	if d.Notifies {
		db.unheard = make(chan struct{}, 1)
	}
	if d.Begin != "" {
		db.writes = newWriter(p.write, &d, c)
	} else {
		db.aside = newAside(p.aside, &d)
		db.again = &again{pool: p.write, idle: p.idle}
		db.writes = newDirect(p.write, &d, c, db.again)
	}
	db.close = sync.OnceValue(func() error {
		db.closed.Store(true)
		return errors.Join(db.writes.close(), db.reads.close(), db.aside.close(), db.replica.close(), closeLock(p.lock))
	})
	if err := db.await(ctx, p, c.Wait); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", p.name, err), db.Close())
	}
	return db, nil
}

// await settles the database once it answers.
func (db *DB) await(ctx context.Context, p *pools, atMost time.Duration) error {
	const between = time.Second
	waiting, stop := context.WithTimeout(ctx, atMost)
	defer stop()
	for {
		err := db.settle(ctx, p.settle)
		if db.dialect.Embedded || !errors.Is(err, errs.ErrUnavailable) || waiting.Err() != nil {
			return err
		}
		db.logger.WarnContext(ctx, "the database does not answer and is asked again", slog.String("database", p.name), slog.Any("error", err))
		if !pause(waiting, between) {
			return err
		}
	}
}

// settle checks that the database is ours before anything is written to it.
func (db *DB) settle(ctx context.Context, prepare func(context.Context, *sql.DB) error) error {
	if !db.dialect.Embedded {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, db.patience)
		defer stop()
	}
	return db.writes.alone(ctx, func(pool *sql.DB) error {
		if err := db.dialect.refuse(ctx, pool); err != nil {
			return db.classify(err)
		}
		if prepare == nil {
			return nil
		}
		return prepare(ctx, pool)
	})
}

// ErrForeign says that a database belongs to the original server and must first
// be taken over.
var ErrForeign = errors.New("the database holds the tables of Ory Kratos and is left untouched; " +
	"take it over with: symbolon migrate from-kratos")

// ErrLocked says that another process has the database file to itself.
var ErrLocked = errors.New("the database file is in use")

// foreignTables are tables of the original. One of them is enough to tell: the
// names are not used here.
var foreignTables = []string{
	"schema_migration", "identity_credential_types", "identity_credentials",
	"selfservice_login_flows", "selfservice_login_requests",
	"selfservice_registration_flows", "selfservice_errors",
}

// refuse fails if the database is not for this program, or not for this release of it.
func (d *Dialect) refuse(ctx context.Context, pool *sql.DB) error {
	names, err := ownTables(ctx, pool, d.Tables)
	if err != nil {
		return err
	}
	return d.refuseNewer(ctx, pool, names)
}

// ownTables names the tables of a database; ErrForeign if they are of another program.
func ownTables(ctx context.Context, pool *sql.DB, query string) (names []string, err error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		if slices.Contains(foreignTables, strings.ToLower(name)) {
			return nil, ErrForeign
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Close waits for running transactions, closes all connections and gives up the
// lock. Later calls of other methods answer errs.ErrUnavailable.
func (db *DB) Close() error { return db.close() }

func closeLock(lock io.Closer) error {
	if lock == nil {
		return nil
	}
	return lock.Close()
}

// classify turns a driver's error into one of errs.
func (db *DB) classify(err error) error {
	if err != nil && db.closed.Load() {
		return errs.ErrUnavailable.Because(err)
	}
	return db.dialect.Classify(err)
}

// Ready asks the database whether it answers, holds every migration that this program
// knows and needs none that it does not; errs.ErrUnavailable says what is wrong.
func (db *DB) Ready(ctx context.Context) error {
	pending, err := db.Plan(ctx)
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if len(pending) > 0 {
		return errs.ErrUnavailable.Because(fmt.Errorf("migrations to be applied: %s", strings.Join(pending, ", ")))
	}
	var needed int64 // the table is there, since nothing is to be applied
	if err := db.row(ctx, []any{&needed}, newestNeeded); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if err := db.dialect.knows(needed); err != nil {
		return errs.ErrUnavailable.Because(err)
	}
	return nil
}

// pool reads outside of transactions, with one prepared statement a query.
type pool struct {
	sql     *sql.DB
	dialect *Dialect
	stmts   sync.Map // query to *sql.Stmt
}

func newPool(db *sql.DB, d *Dialect) *pool { return &pool{sql: db, dialect: d} }

// prepare returns the statement of a query. Queries are constants of this
// package, so the cache is bounded by their number.
func (p *pool) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if known, ok := p.stmts.Load(query); ok {
		return known.(*sql.Stmt), nil
	}
	fresh, err := p.sql.PrepareContext(ctx, p.dialect.text(query))
	if err != nil {
		return nil, err
	}
	known, loaded := p.stmts.LoadOrStore(query, fresh)
	if loaded {
		_ = fresh.Close() // another goroutine was faster
	}
	return known.(*sql.Stmt), nil
}

func (p *pool) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if !p.dialect.Prepare {
		return p.sql.QueryContext(ctx, p.dialect.text(query), args...)
	}
	stmt, err := p.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (p *pool) close() error { return p.sql.Close() }
