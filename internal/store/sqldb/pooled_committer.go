package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// pooledCommitter writes to a database that has many writers at once: each caller has a
// connection and an ordinary transaction. The time from call to answer, with all
// retries, is bounded by the timeout.
type pooledCommitter struct {
	pool    *sql.DB
	dialect *Dialect
	now     func() time.Time
	timeout time.Duration
	retry   *retrier
	sole    chan struct{} // held during exclusive
	closed  atomic.Bool

	commits atomic.Uint64
	waited  atomic.Int64 // nanoseconds from call to answer
}

func newPooledCommitter(pool *sql.DB, d *Dialect, c Config, r *retrier) *pooledCommitter {
	return &pooledCommitter{pool: pool, dialect: d, now: c.Now, timeout: c.Timeout, retry: r, sole: make(chan struct{}, 1)}
}

// run runs a transaction until it succeeds, fails for a reason of its own, or has been
// retried too often.
func (p *pooledCommitter) run(ctx context.Context, do txFunc) error {
	if p.closed.Load() {
		return errClosed
	}
	began := p.now()
	defer func() { p.waited.Add(int64(p.now().Sub(began))) }()
	// The end of the caller's context matters only until there is a connection.
	working, stop := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
	defer stop()
	waiting, leave := context.WithTimeout(ctx, p.timeout)
	defer leave()
	do.until = began.Add(p.timeout)
	err := p.retry.do(waiting, func() error { return p.once(waiting, working, do) })
	if err == nil {
		p.commits.Add(1)
	}
	return err
}

func (p *pooledCommitter) once(waiting, working context.Context, do txFunc) (err error) {
	if err := ended(waiting); err != nil {
		return err
	}
	c, err := p.connect(waiting)
	if err != nil {
		return err
	}
	// Also after a panic, and when the goroutine ends.
	defer func() {
		if errors.Is(err, errDead) {
			_ = c.Raw(func(any) error { return driver.ErrBadConn }) // closes it instead of returning it to the pool
		}
		_ = c.Close()
	}()
	return p.use(working, c, do)
}

// connect takes a connection from the pool. Nothing has been written when that fails,
// so it is safe to retry.
func (p *pooledCommitter) connect(ctx context.Context) (*sql.Conn, error) {
	c, err := p.pool.Conn(ctx)
	if err == nil {
		return c, nil
	}
	if over := ended(ctx); over != nil {
		return nil, errors.Join(over, err)
	}
	return nil, fmt.Errorf("connect to database: %w", safeToRetry(p.dialect.Classify(err)))
}

// safeToRetry marks the loss of a connection as retryable. Call it only where
// nothing can have been committed.
func safeToRetry(err error) error {
	if !errors.Is(err, errDead) || errors.Is(err, errRetryable) {
		return err
	}
	return unavailable(err, errRetryable)
}

func (p *pooledCommitter) use(ctx context.Context, c *sql.Conn, do txFunc) error {
	if do.single {
		return do.fn(ctx, &conn{sql: c, dialect: p.dialect})
	}
	tx, err := p.begin(ctx, c)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", safeToRetry(p.dialect.Classify(err)))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to undo, and else nothing to do about it
	in := &conn{sql: tx, dialect: p.dialect}
	if do.async && p.dialect.Async != "" {
		if _, err := tx.ExecContext(ctx, p.dialect.Async); err != nil {
			return fmt.Errorf("begin transaction: %w", safeToRetry(p.dialect.Classify(err)))
		}
	}
	if err := do.fn(ctx, in); err != nil {
		if in.lost {
			err = safeToRetry(err)
		}
		return err
	}
	// A process that was stopped and continued may get here before its timer fires, and
	// other nodes no longer look for a change that is so old (see store.Changes).
	if p.now().After(do.until) {
		return unavailable(errors.New("too late to commit"))
	}
	// If the connection is lost now, the transaction may or may not be committed, so it
	// is not retried.
	if err := p.dialect.Classify(tx.Commit()); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// transaction is a *sql.Tx, or one by statement.
type transaction interface {
	handle
	Commit() error
	Rollback() error
}

func (p *pooledCommitter) begin(ctx context.Context, c *sql.Conn) (transaction, error) {
	if !p.dialect.ByStatement {
		return c.BeginTx(ctx, &sql.TxOptions{Isolation: p.dialect.Isolation})
	}
	do := func(statement string) error {
		_, err := c.ExecContext(ctx, statement)
		return err
	}
	return &byStatement{Conn: c, do: do}, do("START TRANSACTION")
}

// byStatement is a transaction whose end is bounded by the context that it began with.
type byStatement struct {
	*sql.Conn

	do    func(statement string) error
	ended bool
}

// Commit commits.
func (t *byStatement) Commit() error {
	t.ended = true
	return t.do("COMMIT")
}

// Rollback undoes a transaction that has not ended. If that fails the connection is
// closed, and the server undoes it.
func (t *byStatement) Rollback() error {
	if t.ended {
		return nil
	}
	t.ended = true
	err := t.do("ROLLBACK")
	if err != nil {
		_ = t.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// exclusive gives the pool to one caller at a time. Callers that must be the only one
// in all processes take a lock in the database.
func (p *pooledCommitter) exclusive(ctx context.Context, f func(*sql.DB) error) error {
	if p.closed.Load() {
		return errClosed
	}
	select {
	case <-ctx.Done():
		return ended(ctx)
	case p.sole <- struct{}{}:
	}
	defer func() { <-p.sole }()
	return f(p.pool)
}

// close lets running transactions end and refuses new ones.
func (p *pooledCommitter) close() error {
	p.closed.Store(true)
	return p.pool.Close()
}

func (p *pooledCommitter) stats(s *Stats) {
	n := p.commits.Load()
	s.Batches, s.Writes, s.WriteWait = n, n, time.Duration(p.waited.Load())
}
