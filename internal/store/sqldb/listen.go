package sqldb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// changesChannel is the PostgreSQL channel that announces changes.
const changesChannel = "symbolon_changes"

// notify wakes the listeners. It runs outside of the transaction that made the change:
// PostgreSQL commits transactions that notify one after the other, across all databases.
const notify = `SELECT pg_notify('` + changesChannel + `', '')`

// QueueNotify asks for one notification of other processes; see PendingNotify.
func (db *DB) QueueNotify() {
	select {
	case db.pendingNotify <- struct{}{}:
	default: // one is pending already, or the database has no notifications
	}
}

// PendingNotify receives soon after QueueNotify, once for all calls since the last
// receive; it is nil where the database has no notifications.
func (db *DB) PendingNotify() <-chan struct{} { return db.pendingNotify }

// Notify wakes the listeners. A lost notification does no harm, because every process
// also polls. It uses the connection for polling and belongs to the same goroutine.
func (db *DB) Notify(ctx context.Context) error {
	return db.ListOnPollConn(ctx, func(scan ScanFunc) error { return scan(new(any)) }, notify)
}

// errNoListener says that the caller has to rely on polling.
var errNoListener = errors.New("this database has no notifications")

// Listen calls wake soon after each change, until ctx ends or the connection is lost.
// It opens a connection of its own. It is only a hint: notifications are not repeated,
// and those sent while the connection was down are lost.
// errors.ErrUnsupported is in the error where the database has no notifications.
func (db *DB) Listen(ctx context.Context, wake func()) error {
	if db.listen == nil {
		return fmt.Errorf("%w: %w", errNoListener, errors.ErrUnsupported)
	}
	return db.listen(ctx, wake)
}

// listenFor returns how to listen on PostgreSQL. A pooler shares connections between
// clients, so listening behind one takes an address that leads around it; without such an
// address there is no listener.
func listenFor(c *pgx.ConnConfig, pooled bool, around string) (func(context.Context, func()) error, error) {
	if around != "" {
		src, err := parseDSN(around)
		if err != nil {
			return nil, fmt.Errorf("dsn_listen: %w", err)
		}
		if c, err = postgresConfig(src); err != nil {
			return nil, fmt.Errorf("dsn_listen: %w", err)
		}
	} else if pooled {
		return nil, nil //nolint:nilnil // no listener, which is not an error
	}
	c = c.Copy()
	return func(ctx context.Context, wake func()) error { return listenPostgres(ctx, c, wake) }, nil
}

func listenPostgres(ctx context.Context, c *pgx.ConnConfig, wake func()) (err error) {
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return errors.New("listen for changes: the database cannot be reached") // the cause may show the address and user
	}
	defer func() {
		closing, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer stop()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+changesChannel); err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("listen for changes: %w", err)
		}
		wake()
	}
}
