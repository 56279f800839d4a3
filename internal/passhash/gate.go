package passhash

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// maxWaiting bounds the queue. Whoever comes later is told so at once: their
// turn would not come within the wait.
const maxWaiting = 4096

// Busy says that a hash had to wait too long.
type Busy struct{ RetryAfter time.Duration }

func (e *Busy) Error() string { return "no memory was free for a password hash in time" }

// gate lets hashes in while their memory fits the budget and a processor is
// free for each, in the order of their arrival.
type gate struct {
	budget int64
	share  int64 // the least that a hash counts, so that no more run than there are processors
	wait   time.Duration
	free   *semaphore.Weighted

	running, waiting, inUse atomic.Int64
}

func newGate(budget int64, wait time.Duration, processors int) *gate {
	return &gate{
		budget: budget, share: max(budget/int64(processors), 1), wait: wait,
		free: semaphore.NewWeighted(budget),
	}
}

// enter waits for the memory. A hash that needs more than the whole budget
// runs alone.
func (g *gate) enter(ctx context.Context, need int64) (release func(), err error) {
	weight := min(max(need, g.share), g.budget)
	if g.waiting.Add(1) > maxWaiting {
		g.waiting.Add(-1)
		return nil, &Busy{RetryAfter: g.wait}
	}
	waiting, cancel := context.WithTimeout(ctx, g.wait)
	err = g.free.Acquire(waiting, weight)
	cancel()
	g.waiting.Add(-1)
	if err != nil {
		// The caller may have gone: then that is what happened.
		if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, ctx.Err()
		}
		return nil, &Busy{RetryAfter: max(g.wait/2, time.Second)}
	}
	g.running.Add(1)
	g.inUse.Add(need)
	return func() {
		g.running.Add(-1)
		g.inUse.Add(-need)
		g.free.Release(weight)
	}, nil
}

// Stats is a moment's view of the gate.
type Stats struct {
	Running int64
	Waiting int64
	InUse   int64 // bytes
	Budget  int64 // bytes
}

func (g *gate) stats() Stats {
	return Stats{Running: g.running.Load(), Waiting: g.waiting.Load(), InUse: g.inUse.Load(), Budget: g.budget}
}
