package store

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

	"symbolon/internal/errs"
)

// Dialect is everything that differs between databases. It is data: adding a
// database is one file with one Dialect value, one folder of migrations and one
// line in dialects.
type Dialect struct {
	Name       string   // for messages and logs
	Schemes    []string // the DSN schemes it serves
	Embedded   bool     // the database lives in this process: nobody else migrates it
	Goose      goose.Dialect
	Migrations fs.FS
	Tables     string // query for the names of all tables
	// Begin starts a transaction in which several callers write one after the
	// other (writer); empty for databases that have many writers at once (direct).
	Begin string
	// Isolation is the level of transactions on such databases. The zero value is
	// the one that connections are set to.
	Isolation sql.IsolationLevel
	// Prepare keeps statements prepared here; otherwise the driver sees to it.
	Prepare bool

	// Notifies: connections can be told of changes, which they listen for.
	Notifies bool

	// Rebind turns "?" into the dialect's placeholders; nil keeps them.
	Rebind func(query string) string
	// Override maps a portable query to the dialect's own where one is needed.
	Override map[string]string
	// Classify maps a driver's error to one of errs, with the cause in its chain,
	// and with errAgain or errDead where they are true. Errors it does not know are
	// returned as they are.
	Classify func(error) error
	// Following are the parameters of the DSN of a replica, where it does not set them.
	Following map[string]string
	// Lock keeps other processes from migrating until unlock is called; nil where
	// there are none.
	Lock func(context.Context, *sql.DB) (unlock func() error, err error)
	// Open makes the connection pools. It must not write to the database.
	Open func(source, Config) (*pools, error)

	texts *sync.Map // query to the dialect's text for it
}

func dialects() []Dialect {
	return []Dialect{sqliteDialect(), postgresDialect(), cockroachDialect(), mysqlDialect()}
}

// text returns the query as the dialect wants it. Queries are constants of this
// package, so as many are remembered as there are.
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

// numbered turns "?" into $1, $2 and so on. No query of this package has a
// question mark in a text.
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

// limited finds the part of a query that changes a limited number of rows, and in
// it the condition, the order and the limit. SQLite wants it said as it stands.
func limited() *regexp.Regexp {
	return regexp.MustCompile(`(?s) WHERE id IN \((SELECT id FROM \w+\s+WHERE (.* LIMIT \?))\)$`)
}

// What an error of the database says beside its code. Classify puts them into
// the chain of errs.ErrUnavailable.
var (
	// errAgain: what was asked for had no effect, through no fault of its own, and
	// may be asked for again.
	errAgain = errors.New("undone, to be run again")
	// errDead: the connection is of no more use.
	errDead = errors.New("connection lost")
)

// unavailable is errs.ErrUnavailable for a cause, with what is true of it.
func unavailable(cause error, also ...error) error {
	return errs.ErrUnavailable.Because(errors.Join(append(also, cause)...))
}

// source is a data source name, taken apart.
type source struct {
	scheme string
	rest   string // what follows the "://", without the options
	params url.Values
}

// parseDSN understands the forms of version 0.5: scheme://rest?options, and the
// word memory.
func parseDSN(dsn string) (source, error) {
	if dsn == "memory" {
		dsn = "sqlite://:memory:?_fk=true"
	}
	scheme, rest, ok := strings.Cut(dsn, "://")
	if !ok {
		return source{}, fmt.Errorf("read dsn: it has no scheme; use memory or one of %s", schemes())
	}
	// A password in front of the last slash may hold a question mark.
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

// dialectFor finds the dialect that serves a scheme.
func dialectFor(scheme string) (Dialect, error) {
	for _, d := range dialects() {
		if slices.Contains(d.Schemes, scheme) {
			d.texts = &sync.Map{}
			return d, nil
		}
	}
	return Dialect{}, fmt.Errorf("dsn scheme %q is not supported; use memory or one of %s", scheme, schemes())
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
