package store

import (
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are what a DSN may say about the pool, in any dialect.
type options struct {
	maxConns    int           // at most so many connections for reading
	maxIdle     int           // so many of them stay open
	maxLifetime time.Duration // a connection is renewed after that; 0 never
	synchronous string        // "full" or "normal": SQLite only
}

// readOptions reads the options and refuses those that nobody knows, since a
// misspelt one would silently not be in force. Names that start with an
// underscore are set-up of another SQLite driver; what they ask for is either
// always so (_fk) or decided here.
func readOptions(params url.Values, known ...string) (options, error) {
	o := options{
		maxConns: 2 * runtime.GOMAXPROCS(0), synchronous: "full",
	}
	for name := range params {
		value := params.Get(name)
		var err error
		switch name {
		case "max_conns":
			o.maxConns, err = positive(value)
		case "max_idle_conns":
			o.maxIdle, err = positive(value)
		case "max_conn_lifetime":
			o.maxLifetime, err = time.ParseDuration(value)
		case "synchronous":
			o.synchronous, err = oneOf(strings.ToLower(value), "full", "normal")
		default:
			if !strings.HasPrefix(name, "_") && !slices.Contains(known, name) {
				return options{}, fmt.Errorf("dsn option %q is unknown", name)
			}
		}
		if err != nil {
			return options{}, fmt.Errorf("read dsn option %q: %w", name, err)
		}
	}
	if o.maxIdle == 0 || o.maxIdle > o.maxConns {
		o.maxIdle = o.maxConns
	}
	return o, nil
}

func positive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a number above zero", text)
	}
	return n, nil
}

func oneOf(text string, allowed ...string) (string, error) {
	if !slices.Contains(allowed, text) {
		return "", fmt.Errorf("%q is none of %s", text, strings.Join(allowed, ", "))
	}
	return text, nil
}
