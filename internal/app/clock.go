package app

import (
	"context"
	"log/slog"
	"time"
)

// clockEvery is how often, in polls, a node compares its clock with that of the database
// server: about once a minute.
const clockEvery = int(time.Minute / pollEvery)

// clockWatch warns when the clock of this node is wrong. Leases are corrected for it, but
// sessions, links and flows expire by the clock of the node that is asked.
type clockWatch struct {
	app    *App
	polls  int
	warned bool
}

func (c *clockWatch) check(ctx context.Context) {
	c.polls++
	if c.polls%clockEvery != 1 {
		return
	}
	offset, err := c.app.db.MeasureClock(ctx)
	if err != nil {
		return // polling logs that the database is unavailable
	}
	c.app.clockOffset.Store(int64(offset))
	switch {
	case offset != 0 && !c.warned:
		c.app.log.WarnContext(ctx, "the clock of this node differs from that of the database server; synchronise both with NTP",
			slog.Duration("behind", offset))
	case offset == 0 && c.warned:
		c.app.log.InfoContext(ctx, "the clock of this node agrees with that of the database server again")
	}
	c.warned = offset != 0
}
