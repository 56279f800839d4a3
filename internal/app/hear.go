package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// hearEvery is how often a node looks for what others changed. It has to fit
	// several times into session.TrustFor.
	hearEvery = 250 * time.Millisecond
	// hearAtMost keeps a node from doing nothing else while others change much.
	hearAtMost = 20 * time.Millisecond
	// listenAgain is how long a lost listener waits before it connects again.
	listenAgain = time.Second
)

// hear drops from the session cache what other nodes changed, until ctx ends. Looking
// is what counts; listening only makes it sooner.
func (a *App) hear(ctx context.Context) error {
	if !a.db.Shared() {
		<-ctx.Done()
		return ctx.Err()
	}
	wake := make(chan struct{}, 1)
	var listening sync.WaitGroup
	listening.Go(func() { a.listen(ctx, wake) })
	defer listening.Wait()
	changes := a.db.Changes()
	deaf := false
	for {
		changed, before, err := changes.Read(ctx, a.now())
		switch {
		case err == nil:
			if deaf {
				a.sessions.ForgetAll()
				deaf = false
			}
			a.sessions.Heard(before, a.limiter.heard(changed))
		case ctx.Err() == nil && !deaf:
			deaf = true
			a.log.WarnContext(ctx, "other nodes are not heard of, session checks ask the database", slog.Any("error", err))
		}
		announced, err := waitFor(ctx, wake, a.db.Announced())
		if err != nil {
			return err
		}
		if announced {
			_ = a.db.Wake(ctx) // the others look by themselves too, and whether the database answers the next look says
		}
	}
}

// waitFor returns after hearEvery, or somewhat sooner if there is something to hear or
// this node has announced something of which the others are to be told.
func waitFor(ctx context.Context, wake, own <-chan struct{}) (announced bool, err error) {
	rest, look := time.NewTimer(hearAtMost), time.NewTimer(hearEvery)
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

// listen wakes whoever looks, where the database tells that there is something to see.
func (a *App) listen(ctx context.Context, wake chan<- struct{}) {
	told := false
	for ctx.Err() == nil {
		err := a.db.Listen(ctx, func() {
			told = false
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if ctx.Err() == nil && !told {
			told = true
			a.log.InfoContext(ctx, "changes are not announced for now and are looked for", slog.Any("error", err))
		}
		timer := time.NewTimer(listenAgain)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
