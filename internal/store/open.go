package store

import (
	"context"
	"embed"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// schema is the tables of this package, with the queries that a dialect says in its own
// words.
func schema() sqldb.Schema {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return sqldb.Schema{
		Migrations: files,
		Queries:    map[string]map[string]string{"PostgreSQL": postgresQueries(), "MySQL": mysqlQueries()},
	}
}

func postgresQueries() map[string]string {
	return map[string]string{insertChange: boundChange, lockIdentity: lockIdentity + ` FOR NO KEY UPDATE`, chainHead: chainHead + ` FOR UPDATE`, fillState: fillState + ` FOR UPDATE`}
}

func mysqlQueries() map[string]string {
	return map[string]string{
		chainHead:      chainHead + ` FOR UPDATE`,
		fillState:      fillState + ` FOR UPDATE`,
		lockIdentity:   lockIdentity + ` FOR UPDATE`,
		dueMessages:    `SELECT ` + messageColumns + ` FROM messages WHERE due <= ? ORDER BY due, id LIMIT ?`,
		nextMessage:    `SELECT due FROM messages WHERE due IS NOT NULL ORDER BY due LIMIT 1`,
		eraseMessages:  `UPDATE messages SET sealed = '' WHERE erasable <= ? ORDER BY erasable LIMIT ?`,
		lastFailure:    `SELECT last_error FROM messages WHERE failed = 1 ORDER BY id DESC LIMIT 1`,
		deleteMessages: `DELETE FROM messages WHERE ended < ? ORDER BY ended LIMIT ?`,
	}
}

// Names of sqldb that callers of this package need.
type (
	// Config says which database to open and how.
	Config = sqldb.Config
	// Migration is one step of the schema.
	Migration = sqldb.Migration
	// Stats are the figures of the database at this moment.
	Stats = sqldb.Stats
)

// Errors of Open that callers tell apart; see sqldb.
var (
	ErrForeign = sqldb.ErrForeign
	ErrLocked  = sqldb.ErrLocked
	ErrNewer   = sqldb.ErrNewer
)

// DB is the store. Its methods may be called by many goroutines at once.
type DB struct {
	*sqldb.DB
	eventKeys event.Keys
	nextChain atomic.Uint32 // of events
	newFlows  *newFlows     // nil where other processes change flows
}

// Open opens a database and leaves its tables alone: see Migrate. It refuses a
// database that holds the tables of another program (ErrForeign), or one that another
// process uses (ErrLocked).
func Open(ctx context.Context, c Config) (*DB, error) {
	db, err := sqldb.Open(ctx, schema(), c)
	if err != nil {
		return nil, err
	}
	s := &DB{DB: db}
	if c.Exclusive && !db.MultiNode() {
		s.newFlows = &newFlows{}
	}
	s.nextChain.Store(uint32(secret.Below(serverChains)))
	db.OnCommit(s.writeEvents)
	return s, nil
}

// Backup writes a consistent copy of a SQLite database to a file that must not exist,
// readable by its owner alone; see sqldb.Backup.
func Backup(ctx context.Context, dsn, file string) error {
	return sqldb.Backup(ctx, schema(), dsn, file)
}

// Restore replaces the SQLite database of a DSN with a copy; see sqldb.Restore.
func Restore(ctx context.Context, file, dsn string, now time.Time) (replaced string, err error) {
	return sqldb.Restore(ctx, schema(), file, dsn, now)
}

// CheckDSN fails if a DSN cannot be opened, without asking the database. It connects to
// nothing.
func CheckDSN(dsn string) error { return sqldb.CheckDSN(schema(), dsn) }

// CheckFile fails if the file that a DSN names can't be used; see sqldb.CheckFile.
func CheckFile(dsn string) error { return sqldb.CheckFile(dsn) }

// FileOf returns the path of the file that a DSN names, as written there; empty for
// databases in memory and on servers.
func FileOf(dsn string) string { return sqldb.FileOf(dsn) }

// IsEmbedded reports whether a DSN names a database inside this process.
func IsEmbedded(dsn string) bool { return sqldb.IsEmbedded(dsn) }

// SameOwner gives a file the owner of another one, if this process runs as root.
func SameOwner(file, as string) error { return sqldb.SameOwner(file, as) }

// Replaced is the name under which a file is kept that was replaced at that time.
func Replaced(path string, now time.Time) string { return sqldb.Replaced(path, now) }
