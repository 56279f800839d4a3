package app

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"
)

// settleAfter is how long after the listeners were opened the start counts as over.
const settleAfter = time.Second

// releaseStart gives back once what only the start needed: garbage of the configuration,
// the schemas and the migrations, and the pages of the program that ran meanwhile.
func (a *App) releaseStart(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(settleAfter):
		debug.FreeOSMemory()
		if err := unmapProgram(); err != nil {
			a.log.DebugContext(ctx, "the pages of the program stay mapped", slog.Any("error", err))
		}
	}
}
