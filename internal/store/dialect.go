package store

import (
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
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
	Begin      string // statement that starts a transaction which will write

	// Rebind turns "?" into the dialect's placeholders; nil keeps them.
	Rebind func(query string) string
	// Override maps a portable query to the dialect's own where one is needed.
	Override map[string]string
	// Classify maps a driver's error to one of errs, with the cause in its chain.
	// Errors it does not know are returned as they are.
	Classify func(error) error
	// Open makes the connection pools. It must not write to the database.
	Open func(source, Config) (*pools, error)
}

func dialects() []Dialect { return []Dialect{sqliteDialect()} }

// text returns the query as the dialect wants it.
func (d *Dialect) text(query string) string {
	if own, ok := d.Override[query]; ok {
		query = own
	}
	if d.Rebind != nil {
		return d.Rebind(query)
	}
	return query
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
	rest, query, _ := strings.Cut(rest, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return source{}, fmt.Errorf("read options of dsn: %w", err)
	}
	return source{scheme: scheme, rest: rest, params: params}, nil
}

// dialectFor finds the dialect that serves a scheme.
func dialectFor(scheme string) (Dialect, error) {
	for _, d := range dialects() {
		if slices.Contains(d.Schemes, scheme) {
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
