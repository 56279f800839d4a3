package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"

	"github.com/symbolon/symbolon/internal/errs"
)

// Dialect is everything that differs between databases. It is data: adding a
// database is one file with one Dialect value, one folder of migrations and one
// line in dialects.
type Dialect struct {
	Name       string   // for messages and logs
	Schemes    []string // the DSN schemes it serves
	Embedded   bool     // the database lives in this process, which therefore migrates it
	Goose      goose.Dialect
	Folder     string // of its migrations in Schema.Migrations
	Migrations fs.FS
	Tables     string // query for the names of all tables
	Clock      string // query for the time of the server, in microseconds since 1970; empty if Embedded
	// Begin starts a transaction in which several callers write one after the
	// other (groupCommitter); empty for databases that have many writers at once
	// (pooledCommitter).
	Begin string
	// Isolation is the level of transactions on such databases. The zero value is
	// the one that connections are set to.
	Isolation sql.IsolationLevel
	// ByStatement: transactions begin and end by statements, because the driver's own end
	// of one waits for a server that hangs without a bound.
	ByStatement bool
	// Async makes the commits that follow asynchronous: of a connection where Begin is set,
	// until Sync, and else of the transaction. Empty where a database cannot.
	Async, Sync string
	// Prepare keeps prepared statements here; otherwise the driver prepares them.
	Prepare bool

	// Notifies: the database has notifications.
	Notifies bool

	// Rebind turns "?" into the dialect's placeholders; nil keeps them.
	Rebind func(query string) string
	// Override maps a portable query to the dialect's own where one is needed.
	Override map[string]string
	// Classify maps a driver's error to one of errs, with the cause in its chain,
	// and with errRetryable or errDead where they are true. Errors it does not know are
	// returned as they are.
	Classify func(error) error
	// ReplicaParams are the defaults for the options in the DSN of a replica.
	ReplicaParams map[string]string
	// Lock keeps other processes from migrating until unlock is called; nil where
	// there are no other processes.
	Lock func(context.Context, *sql.DB) (unlock func() error, err error)
	// Open makes the connection pools. It must not write to the database.
	Open func(source, Config) (*pools, error)

	texts *sync.Map // query to the dialect's text for it
}

func dialects() []Dialect {
	return []Dialect{sqliteDialect(), postgresDialect(), mysqlDialect()}
}

// text returns the query as the dialect wants it. Queries are constants of the
// program, so the cache is bounded by their number.
func (d *Dialect) text(query string) string {
	if known, ok := d.texts.Load(query); ok {
		return known.(string)
	}
	own := d.translate(query)
	d.texts.Store(query, own)
	return own
}

func (d *Dialect) translate(query string) string {
	if own, ok := d.Override[query]; ok {
		query = own
	}
	if d.Rebind != nil {
		return d.Rebind(query)
	}
	return query
}

// numbered turns "?" into $1, $2 and so on. No query has a question mark in
// a string literal.
func numbered(query string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// limited matches the part of a query that changes a limited number of rows, and in
// it the condition, the order and the limit. SQLite takes it as it stands.
func limited() *regexp.Regexp {
	return regexp.MustCompile(`(?s) WHERE id IN \((SELECT id FROM \w+\s+WHERE (.* LIMIT \?))\)$`)
}

// Properties of a database error that Classify puts into the chain of
// errs.ErrUnavailable.
var (
	// errRetryable: the statement or transaction had no effect, through no fault of its
	// own, and may be retried.
	errRetryable = errors.New("rolled back, retryable")
	// errDead: the connection cannot be used any more.
	errDead = errors.New("connection lost")
)

// unavailable is errs.ErrUnavailable for a cause, with its properties.
func unavailable(cause error, also ...error) error {
	return errs.ErrUnavailable.Because(errors.Join(append(also, cause)...))
}

// source is a data source name, taken apart.
type source struct {
	scheme string
	rest   string // what follows the "://", without the options
	params url.Values
}

// parseDSN reads the forms of version 0.5: scheme://rest?options, and the
// word memory.
func parseDSN(dsn string) (source, error) {
	if dsn == "memory" {
		dsn = "sqlite://:memory:?_fk=true"
	}
	scheme, rest, ok := strings.Cut(dsn, "://")
	if !ok {
		return source{}, fmt.Errorf("read dsn: it has no scheme; use memory or one of %s", schemes())
	}
	// A password before the last slash may contain a question mark.
	path := strings.LastIndex(rest, "/")
	if at := strings.Index(rest, "?"); scheme != "mysql" || path < 0 {
		path = max(at, 0)
	}
	tail, query, _ := strings.Cut(rest[path:], "?")
	params, err := url.ParseQuery(query)
	if err != nil { // the error would show what is there
		return source{}, errors.New("read options of dsn: they are not name=value, joined by & and percent-encoded")
	}
	return source{scheme: scheme, rest: rest[:path] + tail, params: params}, nil
}

// dialectFor finds the dialect that serves a scheme, with its part of the schema.
func dialectFor(scheme string, schema Schema) (Dialect, error) {
	if strings.HasPrefix(scheme, "cockroach") {
		return Dialect{}, errors.New("CockroachDB is not supported, because no release of this program has been run on it; use postgres:// or mysql://")
	}
	for _, d := range dialects() {
		if slices.Contains(d.Schemes, scheme) {
			d.texts = &sync.Map{}
			d.Override = schema.Queries[d.Name]
			return d, d.load(schema)
		}
	}
	return Dialect{}, fmt.Errorf("dsn scheme %q is not supported; use memory or one of %s", scheme, schemes())
}

// load takes the dialect's migrations out of a schema; the zero schema has none.
func (d *Dialect) load(schema Schema) (err error) {
	if schema.Migrations != nil {
		d.Migrations, err = fs.Sub(schema.Migrations, d.Folder)
	}
	return err
}

func schemes() string {
	var all []string
	for _, d := range dialects() {
		for _, s := range d.Schemes {
			all = append(all, s+"://")
		}
	}
	return strings.Join(all, ", ")
}
