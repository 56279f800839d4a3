package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/symbolon/symbolon/internal/errs"
)

// classifyPostgres knows the states of errors:
// https://www.postgresql.org/docs/15/errcodes-appendix.html
func classifyPostgres(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyState(e.Code, err)
	}
	switch {
	case errors.Is(err, driver.ErrBadConn), pgconn.SafeToRetry(err):
		return unavailable(err, errDead, errRetryable) // nothing was sent
	case isOutOfReach(err):
		return unavailable(err, errDead)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return unavailable(err, errDead, errRetryable)
	}
	return err
}

// isOutOfReach reports whether the network failed, or took too long.
func isOutOfReach(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

func classifyState(state string, err error) error {
	switch state {
	case "23505": // unique_violation
		return errs.ErrConflict.Because(err)
	case "23503": // foreign_key_violation
		return errs.ErrNotFound.Because(err)
	case "22021", "22001", "54000": // not UTF-8 or a zero byte; too long for its column or an index
		return ErrUnstorable.Because(err)
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return unavailable(err, errRetryable)
	case "57P01", "57P03", "25006", "53300", "25P03", "25P04":
		// admin_shutdown, cannot_connect_now, read_only_sql_transaction (a primary that
		// became a standby), too_many_connections, idle_in_transaction_session_timeout and
		// transaction_timeout, which undo the transaction: all before anything was done.
		return unavailable(err, errRetryable, errDead)
	case "42P01", "42703": // undefined_table, undefined_column: migrations are missing
		return unavailable(err)
	}
	switch state[:min(2, len(state))] {
	case "08", "57", "58", "28", "3D": // connection, intervention, system; authorization, no such database
		return unavailable(err, errDead)
	case "53", "55": // resources, state of objects
		return unavailable(err)
	}
	return err
}
