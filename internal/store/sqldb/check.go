package sqldb

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
)

// CheckDSN fails if a DSN cannot be opened, without asking the database: its scheme,
// its options or its form are wrong. It connects to nothing.
func CheckDSN(schema Schema, dsn string) error {
	src, err := parseDSN(dsn)
	if err != nil {
		return err
	}
	d, err := dialectFor(src.scheme, schema)
	if err != nil {
		return err
	}
	if d.Embedded {
		_, err = sqliteOptions(src)
		return err
	}
	p, err := d.Open(src, Config{DSN: dsn, Timeout: DefaultTimeout})
	if err != nil {
		return err
	}
	var closed []*sql.DB
	for _, pool := range []*sql.DB{p.read, p.write, p.poll} {
		if pool != nil && !slices.Contains(closed, pool) {
			closed = append(closed, pool)
			err = errors.Join(err, pool.Close())
		}
	}
	return err
}

// refusal returns what a database server says that trying again does not mend: a wrong
// password, an unknown user or database, a right that is missing. It is nil for
// everything else.
func refusal(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		// https://www.postgresql.org/docs/15/errcodes-appendix.html
		if slices.Contains([]string{"28P01", "28000", "3D000", "42501"}, pg.Code) {
			return fmt.Errorf("the database server refuses: %s (SQLSTATE %s)", pg.Message, pg.Code)
		}
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		// https://mariadb.com/kb/en/mariadb-error-code-reference/
		if slices.Contains([]uint16{1044, 1045, 1049, 1130, 1698}, my.Number) {
			return fmt.Errorf("the database server refuses: %s (error %d)", my.Message, my.Number)
		}
	}
	return nil
}
