package store

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"symbolon/internal/errs"
)

// A batch takes no more members than this and none after this time, so that its
// first member does not wait for ever. Both are far above what a commit costs.
const (
	batchMembers = 128
	batchAge     = 10 * time.Millisecond
)

// writer commits the transactions of many goroutines together. Making a commit
// safe on disk costs more than most transactions, and SQLite has one writer at a
// time anyway, so whoever writes takes part in a batch: one transaction of the
// database in which each member works under a savepoint of its own.
//
// Members take turns. The one whose turn it is runs its function on its own
// goroutine, then hands the turn to the next in line; when nobody waits or the
// batch is full it commits first. Members learn of success only then. There is
// no goroutine of the writer's own.
type writer struct {
	pool     *sql.DB // at most one connection
	dialect  *Dialect
	now      func() time.Time
	patience time.Duration

	mu      sync.Mutex
	taken   bool
	closed  bool
	waiting list.List // of chan struct{}, closed to give the turn

	batches, writes atomic.Uint64
	waited          atomic.Int64 // nanoseconds from call to answer

	// What follows belongs to whoever has the turn.

	session *sql.Conn
	conn    *conn
	open    *batch
}

// batch is a transaction of the database that several members share.
type batch struct {
	began   time.Time
	members int
	done    chan struct{} // closed once err says what became of it
	err     error
}

var errClosed = errs.ErrUnavailable.Because(errors.New("database is closed"))

func newWriter(pool *sql.DB, d *Dialect, c Config) *writer {
	return &writer{pool: pool, dialect: d, now: c.Now, patience: c.Patience}
}

// work is what a member does.
type work struct {
	fn func(context.Context, *conn) error
	// single: fn is one statement, which the database undoes by itself when it
	// fails, so it needs no savepoint.
	single bool
	until  time.Time // when it is too late to commit, for direct
}

// run does the work as a member of a batch and returns when the batch is
// committed. A member that suffers from another's failure is run once more.
func (w *writer) run(ctx context.Context, do work) error {
	began := w.now()
	err := w.once(ctx, do)
	if errors.Is(err, errAgain) {
		err = w.once(ctx, do)
	}
	w.waited.Add(int64(w.now().Sub(began)))
	if errors.Is(err, errAgain) {
		return errs.ErrUnavailable.Because(err)
	}
	return err
}

func (w *writer) once(ctx context.Context, do work) error {
	if err := w.turn(ctx); err != nil {
		return err
	}
	b, err := w.member(ctx, do)
	if err != nil {
		return err
	}
	<-b.done
	return b.err
}

// member does the member's work and passes the turn on, whether the work
// succeeds, fails, panics or ends the goroutine.
func (w *writer) member(ctx context.Context, do work) (*batch, error) {
	defer w.pass()
	if err := ended(ctx); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	b, err := w.join(ctx)
	if err != nil {
		return nil, err
	}
	if do.single {
		err = do.fn(ctx, w.conn)
	} else {
		err = w.conn.savepoint(ctx, func() error { return do.fn(ctx, w.conn) })
	}
	if err != nil {
		return nil, err
	}
	b.members++
	return b, nil
}

// join returns the batch that is open, or opens one.
func (w *writer) join(ctx context.Context) (*batch, error) {
	if w.open != nil {
		return w.open, nil
	}
	if err := w.connect(ctx); err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	if err := w.conn.do(ctx, w.dialect.Begin); err != nil {
		w.disconnect()
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	w.open = &batch{began: w.now(), done: make(chan struct{})}
	return w.open, nil
}

// pass gives the turn to the next in line, with the batch open if it may grow.
func (w *writer) pass() {
	if w.open != nil && w.conn.lost {
		w.finish(errAgain)
	}
	if w.open != nil && !w.full() && w.hand() {
		return
	}
	defer w.release()
	w.commit()
}

func (w *writer) full() bool {
	return w.open.members >= batchMembers || w.now().Sub(w.open.began) > batchAge
}

// hand gives the turn to the first in line, false if nobody waits.
func (w *writer) hand() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next()
}

// release gives the turn to the first in line or, if nobody waits, to whoever
// comes.
func (w *writer) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = w.next()
}

func (w *writer) next() bool {
	first := w.waiting.Front()
	if first == nil {
		return false
	}
	close(w.waiting.Remove(first).(chan struct{}))
	return true
}

// turn waits for the writer's turn.
func (w *writer) turn(ctx context.Context) error {
	if err := ended(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	return w.line(ctx)
}

// line waits in line. It is entered with the lock held.
func (w *writer) line(ctx context.Context) error {
	if !w.taken {
		w.taken = true
		w.mu.Unlock()
		return nil
	}
	ready := make(chan struct{})
	place := w.waiting.PushBack(ready)
	w.mu.Unlock()

	patience := time.NewTimer(w.patience)
	defer patience.Stop()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	case <-patience.C:
	}
	return w.leave(ctx, place, ready)
}

// leave gives up a place in the line. If the turn has come meanwhile it is
// taken after all: it can't be handed back.
func (w *writer) leave(ctx context.Context, place *list.Element, ready chan struct{}) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-ready:
		return nil
	default:
	}
	w.waiting.Remove(place)
	if err := ended(ctx); err != nil {
		return err
	}
	return errs.ErrUnavailable.Because(fmt.Errorf("write waited for its turn for %s", w.patience))
}

// commit ends the open batch, if there is one, and tells its members.
func (w *writer) commit() {
	if w.open == nil {
		return
	}
	err := errors.New("commit: the driver gave up")
	defer func() { w.finish(err) }()
	// The members' contexts no longer matter.
	if err = w.conn.do(context.Background(), "COMMIT"); err != nil {
		err = fmt.Errorf("commit: %w", err)
	}
}

// finish closes the batch. After an error the connection goes, and with it
// whatever is left of the transaction.
func (w *writer) finish(err error) {
	b := w.open
	w.open = nil
	if err != nil {
		w.disconnect()
	} else if b.members > 0 {
		w.batches.Add(1)
		w.writes.Add(uint64(b.members))
	}
	b.err = err
	close(b.done)
}

func (w *writer) connect(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	c, err := w.pool.Conn(ctx)
	if err != nil {
		return w.dialect.Classify(err)
	}
	w.session = c
	w.conn = &conn{sql: c, dialect: w.dialect, stmts: map[string]*sql.Stmt{}}
	return nil
}

// disconnect closes the connection itself instead of giving it back to the pool.
func (w *writer) disconnect() {
	if w.conn == nil {
		return
	}
	_ = w.session.Raw(func(any) error { return driver.ErrBadConn })
	_ = w.session.Close()
	w.session, w.conn = nil, nil
}

// alone runs f while nobody writes, with the pool instead of the connection.
func (w *writer) alone(ctx context.Context, f func(*sql.DB) error) error {
	if err := w.turn(ctx); err != nil {
		return err
	}
	defer w.pass()
	w.commit()
	w.disconnect()
	return f(w.pool)
}

// close waits for those in line and lets nobody else write.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	err := w.line(context.Background())
	if err == nil {
		w.commit()
		w.disconnect()
		w.release()
	}
	return errors.Join(err, w.pool.Close())
}

func (w *writer) stats(s *Stats) {
	w.mu.Lock()
	s.Queue = w.waiting.Len()
	w.mu.Unlock()
	s.Batches, s.Writes, s.WriteWait = w.batches.Load(), w.writes.Load(), time.Duration(w.waited.Load())
}
