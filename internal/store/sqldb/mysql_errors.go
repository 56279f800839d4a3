package sqldb

import (
	"database/sql/driver"
	"errors"

	"github.com/go-sql-driver/mysql"

	"github.com/symbolon/symbolon/internal/errs"
)

// classifyMySQL knows the numbers of errors:
// https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
func classifyMySQL(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return classifyNumber(e.Number, err)
	}
	switch {
	case errors.Is(err, driver.ErrBadConn):
		return unavailable(err, errDead, errRetryable) // nothing was sent
	case errors.Is(err, mysql.ErrInvalidConn), isOutOfReach(err):
		return unavailable(err, errDead)
	}
	return err
}

func classifyNumber(number uint16, err error) error {
	switch number {
	case 1062, 1586: // duplicate entry
		return errs.ErrConflict.Because(err)
	case 1452, 1216: // no referenced row
		return errs.ErrNotFound.Because(err)
	case 1366, 1406, 1071: // not in the character set, too long
		return ErrUnstorable.Because(err)
	case 1213, 1205, 1020: // deadlock, lock wait timeout, record has changed
		return unavailable(err, errRetryable)
	case 1040, 1203, 1047: // too many connections (2), cluster node not ready
		return unavailable(err, errRetryable, errDead)
	case 1053: // shutdown in progress, which a commit may have come before
		return unavailable(err, errDead)
	case 1290, 1792, 1836: // read-only, as a primary that became a replica
		return unavailable(err, errRetryable, errDead)
	case 1317, 1927, 3024, 1969: // interrupted, connection killed, out of time (2)
		return unavailable(err, errDead)
	case 1044, 1045, 1049, 1698: // access denied (3), unknown database
		return unavailable(err, errDead)
	case 1146, 1054: // no such table or column: migrations are missing
		return unavailable(err)
	case 1021, 1037, 1041, 1114: // no room on disk, in memory (2), in a table
		return unavailable(err)
	}
	return err
}
