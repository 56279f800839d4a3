package passhash

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// queuePerProcessor bounds who may wait. A hash with the default parameters
// takes some 20 ms, so whoever stood further back would wait longer than
// DefaultWait; they are told so at once.
const queuePerProcessor = 512

// Busy says that a hash had to wait too long.
type Busy struct{ RetryAfter time.Duration }

func (e *Busy) Error() string { return "no memory was free for a password hash in time" }

// gate lets hashes in while their memory fits the budget and a processor is
// free for each, in the order of their arrival.
type gate struct {
	budget int64
	share  int64 // the least that a hash counts, so that no more run than there are processors
	queue  int64
	wait   time.Duration
	free   *semaphore.Weighted

	running, waiting, inUse atomic.Int64
}

func newGate(budget int64, wait time.Duration, processors int) *gate {
	return &gate{
		budget: budget, share: max(budget/int64(processors), 1), queue: int64(processors) * queuePerProcessor,
		wait: wait, free: semaphore.NewWeighted(budget),
	}
}

// enter waits for the memory. A hash that needs more than the whole budget
// runs alone.
func (g *gate) enter(ctx context.Context, need int64) (release func(), err error) {
	weight := min(max(need, g.share), g.budget)
	if err := g.acquire(ctx, weight); err != nil {
		return nil, err
	}
	g.running.Add(1)
	g.inUse.Add(need)
	return func() {
		g.running.Add(-1)
		g.inUse.Add(-need)
		g.free.Release(weight)
	}, nil
}

func (g *gate) acquire(ctx context.Context, weight int64) error {
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return &Busy{RetryAfter: g.wait}
	}
	waiting, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	if g.free.Acquire(waiting, weight) == nil {
		return nil
	}
	// Whoever has gone needs no advice. A deadline of theirs that passed while
	// they waited is as good as ours.
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &Busy{RetryAfter: max(g.wait/2, time.Second)}
}

// Stats is a moment's view of the gate.
type Stats struct {
	Running int64 // hashes being computed
	Waiting int64 // requests in the queue
	InUse   int64 // bytes of those being computed
	Budget  int64 // bytes
}

func (g *gate) stats() Stats {
	return Stats{Running: g.running.Load(), Waiting: g.waiting.Load(), InUse: g.inUse.Load(), Budget: g.budget}
}
