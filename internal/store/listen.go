package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// changesChannel is what PostgreSQL calls where it announces changes.
const changesChannel = "symbolon_changes"

// notifyingChange is insertChange for PostgreSQL, which notifies when the transaction
// commits, once for all of its changes. A process that is stopped now and goes on long
// after must not commit what others no longer look for (see settled), so the server
// ends a transaction that does nothing for DefaultPatience.
const notifyingChange = `INSERT INTO changes (about, at) SELECT ?, ? FROM pg_notify('` + changesChannel + `', ''),
 set_config('idle_in_transaction_session_timeout', '5s', true)`

// listenFor returns how to listen on PostgreSQL. Behind a pooler a connection is not
// one's own, so that takes an address around it; without one nobody listens.
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
		return nil, nil //nolint:nilnil // nobody listens, which is no error
	}
	c = c.Copy()
	return func(ctx context.Context, wake func()) error { return listenPostgres(ctx, c, wake) }, nil
}

func listenPostgres(ctx context.Context, c *pgx.ConnConfig, wake func()) (err error) {
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return errors.New("listen for changes: the database can't be reached") // the cause may show the address and user
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
