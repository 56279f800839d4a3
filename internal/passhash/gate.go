package passhash

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// queuePerProcessor bounds the queue. A hash with the default parameters takes some
// 20 ms, so a request further back would wait longer than DefaultWait; it is refused at
// once.
const queuePerProcessor = 512

// Busy says that a hash had to wait too long.
type Busy struct{ RetryAfter time.Duration }

func (e *Busy) Error() string { return "no memory was free for a password hash in time" }

// gate admits hashes while their memory fits the budget and a processor is free for
// each, in the order of their arrival. Heavy hashes, which only imports bring, are
// admitted one at a time and count half of the budget at most, so that logins with
// ordinary hashes go on beside them.
type gate struct {
	budget int64
	share  int64 // the least that a hash counts, so that no more run than there are processors
	queue  int64
	wait   time.Duration
	free   *semaphore.Weighted
	heavy  *semaphore.Weighted // one heavy hash at a time

	running, waiting, inUse, total atomic.Int64
}

func newGate(budget int64, wait time.Duration, processors int) *gate {
	return &gate{
		budget: budget, share: max(budget/int64(processors), 1), queue: int64(processors) * queuePerProcessor,
		wait: wait, free: semaphore.NewWeighted(budget), heavy: semaphore.NewWeighted(1),
	}
}

// enter waits for the memory. An ordinary hash that needs the whole budget runs alone.
func (g *gate) enter(ctx context.Context, need int64, heavy bool) (release func(), err error) {
	weight := min(max(need, g.share), g.budget)
	if heavy {
		weight = min(weight, max(g.budget/2, 1))
		if err := g.acquire(ctx, g.heavy, 1); err != nil {
			return nil, err
		}
	}
	leave := func() {
		if heavy {
			g.heavy.Release(1)
		}
	}
	if err := g.acquire(ctx, g.free, weight); err != nil {
		leave()
		return nil, err
	}
	g.running.Add(1)
	g.total.Add(1)
	g.inUse.Add(need)
	return func() {
		g.running.Add(-1)
		g.inUse.Add(-need)
		g.free.Release(weight)
		leave()
	}, nil
}

func (g *gate) acquire(ctx context.Context, from *semaphore.Weighted, weight int64) error {
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return &Busy{RetryAfter: g.wait}
	}
	waiting, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	if from.Acquire(waiting, weight) == nil {
		return nil
	}
	// A client that disconnected needs no answer. If its own deadline passed while it
	// waited, the answer is the same as for ours.
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
	Total   int64 // hashes that were begun since the hasher was made
}

func (g *gate) stats() Stats {
	return Stats{Running: g.running.Load(), Waiting: g.waiting.Load(), InUse: g.inUse.Load(), Budget: g.budget, Total: g.total.Load()}
}
