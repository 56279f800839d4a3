package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/symbolon/symbolon/internal/config"
)

// Reload puts a new configuration in force, with the files of the pages that it
// names as they are now. Requests in progress end under the old one. Settings that
// need a restart keep their old effect until then, and the log says which those
// are. On an error everything stays as it was.
func (a *App) Reload(next *config.Config) error {
	old := a.current.Load().config
	changes := config.Diff(old, next)
	if len(changes) == 0 && !a.current.Load().pages.Stale() {
		return nil
	}
	if next.Secrets.Unset() {
		next.Secrets.Default = old.Secrets.Default
	}
	composed, err := compose(a.base, next)
	if err != nil {
		return fmt.Errorf("new configuration is not in force: %w", err)
	}
	composed.issuer.Replaces(a.current.Load().issuer)
	if err := composed.checkKeptEvents(); err != nil { // with the tokens that were made so far
		return fmt.Errorf("new configuration is not in force: %w", err)
	}
	a.sessions.SetLifespan(next.Session.Lifespan)
	a.sessions.SetRules(sessionRules(next))
	a.limiter.config.Store(&next.Security.Limits)
	a.current.Store(composed)
	a.sessions.InvalidateAll()
	select {
	case a.swapped <- struct{}{}:
	default:
	}
	for _, c := range changes {
		if c.Key.Restart {
			a.log.Warn("configuration changed, restart to put it in force", slog.String("key", c.Key.Path))
		} else {
			a.log.Info("configuration changed", slog.String("key", c.Key.Path), slog.Any("before", c.Before), slog.Any("after", c.After))
		}
	}
	return nil
}

// dispatch delivers mail with the present configuration until ctx ends.
func (a *App) dispatch(ctx context.Context) error {
	for {
		run, stop := context.WithCancel(ctx)
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			err = a.current.Load().dispatcher.Run(run)
		}()
		select {
		case <-a.swapped:
			stop()
			<-done // the reload ended it, so its error says nothing new
		case <-done:
			stop()
			if errors.Is(err, context.Canceled) {
				return ctx.Err()
			}
			return err
		}
	}
}
