package store

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"symbolon/internal/secret"
)

// What is done again after it was undone by a deadlock, a conflict between
// transactions or a connection that died. All pauses together stay below a second,
// so that a database which is down is soon told of.
const (
	maxRetries = 4
	firstPause = 10 * time.Millisecond // then four times as long each
)

// again runs things again on a server, which the client does not notice.
type again struct {
	pool  *sql.DB
	idle  int // how many connections the pool keeps open
	count atomic.Uint64
}

// try runs f, and again while it fails with errAgain, a few times.
func (a *again) try(ctx context.Context, f func() error) error {
	err := f()
	for n, wait := 0, firstPause; n < maxRetries && errors.Is(err, errAgain); n, wait = n+1, 4*wait {
		a.forget(err)
		if !pause(ctx, wait) {
			return err
		}
		a.count.Add(1)
		err = f()
	}
	a.forget(err)
	return err
}

// forget closes the connections that wait to be used, if an error says that one
// has died or fell silent: the server that ended it ended the others too, and each of
// them would cost another try, or as much patience.
func (a *again) forget(err error) {
	if errors.Is(err, errDead) || errors.Is(err, context.DeadlineExceeded) {
		a.pool.SetMaxIdleConns(-1)
		a.pool.SetMaxIdleConns(a.idle)
	}
}

// pause waits for half of a time to all of it, so that what collided does not
// meet again; false if the context ended first.
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
