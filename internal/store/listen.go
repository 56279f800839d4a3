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

// boundChange is insertChange for PostgreSQL. A process that is stopped now and goes on
// long after must not commit what others no longer look for (see settled), so the
// server ends a transaction that does nothing for DefaultPatience.
const boundChange = `INSERT INTO changes (about, at) SELECT ?, ? FROM
 set_config('idle_in_transaction_session_timeout', '5s', true)`

// notify wakes those who listen. It is no part of a transaction that announces:
// PostgreSQL commits those that notify one after the other, in all of its databases.
const notify = `SELECT pg_notify('` + changesChannel + `', '')`

// Announced receives soon after this process committed what it announced, once for all
// that was committed since; nil where nobody can be woken.
func (db *DB) Announced() <-chan struct{} { return db.unheard }

// Wake wakes those who listen. That it may fail or be left out does no harm: they look
// for changes by themselves. It uses the connection of Changes, and so is for the same
// goroutine.
func (db *DB) Wake(ctx context.Context) error {
	return db.look(ctx, func(scan scanFunc) error { return scan(new(any)) }, notify)
}

// committed remembers that there is somebody to wake.
func (db *DB) committed() {
	select {
	case db.unheard <- struct{}{}:
	default: // also where nobody can be woken
	}
}

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
