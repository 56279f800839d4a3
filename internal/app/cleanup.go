package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"symbolon/internal/config"
	"symbolon/internal/store"
)

// cleanupBatch bounds one statement: some milliseconds of the writer's time.
const cleanupBatch = 500

// cleanUp removes what has ended, every now and then until ctx ends.
func (a *App) cleanUp(ctx context.Context) error {
	for {
		every := a.current.Load().config.Cleanup.Interval
		if every <= 0 {
			every = time.Minute // look again whether it has been switched on
		} else if err := a.cleanUpOnce(ctx, every); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "clean-up failed and is tried again later", slog.Any("error", err))
		}
		timer := time.NewTimer(every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// cleanUpOnce removes what has ended, unless another node does so this time, and counts
// what is left.
func (a *App) cleanUpOnce(ctx context.Context, every time.Duration) error {
	// A little less: the next time comes as soon as this one is over.
	mine, err := a.db.TakeDuty(ctx, store.DutyCleanup, a.now(), a.now().Add(every*9/10))
	if err != nil {
		return err
	}
	if mine {
		removed, err := a.CleanUpNow(ctx)
		if err != nil {
			return err
		}
		if removed > 0 {
			a.log.InfoContext(ctx, "removed what has ended", slog.Int64("rows", removed))
		}
	}
	sizes, err := a.db.TableSizes(ctx)
	if err != nil {
		return err
	}
	a.sizes.Store(&sizes)
	return nil
}

// CleanUpNow removes everything that has ended and is no longer kept, in small
// batches, and returns how many rows that were.
func (a *App) CleanUpNow(ctx context.Context) (removed int64, err error) {
	removed, err = sweep(ctx, a.db, endedBefore(a.current.Load().config.Cleanup, a.now()))
	a.removed.Add(removed)
	return removed, err
}

// CleanUp does the same in the database of a configuration, beside its servers.
func CleanUp(ctx context.Context, c *config.Config) (removed int64, err error) {
	db, err := store.Open(ctx, store.Config{DSN: c.DSN.Reveal(), Now: time.Now})
	if err != nil {
		return 0, err
	}
	removed, err = sweep(ctx, db, endedBefore(c.Cleanup, time.Now()))
	return removed, errors.Join(err, db.Close())
}

func sweep(ctx context.Context, db *store.DB, ended store.Ended) (removed int64, err error) {
	for ctx.Err() == nil {
		n, err := db.Cleanup(ctx, ended, cleanupBatch)
		removed += n
		if err != nil || n == 0 {
			return removed, err
		}
	}
	return removed, ctx.Err()
}

// keepChanges is far longer than any node takes to hear of a change, and than their
// clocks differ.
const keepChanges = time.Hour

func endedBefore(c config.Cleanup, now time.Time) store.Ended {
	return store.Ended{
		Flows: now.Add(-c.KeepFlows), Sessions: now.Add(-c.KeepSessions),
		Errors: now.Add(-c.KeepErrors), Messages: now.Add(-c.KeepMessages), Changes: now.Add(-keepChanges),
	}
}

// TableSizes counts the rows of each table. It reads them all.
func (a *App) TableSizes(ctx context.Context) (map[string]int64, error) { return a.db.TableSizes(ctx) }
