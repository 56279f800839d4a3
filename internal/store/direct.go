package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// direct writes to a database that has many writers at once: each caller has a
// connection and an ordinary transaction. The time from call to answer, with all
// retries, is bounded by patience.
type direct struct {
	pool     *sql.DB
	dialect  *Dialect
	now      func() time.Time
	patience time.Duration
	again    *again
	sole     chan struct{} // holds one who is alone
	closed   atomic.Bool

	commits atomic.Uint64
	waited  atomic.Int64 // nanoseconds from call to answer
}

func newDirect(pool *sql.DB, d *Dialect, c Config, a *again) *direct {
	return &direct{pool: pool, dialect: d, now: c.Now, patience: c.Patience, again: a, sole: make(chan struct{}, 1)}
}

// run does the work until it succeeds, fails for a reason of its own, or has
// been tried too often.
func (d *direct) run(ctx context.Context, do work) error {
	if d.closed.Load() {
		return errClosed
	}
	began := d.now()
	defer func() { d.waited.Add(int64(d.now().Sub(began))) }()
	// The caller may leave while it waits for a connection, and then no more.
	working, stop := context.WithTimeout(context.WithoutCancel(ctx), d.patience)
	defer stop()
	waiting, leave := context.WithTimeout(ctx, d.patience)
	defer leave()
	do.until = began.Add(d.patience)
	err := d.again.try(waiting, func() error { return d.once(waiting, working, do) })
	if err == nil {
		d.commits.Add(1)
	}
	return err
}

func (d *direct) once(waiting, working context.Context, do work) (err error) {
	if err := ended(waiting); err != nil {
		return err
	}
	c, err := d.connect(waiting)
	if err != nil {
		return err
	}
	// Also after a panic, and when the goroutine ends.
	defer func() {
		if errors.Is(err, errDead) {
			_ = c.Raw(func(any) error { return driver.ErrBadConn }) // not to be used by anybody else
		}
		_ = c.Close()
	}()
	return d.use(working, c, do)
}

// connect takes a connection from the pool. Nothing has been done yet when that
// fails, so it may be tried again.
func (d *direct) connect(ctx context.Context) (*sql.Conn, error) {
	c, err := d.pool.Conn(ctx)
	if err == nil {
		return c, nil
	}
	if over := ended(ctx); over != nil {
		return nil, errors.Join(over, err)
	}
	return nil, fmt.Errorf("connect to database: %w", lost(d.dialect.Classify(err)))
}

// lost adds to the loss of a connection, met where nothing has been committed,
// that another try does no harm.
func lost(err error) error {
	if !errors.Is(err, errDead) || errors.Is(err, errAgain) {
		return err
	}
	return unavailable(err, errAgain)
}

func (d *direct) use(ctx context.Context, c *sql.Conn, do work) error {
	if do.single {
		return do.fn(ctx, &conn{sql: c, dialect: d.dialect})
	}
	tx, err := c.BeginTx(ctx, &sql.TxOptions{Isolation: d.dialect.Isolation})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", lost(d.dialect.Classify(err)))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to undo, and else nothing to do about it
	in := &conn{sql: tx, dialect: d.dialect}
	if err := do.fn(ctx, in); err != nil {
		if in.lost {
			err = lost(err)
		}
		return err
	}
	// A process that was stopped and goes on may get here before its timer does, and
	// others no longer look for a change that is so old (see settled).
	if d.now().After(do.until) {
		return unavailable(errors.New("too late to commit"))
	}
	// A connection that dies now leaves it open what became of the transaction, so
	// it is not run again.
	if err := d.dialect.Classify(tx.Commit()); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// alone gives the pool to one at a time: what must be alone in all processes takes
// a lock in the database.
func (d *direct) alone(ctx context.Context, f func(*sql.DB) error) error {
	if d.closed.Load() {
		return errClosed
	}
	select {
	case <-ctx.Done():
		return ended(ctx)
	case d.sole <- struct{}{}:
	}
	defer func() { <-d.sole }()
	return f(d.pool)
}

// close lets transactions that run end and nobody else begin.
func (d *direct) close() error {
	d.closed.Store(true)
	return d.pool.Close()
}

func (d *direct) stats(s *Stats) {
	n := d.commits.Load()
	s.Batches, s.Writes, s.WriteWait = n, n, time.Duration(d.waited.Load())
}
