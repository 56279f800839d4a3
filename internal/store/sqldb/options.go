package sqldb

import (
	"database/sql"
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
	maxConns    int           // at most so many connections, for reading alone on SQLite
	maxIdle     int           // so many of them stay open
	maxLifetime time.Duration // a connection is renewed after that; 0 never
	maxIdleTime time.Duration // an idle connection is closed after that; 0 never
	synchronous string        // "full" or "normal": SQLite only
	pooled      bool          // connections are shared transaction by transaction: PostgreSQL only
}

// readOptions reads the options. It refuses unknown ones, so that a misspelt option
// is not silently ignored. Names that start with an
// underscore are set-up of another SQLite driver; what they ask for is either
// always so (_fk) or decided here.
func readOptions(params url.Values, known ...string) (options, error) {
	o := options{synchronous: "full"}
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
		case "max_conn_idle_time":
			o.maxIdleTime, err = time.ParseDuration(value)
		case "pooler":
			_, err = oneOf(value, "transaction")
			o.pooled = true
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
	return o, nil
}

// serverConns is how many connections a node opens to a server where max_conns
// does not say: some wait for the network while others keep the processors busy.
const serverConns = 16

// onServer is the one pool of connections to a server, with its limits, and one
// connection for polling.
func (o options) onServer(name string, open func() *sql.DB) *pools {
	pool, poll := open(), open()
	idle := o.apply(pool, max(serverConns, 4*runtime.GOMAXPROCS(0)))
	o.maxConns, o.maxIdle = 1, 1
	o.apply(poll, 1)
	return &pools{name: name, read: pool, write: pool, poll: poll, idle: idle}
}

// apply sets the limits of a pool and returns how many connections stay open.
func (o options) apply(pool *sql.DB, maxConns int) (idle int) {
	if o.maxConns == 0 {
		o.maxConns = maxConns
	}
	if o.maxIdle == 0 || o.maxIdle > o.maxConns {
		o.maxIdle = o.maxConns
	}
	pool.SetMaxOpenConns(o.maxConns)
	pool.SetMaxIdleConns(o.maxIdle)
	pool.SetConnMaxLifetime(o.maxLifetime)
	pool.SetConnMaxIdleTime(o.maxIdleTime)
	return o.maxIdle
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
