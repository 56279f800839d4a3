package sqldb

import (
	"cmp"
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

// A batch takes at most so many members, and none after this time, so that its first
// member does not wait too long. Both are far above the cost of a commit.
const (
	batchMembers = 128
	batchAge     = 10 * time.Millisecond
)

// groupCommitter commits the transactions of many goroutines together (group commit).
// Flushing a commit to disk costs more than most transactions, and SQLite has one writer
// at a time anyway, so each caller joins a batch: one transaction of the database in which
// each member after the first runs under its own savepoint.
//
// It is a mutex with a queue. The member that holds it runs its function on its own
// goroutine, then passes it to the next in the queue; if the queue is empty or the batch
// is full, it commits first. Members return only after that commit. The groupCommitter has
// no goroutine of its own.
type groupCommitter struct {
	pool    *sql.DB // at most one connection
	dialect *Dialect
	now     func() time.Time
	timeout time.Duration

	mu     sync.Mutex
	held   bool
	closed bool
	queue  list.List // of chan struct{}, closed to pass the mutex on

	batches, writes atomic.Uint64
	waited          atomic.Int64 // nanoseconds from call to answer

	// The fields below belong to the holder.

	session *sql.Conn
	conn    *conn
	async   bool // commits of conn, and that of the open batch, do not wait for the disk
	open    *batch
}

// batch is a transaction of the database that several members share.
type batch struct {
	began   time.Time
	members int
	done    chan struct{} // closed once err has the outcome
	err     error
}

// errQueued says that a write waited too long, which says nothing of the database.
var errQueued = errors.New("write queued")

var errClosed = errs.ErrUnavailable.Because(errors.New("database is closed"))

func newGroupCommitter(pool *sql.DB, d *Dialect, c Config) *groupCommitter {
	return &groupCommitter{pool: pool, dialect: d, now: c.Now, timeout: c.Timeout}
}

// txFunc is the work of one transaction.
type txFunc struct {
	fn func(context.Context, *conn) error
	// single: fn is one statement, which the database undoes by itself when it
	// fails, so it needs no savepoint.
	single bool
	until  time.Time // when it is too late to commit, for pooledCommitter
	async  bool      // see DB.InTxAsync
}

// run runs a transaction as a member of a batch and returns when the batch is
// committed. A member whose batch failed because of another member is retried once.
func (w *groupCommitter) run(ctx context.Context, do txFunc) error {
	began := w.now()
	err := w.once(ctx, do)
	if errors.Is(err, errRetryable) {
		err = w.once(ctx, do)
	}
	w.waited.Add(int64(w.now().Sub(began)))
	if errors.Is(err, errRetryable) {
		return errs.ErrUnavailable.Because(err)
	}
	return err
}

func (w *groupCommitter) once(ctx context.Context, do txFunc) error {
	if err := w.acquire(ctx); err != nil {
		return err
	}
	b, err := w.member(ctx, do)
	if b == nil {
		return err
	}
	<-b.done
	if errors.Is(err, errs.ErrUnavailable) {
		return err // what it met itself, for which the batch may have ended
	}
	return cmp.Or(b.err, err)
}

// member runs a member's function and passes the mutex on, whether the function
// succeeds, fails, panics or ends the goroutine. Beside an error it returns the batch if that
// has other members: what they wrote may be why this one failed, and readers see it once it is
// committed. A caller that reads again and retries would meet the same conflict before.
func (w *groupCommitter) member(ctx context.Context, do txFunc) (*batch, error) {
	defer w.pass()
	if err := ended(ctx); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	b, err := w.join(ctx, do.async)
	if err != nil {
		return nil, err
	}
	switch {
	case b.members == 0:
		err = w.first(ctx, do)
	case do.single:
		err = do.fn(ctx, w.conn)
	default:
		err = w.conn.savepoint(ctx, func() error { return do.fn(ctx, w.conn) })
	}
	if err != nil && b.members == 0 {
		return nil, err
	}
	if err == nil {
		b.members++
	}
	return b, err
}

// first runs the first member of a batch. It needs no savepoint, since rolling the whole
// transaction back undoes nothing else; most batches have no other member.
func (w *groupCommitter) first(ctx context.Context, do txFunc) (err error) {
	kept := false
	defer func() {
		if !kept {
			w.rollBack(ctx)
		}
	}()
	err = do.fn(ctx, w.conn)
	kept = err == nil
	return err
}

// rollBack ends a batch that has no members yet.
func (w *groupCommitter) rollBack(ctx context.Context) {
	if w.conn.do(ctx, "ROLLBACK") != nil {
		w.disconnect()
	} else {
		w.conn.lost = false
	}
	w.open = nil
}

// join returns the batch that is open, or opens one. One whose commit waits for the disk
// takes every member, another only those that need not wait.
func (w *groupCommitter) join(ctx context.Context, async bool) (*batch, error) {
	if w.open != nil && (async || !w.async) {
		return w.open, nil
	}
	w.commit()
	if err := w.connect(ctx); err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	if err := w.setAsync(ctx, async); err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	if err := w.conn.do(ctx, w.dialect.Begin); err != nil {
		w.disconnect()
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	w.open = &batch{began: w.now(), done: make(chan struct{})}
	return w.open, nil
}

// setAsync says whether the commits that follow wait for the disk. SQLite sets that when it
// compiles the statement, so a prepared one would do nothing.
func (w *groupCommitter) setAsync(ctx context.Context, async bool) error {
	if async == w.async || w.dialect.Async == "" {
		return nil
	}
	statement := w.dialect.Sync
	if async {
		statement = w.dialect.Async
	}
	_, err := w.session.ExecContext(ctx, statement)
	if err != nil {
		w.disconnect()
		return w.dialect.Classify(err)
	}
	w.async = async
	return nil
}

// pass passes the mutex to the next in the queue, with the batch open if it may grow.
func (w *groupCommitter) pass() {
	if w.open != nil && w.conn.lost {
		w.finish(errRetryable)
	}
	if w.open != nil && !w.full() && w.handOver() {
		return
	}
	defer w.release()
	w.commit()
}

func (w *groupCommitter) full() bool {
	return w.open.members >= batchMembers || w.now().Sub(w.open.began) > batchAge
}

// handOver passes the mutex to the first in the queue; false if the queue is empty.
func (w *groupCommitter) handOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next()
}

// release passes the mutex to the first in the queue or, if that is empty, unlocks it.
func (w *groupCommitter) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = w.next()
}

func (w *groupCommitter) next() bool {
	first := w.queue.Front()
	if first == nil {
		return false
	}
	close(w.queue.Remove(first).(chan struct{}))
	return true
}

// acquire waits for the mutex.
func (w *groupCommitter) acquire(ctx context.Context) error {
	if err := ended(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	return w.enqueue(ctx)
}

// enqueue waits in the queue. It is entered with w.mu locked, and unlocks it.
func (w *groupCommitter) enqueue(ctx context.Context) error {
	if !w.held {
		w.held = true
		w.mu.Unlock()
		return nil
	}
	ready := make(chan struct{})
	place := w.queue.PushBack(ready)
	w.mu.Unlock()

	timer := time.NewTimer(w.timeout)
	defer timer.Stop()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	case <-timer.C:
	}
	return w.leave(ctx, place, ready)
}

// leave gives up a place in the queue. If the mutex was passed to this place meanwhile,
// the caller holds it after all.
func (w *groupCommitter) leave(ctx context.Context, place *list.Element, ready chan struct{}) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-ready:
		return nil
	default:
	}
	w.queue.Remove(place)
	if err := ended(ctx); err != nil {
		return err
	}
	return errs.ErrUnavailable.Because(fmt.Errorf("%w for %s", errQueued, w.timeout))
}

// commit ends the open batch, if there is one, and releases its members.
func (w *groupCommitter) commit() {
	if w.open == nil {
		return
	}
	err := errors.New("commit: the driver gave up")
	defer func() { w.finish(err) }()
	// The contexts of the members no longer matter.
	if err = w.conn.do(context.Background(), "COMMIT"); err != nil {
		err = fmt.Errorf("commit: %w", err)
	}
}

// finish closes the batch. After an error it closes the connection, and with it the rest
// of the transaction.
func (w *groupCommitter) finish(err error) {
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

func (w *groupCommitter) connect(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	c, err := w.pool.Conn(ctx)
	if err != nil {
		return w.dialect.Classify(err)
	}
	w.session, w.async = c, false
	w.conn = &conn{sql: c, dialect: w.dialect, stmts: map[string]*sql.Stmt{}}
	return nil
}

// disconnect closes the connection instead of returning it to the pool.
func (w *groupCommitter) disconnect() {
	if w.conn == nil {
		return
	}
	_ = w.session.Raw(func(any) error { return driver.ErrBadConn })
	_ = w.session.Close()
	w.session, w.conn = nil, nil
}

// exclusive runs f while there are no other writes, with the pool instead of the connection.
func (w *groupCommitter) exclusive(ctx context.Context, f func(*sql.DB) error) error {
	if err := w.acquire(ctx); err != nil {
		return err
	}
	defer w.pass()
	w.commit()
	w.disconnect()
	return f(w.pool)
}

// close lets the writes in the queue end and refuses new ones.
func (w *groupCommitter) close() error {
	w.mu.Lock()
	w.closed = true
	err := w.enqueue(context.Background())
	if err == nil {
		w.commit()
		w.disconnect()
		w.release()
	}
	return errors.Join(err, w.pool.Close())
}

func (w *groupCommitter) stats(s *Stats) {
	w.mu.Lock()
	s.Queue = w.queue.Len()
	w.mu.Unlock()
	s.Batches, s.Writes, s.WriteWait = w.batches.Load(), w.writes.Load(), time.Duration(w.waited.Load())
}
