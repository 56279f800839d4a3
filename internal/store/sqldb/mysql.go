package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

// mysqlDialect is MariaDB 10.11 and later, and MySQL 8, in the SQL they share.
//
// Transactions are READ COMMITTED, for the reasons given at postgresDialect, and
// because InnoDB's own default locks gaps between rows, which deadlocks sign-ups
// that have nothing to do with each other.
func mysqlDialect() Dialect {
	limited := limited()
	return Dialect{
		Name:        "MySQL",
		Schemes:     []string{"mysql"},
		Goose:       goose.DialectMySQL,
		Folder:      "mysql",
		ByStatement: true,
		Tables:      `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`,
		Clock:       `SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)`,
		Rebind: func(query string) string { // LIMIT is not allowed in IN, but in DELETE and UPDATE
			return limited.ReplaceAllString(query, ` WHERE $2`)
		},
		Classify: classifyMySQL,
		Lock:     lockMySQL,
		Open:     openMySQL,
	}
}

// mysqlOptions are the driver's options that are passed on. What they may not
// change (collation, time zone, mode) is not among them.
var mysqlOptions = []string{
	"tls", "timeout", "readTimeout", "writeTimeout", "allowNativePasswords", "allowCleartextPasswords",
	"allowFallbackToPlaintext", "serverPubKey", "maxAllowedPacket", "connectionAttributes", "compress",
}

// mysqlIgnored are options that v0.5 files carry and that are always in force.
var mysqlIgnored = []string{"parseTime", "charset", "collation", "loc", "multiStatements", "clientFoundRows", "interpolateParams"}

func openMySQL(src source, _ Config) (*pools, error) {
	o, err := readOptions(src.params, append(mysqlIgnored, mysqlOptions...)...)
	if err != nil {
		return nil, err
	}
	c, err := mysqlConfig(src)
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, errors.New("read dsn: tls, serverPubKey or an address is wrong; " + mysqlForm)
	}
	return o.onServer(c.DBName+" on "+c.Addr, func() *sql.DB { return sql.OpenDB(readCommitted{connector}) }), nil
}

const mysqlForm = "it looks like mysql://user:password@tcp(host:3306)/database, with the password as it is"

func mysqlConfig(src source) (*mysql.Config, error) {
	// As in the driver's own format, everything but an option may contain any character.
	name := src.rest
	var options []string
	for _, option := range mysqlOptions {
		for _, value := range src.params[option] {
			options = append(options, option+"="+escapeOption(value))
		}
	}
	if len(options) > 0 {
		name += "?" + strings.Join(options, "&")
	}
	c, err := mysql.ParseDSN(name)
	if err != nil { // its text may show the password
		return nil, errors.New("read dsn: an address or option is wrong; " + mysqlForm)
	}
	if c.DBName == "" {
		return nil, errors.New("read dsn: it names no database; " + mysqlForm)
	}
	if c.Timeout == 0 {
		c.Timeout = connectTimeout
	}
	c.Logger = &mysql.NopLogger{} // errors are returned
	c.Collation = "utf8mb4_bin"
	c.ParseTime, c.Loc = true, time.UTC
	c.ClientFoundRows = true   // an UPDATE that changes nothing has found its row all the same
	c.InterpolateParams = true // one round trip a statement, and nothing prepared on a connection
	c.RejectReadOnly = true    // a primary that became a replica is left at once
	// Cutting off what does not fit would make two identifiers one.
	c.Params = map[string]string{
		"sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'", "time_zone": "'+00:00'",
		// The server does not notice that a client no longer waits (DefaultTimeout), and
		// would keep the locks of its transaction.
		"innodb_lock_wait_timeout": "5",
	}
	return c, nil
}

func escapeOption(value string) string {
	return strings.NewReplacer("%", "%25", "&", "%26", "?", "%3F", "/", "%2F", "+", "%2B", " ", "%20").Replace(value)
}

// readCommitted sets the isolation of each new connection. The variable for it
// has different names in MySQL and MariaDB; the statement has not.
type readCommitted struct{ driver.Connector }

// Connect implements driver.Connector.
func (r readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = c.(driver.ExecerContext).ExecContext(ctx, `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`, nil)
	if err == nil {
		err = endIdle(ctx, c)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// endIdle has the server end a transaction that has written and is then idle for
// DefaultTimeout, as boundChange (package store) does on PostgreSQL. MySQL cannot.
func endIdle(ctx context.Context, c driver.Conn) error {
	const unknownVariable = 1193
	_, err := c.(driver.ExecerContext).ExecContext(ctx, `SET SESSION idle_write_transaction_timeout = 5`, nil)
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok && e.Number == unknownVariable {
		return nil
	}
	return err
}

// lockMySQL holds a named lock on a connection of its own. The name is one for
// the whole server: it has the database's in it.
func lockMySQL(ctx context.Context, pool *sql.DB) (unlock func() error, err error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for {
		var got sql.NullInt64
		// It waits 10 s at a time, so that the end of ctx is noticed.
		err := c.QueryRowContext(ctx, `SELECT GET_LOCK(SHA1(CONCAT('symbolon ', DATABASE())), 10)`).Scan(&got)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		if !got.Valid {
			return nil, errors.Join(errors.New("the server could not make a lock"), c.Close())
		}
		if got.Int64 == 1 {
			break
		}
	}
	return func() error {
		_, err := c.ExecContext(context.WithoutCancel(ctx), `DO RELEASE_LOCK(SHA1(CONCAT('symbolon ', DATABASE())))`)
		return errors.Join(err, c.Close())
	}, nil
}
