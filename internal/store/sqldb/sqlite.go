package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	_ "github.com/ncruces/go-sqlite3/vfs/memdb" // the databases in memory
	"github.com/pressly/goose/v3"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// memoryPath is the path of a DSN that asks for a database in memory.
const memoryPath = ":memory:"

func sqliteDialect() Dialect {
	return Dialect{
		Name:     "SQLite",
		Schemes:  []string{"sqlite"},
		Embedded: true,
		Goose:    goose.DialectSQLite3,
		Folder:   "sqlite",
		Tables:   `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
		Begin:    `BEGIN IMMEDIATE`,
		Async:    `PRAGMA synchronous = NORMAL`,
		Sync:     `PRAGMA synchronous = FULL`,
		Prepare:  true,
		Classify: classifySQLite,
		Open:     openSQLite,
	}
}

// openSQLite makes a pool of readers and one writer. Nothing touches the
// database before the first query.
func openSQLite(src source, c Config) (*pools, error) {
	o, err := sqliteOptions(src)
	if err != nil {
		return nil, err
	}
	p := &pools{name: src.rest, async: o.synchronous != "full"}
	name := memoryName()
	if src.rest != memoryPath {
		var path string
		if path, p.lock, err = claimFile(src, c); err != nil {
			return nil, err
		}
		name = url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
		// SQLite makes the log beside the file with the rights of the file.
		name.RawQuery = url.Values{"modeof": {path}}.Encode()
		p.name, p.file = path, path
		p.prepare = func(ctx context.Context, pool *sql.DB) error { return useWAL(ctx, pool, path) }
	}
	busy := "busy_timeout(" + strconv.FormatInt(c.Timeout.Milliseconds(), 10) + ")"
	p.write, err = openPool(name, busy, "foreign_keys(1)", "synchronous("+o.synchronous+")",
		"cache_size(-4096)", "temp_store(memory)", "journal_size_limit(16777216)", "trusted_schema(0)")
	if err != nil {
		return nil, errors.Join(err, closeLock(p.lock))
	}
	p.read, err = openPool(name, busy, "query_only(1)", "cache_size(-1024)", "temp_store(memory)", "trusted_schema(0)")
	if err != nil {
		return nil, errors.Join(err, p.write.Close(), closeLock(p.lock))
	}
	p.write.SetMaxOpenConns(1)
	o.apply(p.read, 2*runtime.GOMAXPROCS(0))
	return p, nil
}

// sqliteOptions reads the options. That of the cache has no effect here.
func sqliteOptions(src source) (options, error) { return readOptions(src.params, "mode", "cache") }

// memoryName is a fresh name for a database in memory.
func memoryName() url.URL {
	return url.URL{
		Scheme: "file", OmitHost: true, Path: "/" + secret.NewID(),
		RawQuery: url.Values{"vfs": {"memdb"}}.Encode(),
	}
}

func openPool(name url.URL, pragmas ...string) (*sql.DB, error) {
	params := name.Query()
	params["_pragma"] = pragmas
	// SQLite takes a plus for a plus.
	name.RawQuery = strings.ReplaceAll(params.Encode(), "+", "%20")
	pool, err := driver.Open(name.String(), setUp)
	if err != nil {
		return nil, fmt.Errorf("read name of database: %w", err)
	}
	return pool, nil
}

// setUp prepares a new connection. Plans must not depend on the values of parameters (query
// planner stability guarantee), or SQLite compiles each query with LIMIT ? again whenever it
// runs, since the limit might make another plan better.
func setUp(c *sqlite3.Conn) error {
	if err := fts5.Register(c); err != nil {
		return err
	}
	_, err := c.Config(sqlite3.DBCONFIG_ENABLE_QPSG, true)
	return err
}

// classifySQLite knows the result codes: https://sqlite.org/rescode.html
func classifySQLite(err error) error {
	var code sqlite3.ExtendedErrorCode
	if !errors.As(err, &code) {
		return err
	}
	switch code {
	case sqlite3.CONSTRAINT_UNIQUE, sqlite3.CONSTRAINT_PRIMARYKEY:
		return errs.ErrConflict.Because(err)
	case sqlite3.CONSTRAINT_FOREIGNKEY:
		return errs.ErrNotFound.Because(err)
	}
	switch sqlite3.ErrorCode(code & 0xff) {
	case sqlite3.BUSY, sqlite3.LOCKED, sqlite3.FULL, sqlite3.IOERR, sqlite3.CANTOPEN,
		sqlite3.READONLY, sqlite3.PERM, sqlite3.PROTOCOL, sqlite3.NOLFS:
		return errs.ErrUnavailable.Because(err)
	}
	return err
}
