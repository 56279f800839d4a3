package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// pollEvery is how often a node polls the changes of other nodes. It has to fit
	// several times into session.TrustFor.
	pollEvery = 250 * time.Millisecond
	// pollPause is the least time between two polls, so that a burst of changes
	// cannot keep a node busy with polling.
	pollPause = 20 * time.Millisecond
	// reconnectAfter is how long a lost listener waits before it connects again.
	reconnectAfter = time.Second
)

// followChanges drops from the session cache what other nodes changed, until ctx ends.
// Polling is what the cache relies on; a notification only makes the next poll sooner.
func (a *App) followChanges(ctx context.Context) error {
	if !a.db.MultiNode() {
		<-ctx.Done()
		return ctx.Err()
	}
	wake := make(chan struct{}, 1)
	var listening sync.WaitGroup
	listening.Go(func() { a.listen(ctx, wake) })
	defer listening.Wait()
	changes, clock := a.db.Changes(), clockWatch{app: a}
	failing := false
	for {
		changed, before, err := changes.Read(ctx, a.now())
		switch {
		case err == nil:
			if failing {
				a.sessions.InvalidateAll()
				failing = false
			}
			a.sessions.ApplyInvalidations(before, a.limiter.importNotes(changed))
		case ctx.Err() == nil && !failing:
			failing = true
			a.log.WarnContext(ctx, "change polling failed; session cache disabled", slog.Any("error", err))
		}
		clock.check(ctx)
		pending, err := waitFor(ctx, wake, a.db.PendingNotify())
		if err != nil {
			return err
		}
		if pending {
			_ = a.db.Notify(ctx) // other nodes poll anyway, and the next poll shows whether the database answers
		}
	}
}

// waitFor returns after pollEvery, or sooner (not before pollPause) if another node has
// notified this one, or if this node has committed changes that it has to notify others
// of (pending).
func waitFor(ctx context.Context, wake, own <-chan struct{}) (pending bool, err error) {
	rest, look := time.NewTimer(pollPause), time.NewTimer(pollEvery)
	defer rest.Stop()
	defer look.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-rest.C:
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-own:
		return true, nil
	case <-wake:
	case <-look.C:
	}
	return false, nil
}

// listen wakes the polling loop when the database notifies it of a change.
func (a *App) listen(ctx context.Context, wake chan<- struct{}) {
	logged := false
	for ctx.Err() == nil {
		err := a.db.Listen(ctx, func() {
			logged = false
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if ctx.Err() == nil && !logged {
			logged = true
			a.log.InfoContext(ctx, "change notifications interrupted; polling goes on", slog.Any("error", err))
		}
		timer := time.NewTimer(reconnectAfter)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
