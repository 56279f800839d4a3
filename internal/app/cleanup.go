package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store"
)

// A batch is so many rows of one table that removing them takes some milliseconds:
// at most cleanupBatch, and fewer where the last batch took longer than cleanupPace.
const (
	cleanupBatch = 500
	leastBatch   = 10
	cleanupPace  = 20 * time.Millisecond
	cleanupFast  = cleanupPace / 4 // after a batch faster than that, the next one is larger
)

// cleanUp removes expired rows at the configured interval until ctx ends.
func (a *App) cleanUp(ctx context.Context) error {
	begun := false // the pass over the identities that an earlier release may have saved
	for {
		if !begun {
			err := a.db.BeginFill(ctx)
			if begun = err == nil; !begun && ctx.Err() == nil {
				a.log.WarnContext(ctx, "identities are not entered into the search yet, retrying later", slog.Any("error", err))
			}
		}
		every := a.current.Load().config.Cleanup.Interval
		if every <= 0 {
			every = time.Minute // check again whether it has been enabled
		} else if err := a.cleanUpOnce(ctx, every); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "clean-up failed, retrying later", slog.Any("error", err))
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

// cleanUpOnce removes expired rows, unless another node holds the lease, and counts the
// rows that are left.
func (a *App) cleanUpOnce(ctx context.Context, every time.Duration) error {
	// A little less than the interval, so that the lease has expired at the next one.
	acquired, err := a.db.AcquireLease(ctx, store.LeaseCleanup, a.now(), a.now().Add(every*9/10))
	if err != nil {
		return err
	}
	if acquired {
		removed, err := a.CleanUpNow(ctx)
		if err != nil {
			return err
		}
		if err := a.db.CheckpointEvents(ctx); err != nil {
			return err
		}
		if removed > 0 {
			a.log.InfoContext(ctx, "expired rows removed", slog.Int64("rows", removed))
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
	now := a.current.Load()
	removed, longest, err := sweep(ctx, a.db, endedBefore(now.config.Cleanup, a.now()))
	if err == nil {
		var deleted int64
		deleted, err = deleteClosed(ctx, now.identities)
		removed += deleted
	}
	if err == nil {
		err = fillIdentities(ctx, a.db, a.log)
	}
	if err == nil {
		err = indexSearch(ctx, a.db)
	}
	a.removed.Add(removed)
	a.longestBatch.Store(int64(max(longest, time.Duration(a.longestBatch.Load()))))
	return removed, err
}

// CleanUp does the same in the database of a configuration, beside its servers.
func CleanUp(ctx context.Context, c *config.Config) (removed int64, err error) {
	if err := ensureSecrets(c, store.FileOf(c.DSN.Reveal())); err != nil {
		return 0, err
	}
	keys, err := eventKeys(c)
	if err != nil {
		return 0, err
	}
	db, err := store.Open(ctx, store.Config{DSN: c.DSN.Reveal(), Now: time.Now})
	if err != nil {
		return 0, err
	}
	db.SealEvents(keys)
	removed, _, err = sweep(ctx, db, endedBefore(c.Cleanup, time.Now()))
	if err == nil {
		var deleted int64
		// The servers beside this command learn of it from the database.
		unheard := func(context.Context, string) {}
		deleted, err = deleteClosed(ctx, identity.New(db, nil, unheard, time.Now))
		removed += deleted
	}
	// A node of an earlier release may have saved identities since this command ran last.
	if err == nil {
		err = db.BeginFill(ctx)
	}
	for done := false; err == nil && !done; {
		_, done, err = db.FillIdentities(ctx, fillBatch)
	}
	if err == nil {
		err = indexSearch(ctx, db)
	}
	return removed, errors.Join(err, db.Close())
}

// fillBatch is how many identities are entered at a time, which takes some milliseconds, and
// fillMost how many in one clean-up, so that expired rows don't wait for long.
const (
	fillBatch = 20
	fillMost  = 50_000
)

// fillIdentities enters the identities that an earlier release saved.
func fillIdentities(ctx context.Context, db *store.DB, log *slog.Logger) error {
	entered, done := 0, false
	for !done && entered < fillMost && ctx.Err() == nil {
		n, end, err := db.FillIdentities(ctx, fillBatch)
		if err != nil {
			return err
		}
		entered, done = entered+n, end
	}
	if entered > 0 {
		log.InfoContext(ctx, "identities of an earlier release entered into the search", slog.Int("identities", entered), slog.Bool("all", done))
	}
	return ctx.Err()
}

// indexBatch is how many texts are entered into the index of the search at a time, which
// takes some milliseconds.
const indexBatch = 20

// indexSearch brings the index of the search up to date.
func indexSearch(ctx context.Context, db *store.DB) error {
	for ctx.Err() == nil {
		if n, err := db.IndexSearch(ctx, indexBatch); err != nil || n == 0 {
			return err
		}
	}
	return ctx.Err()
}

// deleteClosed deletes the accounts that their owners have closed, once the grace period
// is over.
func deleteClosed(ctx context.Context, identities *identity.Service) (deleted int64, err error) {
	for ctx.Err() == nil {
		n, err := identities.DeleteDue(ctx, leastBatch)
		if deleted += n; err != nil || n == 0 {
			return deleted, err
		}
	}
	return deleted, ctx.Err()
}

// sweep removes batch after batch, and returns how long the slowest took.
func sweep(ctx context.Context, db *store.DB, ended store.Ended) (removed int64, longest time.Duration, err error) {
	for size := cleanupBatch; ctx.Err() == nil; {
		n, took, err := db.Cleanup(ctx, ended, size)
		removed, longest = removed+n, max(longest, took)
		if err != nil || n == 0 {
			return removed, longest, err
		}
		size = nextBatch(size, took)
	}
	return removed, longest, ctx.Err()
}

// nextBatch is how many rows to remove at a time after so many took so long.
func nextBatch(size int, took time.Duration) int {
	switch {
	case took > cleanupPace:
		return max(size/2, leastBatch)
	case took < cleanupFast:
		return min(2*size, cleanupBatch)
	}
	return size
}

// keepChanges is far longer than a node takes to read a change, and than the clocks of
// nodes may differ.
const keepChanges = time.Hour

func endedBefore(c config.Cleanup, now time.Time) store.Ended {
	var events time.Time // keeps all
	if c.KeepEvents > 0 {
		events = now.Add(-c.KeepEvents)
	}
	return store.Ended{
		Events: events,
		Flows:  now.Add(-c.KeepFlows), Sessions: now.Add(-c.KeepSessions),
		Errors: now.Add(-c.KeepErrors), Messages: now.Add(-c.KeepMessages), Changes: now.Add(-keepChanges), SignOuts: now,
	}
}

// TableSizes counts the rows of each table. It reads them all.
func (a *App) TableSizes(ctx context.Context) (map[string]int64, error) { return a.db.TableSizes(ctx) }
