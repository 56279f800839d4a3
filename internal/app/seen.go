package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/session"
)

// storeSeenEvery is how often a node stores which sessions it has seen.
const storeSeenEvery = time.Minute

func sessionRules(c *config.Config) session.Rules {
	return session.Rules{Idle: c.Session.IdleTimeout, PerIdentity: c.Session.MaxPerIdentity, ExtendWithin: c.Session.EarliestExtend}
}

// storeSeen stores which sessions were seen, in batches until ctx ends and once after.
func (a *App) storeSeen(ctx context.Context) error {
	ticker := time.NewTicker(storeSeenEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
			defer cancel()
			if err := a.sessions.StoreSeen(last); err != nil {
				a.log.Warn("last use of sessions not stored", slog.Any("error", err))
			}
			return ctx.Err()
		case <-ticker.C:
		}
		if err := a.sessions.StoreSeen(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "last use of sessions not stored, retrying", slog.Any("error", err))
		}
	}
}
