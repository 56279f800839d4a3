package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

// DefaultTimeout is how long a write may take, its turn included, before it fails with
// errs.ErrUnavailable.
const DefaultTimeout = 5 * time.Second

// Config says which database to open and how.
type Config struct {
	// DSN is memory, sqlite:///absolute/path, sqlite://./relative/path or
	// sqlite://:memory: (each database in memory is separate),
	// postgres://user:password@host:port/database
	// or mysql://user:password@tcp(host:port)/database.
	// docs/databases.md has the options.
	DSN string
	// ListenDSN is an address of the same PostgreSQL that leads around its pooler, for
	// notifications; empty where there is no pooler, or where polling is enough.
	ListenDSN string
	// ReplicaDSN is a read replica, for long lists that may lag behind; empty for none.
	ReplicaDSN string
	Now        func() time.Time
	// Logger gets migrations and retries; nil for silence.
	Logger *slog.Logger
	// Exclusive takes the lock that keeps other processes out of the file, for
	// servers and for commands that change a database while no server runs.
	Exclusive bool
	// Timeout replaces DefaultTimeout.
	Timeout time.Duration
	// Wait is how long Open waits for a server that is unavailable.
	Wait time.Duration
}

// Schema is the tables that a database has, and how dialects say what they say differently.
type Schema struct {
	// Migrations has a folder for each dialect: sqlite, postgres and mysql.
	Migrations fs.FS
	// Queries maps, for the name of a dialect, a portable query to the dialect's own.
	Queries map[string]map[string]string
}

// DB is a database. Its methods may be called by many goroutines at once.
type DB struct {
	dialect Dialect
	logger  *slog.Logger
	now     func() time.Time

	reads         *pool
	pollConn      *pollConn // nil where there are no changes to poll
	replica       *replica  // nil where there is none
	writes        committer
	gather        *gatherer // nil for SQLite
	timeout       time.Duration
	retry         *retrier                                     // nil for SQLite
	listen        func(ctx context.Context, wake func()) error // nil without notifications
	pendingNotify chan struct{}                                // nil without notifications
	file          string                                       // see pools
	beforeCommit  func(ctx context.Context, items []any) error // see OnCommit
	clockOffset   atomic.Int64                                 // see MeasureClock
	writeFailed   atomic.Int64                                 // when a write last failed, Unix nanoseconds; 0 after a success
	closed        atomic.Bool
	close         func() error // once
}

// committer runs and commits transactions: many of them in one commit (groupCommitter)
// or each in its own (pooledCommitter).
type committer interface {
	run(context.Context, txFunc) error
	// exclusive runs f while this process writes nothing else.
	exclusive(ctx context.Context, f func(*sql.DB) error) error
	close() error
	stats(*Stats)
}

// pools is what a dialect opens.
type pools struct {
	name  string // for people
	file  string // of SQLite, empty for databases in memory and on servers
	read  *sql.DB
	write *sql.DB   // at most one connection, or the same as read
	poll  *sql.DB   // one connection for polling; nil where there are no changes to poll
	idle  int       // how many connections of that same pool stay open
	lock  io.Closer // nil if none was asked for
	// prepare sets the database up once it is known to be ours; nil if there is
	// nothing to do.
	prepare func(context.Context, *sql.DB) error
	// async: no commit waits for the disk.
	async bool
	// listen waits for notifications; nil if the database has none.
	listen func(ctx context.Context, wake func()) error
}

// Open opens a database and leaves its tables alone: see Migrate. It refuses a
// database that holds the tables of another program (ErrForeign).
func Open(ctx context.Context, schema Schema, c Config) (*DB, error) {
	if c.Now == nil {
		return nil, errors.New("open database: no clock")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	src, err := parseDSN(c.DSN)
	if err != nil {
		return nil, err
	}
	d, err := dialectFor(src.scheme, schema)
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
	if p.async {
		d.Async, d.Sync = "", ""
	}
	db := &DB{dialect: d, logger: c.Logger, now: c.Now, listen: p.listen, replica: follower, file: p.file, timeout: c.Timeout, reads: newPool(p.read, &d)}
	if d.Notifies {
		db.pendingNotify = make(chan struct{}, 1)
	}
	if d.Begin != "" {
		db.writes = newGroupCommitter(p.write, &d, c)
	} else {
		db.pollConn = newPollConn(p.poll, &d)
		db.retry = &retrier{pool: p.write, idle: p.idle}
		db.writes = newPooledCommitter(p.write, &d, c, db.retry)
		db.gather = &gatherer{timeout: c.Timeout, insert: db.insertNew}
	}
	db.close = sync.OnceValue(func() error {
		db.closed.Store(true)
		return errors.Join(db.writes.close(), db.reads.close(), db.pollConn.close(), db.replica.close(), closeLock(p.lock))
	})
	if err := db.await(ctx, p, c.Wait); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", p.name, err), db.Close())
	}
	return db, nil
}

// await prepares the database as soon as it responds.
func (db *DB) await(ctx context.Context, p *pools, atMost time.Duration) error {
	const between = time.Second
	waiting, stop := context.WithTimeout(ctx, atMost)
	defer stop()
	for {
		err := db.prepare(ctx, p.prepare)
		if refused := refusal(err); refused != nil {
			return refused
		}
		if db.dialect.Embedded || !errors.Is(err, errs.ErrUnavailable) || waiting.Err() != nil {
			return err
		}
		db.logger.WarnContext(ctx, "database unavailable, retrying", slog.String("database", p.name), slog.Any("error", err))
		if !pause(waiting, between) {
			return err
		}
	}
}

// prepare checks that the database is ours before anything is written to it.
func (db *DB) prepare(ctx context.Context, setUp func(context.Context, *sql.DB) error) error {
	if !db.dialect.Embedded {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, db.timeout)
		defer stop()
	}
	return db.writes.exclusive(ctx, func(pool *sql.DB) error {
		if err := db.dialect.checkOwner(ctx, pool); err != nil {
			return db.classify(err)
		}
		if setUp == nil {
			return nil
		}
		return setUp(ctx, pool)
	})
}

// ErrForeign says that a database belongs to the original server and must first
// be taken over.
var ErrForeign = errors.New("the database holds the tables of Ory Kratos and is left untouched; " +
	"take it over with: symbolon migrate from-kratos")

// ErrLocked says that another process uses the database file.
var ErrLocked = errors.New("the database file is in use")

// foreignTables are tables of the original. One of them is enough to tell: their
// names are not used here.
var foreignTables = []string{
	"schema_migration", "identity_credential_types", "identity_credentials",
	"selfservice_login_flows", "selfservice_login_requests",
	"selfservice_registration_flows", "selfservice_errors",
}

// checkOwner fails if the database is not for this program, or not for this release of it.
func (d *Dialect) checkOwner(ctx context.Context, pool *sql.DB) error {
	names, err := ownTables(ctx, pool, d.Tables)
	if err != nil {
		return err
	}
	return d.checkCompatible(ctx, pool, names)
}

// ownTables names the tables of a database; ErrForeign if they belong to another program.
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

// MultiNode reports whether other processes may use the same database.
func (db *DB) MultiNode() bool { return !db.dialect.Embedded }

// Now is the time by the clock that the database was opened with.
func (db *DB) Now() time.Time { return db.now() }

// Timeout is how long a transaction may take at most.
func (db *DB) Timeout() time.Duration { return db.timeout }

// Close waits for running transactions, closes all connections and releases the
// lock. Later calls of other methods fail with errs.ErrUnavailable.
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

// Ready checks that the database responds, has every migration that this program
// knows and needs none that it does not; errs.ErrUnavailable says what is wrong.
func (db *DB) Ready(ctx context.Context) error {
	pending, err := db.Plan(ctx)
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if len(pending) > 0 {
		return errs.ErrUnavailable.Because(fmt.Errorf("migrations to be applied: %s", strings.Join(pending, ", ")))
	}
	var needed int64 // the table exists, since no migration is pending
	if err := db.QueryRow(ctx, []any{&needed}, newestNeeded); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if err := db.dialect.supports(needed); err != nil {
		return errs.ErrUnavailable.Because(err)
	}
	return db.writable()
}

const (
	// leastSpace is how much of the disk SQLite needs for the log of a burst of writes.
	leastSpace = 4 << 20
	// failedFor is how long a write that failed makes a node not ready, unless another
	// one succeeds.
	failedFor = 10 * time.Second
)

// writable says why the next write will probably fail. It writes nothing itself, because
// anyone may ask whether a node is ready.
func (db *DB) writable() error {
	if db.file != "" {
		if free, ok := freeSpace(db.file); ok && free < leastSpace {
			return errs.ErrUnavailable.Because(fmt.Errorf("the disk of %s is full: %d bytes are free", db.file, free))
		}
	}
	if failed := db.writeFailed.Load(); failed != 0 && db.now().Sub(time.Unix(0, failed)) < failedFor {
		return errs.ErrUnavailable.Because(errors.New("the last write failed"))
	}
	return nil
}

// write runs a transaction and records for Ready whether writes succeed.
func (db *DB) write(ctx context.Context, do txFunc) error {
	err := db.writes.run(ctx, do)
	switch {
	case err == nil && db.writeFailed.Load() != 0:
		db.writeFailed.Store(0)
	// A connection that was lost says nothing about the next write: Ready sees by itself
	// whether the database is there.
	case errors.Is(err, errs.ErrUnavailable) && ctx.Err() == nil && !errors.Is(err, errQueued) && !errors.Is(err, errDead):
		db.writeFailed.Store(db.now().UnixNano())
	}
	return err
}

// pool reads outside of transactions, with one prepared statement a query.
type pool struct {
	sql     *sql.DB
	dialect *Dialect
	stmts   sync.Map // query to *sql.Stmt
}

func newPool(db *sql.DB, d *Dialect) *pool { return &pool{sql: db, dialect: d} }

// prepare returns the statement of a query. Queries are constants of the program, so
// the cache is bounded by their number.
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
