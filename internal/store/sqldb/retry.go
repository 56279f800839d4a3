package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
)

// A statement or transaction is retried after a deadlock, a conflict between
// transactions or a lost connection. All pauses together stay below a second, so that
// callers soon learn that a database is down.
const (
	maxRetries = 4
	firstPause = 10 * time.Millisecond // each further pause is four times as long
)

// retrier retries what a server undid, without the client noticing.
type retrier struct {
	pool  *sql.DB
	idle  int // how many connections the pool keeps open
	count atomic.Uint64
}

// do runs f, and retries it a few times while it fails with errRetryable.
func (r *retrier) do(ctx context.Context, f func() error) error {
	err := f()
	for n, wait := 0, firstPause; n < maxRetries && errors.Is(err, errRetryable); n, wait = n+1, 4*wait {
		r.dropIdle(err)
		if !pause(ctx, wait) {
			return err
		}
		r.count.Add(1)
		err = f()
	}
	r.dropIdle(err)
	return err
}

// dropIdle closes the idle connections if an error says that a connection was lost or
// stopped responding: the server that ended one has ended the others too, and each of
// them would cost another retry, or another timeout.
func (r *retrier) dropIdle(err error) {
	if errors.Is(err, errDead) || errors.Is(err, context.DeadlineExceeded) {
		r.pool.SetMaxIdleConns(-1)
		r.pool.SetMaxIdleConns(r.idle)
	}
}

// pause waits for a random time between half of most and most, so that transactions that
// collided do not collide again; false if the context ended first.
func pause(ctx context.Context, most time.Duration) bool {
	timer := time.NewTimer(most/2 + time.Duration(secret.Below(int64(most)/2+1)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
