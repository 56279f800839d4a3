package ratelimit

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// maxKeys bounds the counters. Beyond it the least used counters are evicted, so an
// attacker who invents keys evicts only their own.
const maxKeys = 200_000

// Limiter counts attempts by key. A key's window starts with its first attempt
// and ends by itself; so a patient attacker gets the limit once per window, and
// at most twice the limit in any stretch of that length. It is safe for
// concurrent use.
type Limiter struct {
	window time.Duration
	now    func() time.Time
	// hash is a keyed hash of a key. Should two collide they share a counter, which is
	// as improbable as it is harmless.
	hash     func(scope, value string) uint64
	counters *otter.Cache[uint64, *counter]

	mu      sync.Mutex
	replica *replica // nil on a single node
}

// New returns a limiter whose windows are as long as given.
func New(window time.Duration, now func() time.Time) *Limiter {
	seed := maphash.MakeSeed()
	return &Limiter{
		window: window, now: now,
		hash: func(scope, value string) uint64 { return maphash.Comparable(seed, [2]string{scope, value}) },
		counters: otter.Must(&otter.Options[uint64, *counter]{
			MaximumSize: maxKeys,
			// A counter that was not used for a whole window has nothing left to keep.
			ExpiryCalculator: otter.ExpiryAccessing[uint64, *counter](window),
			Clock:            clock(now),
			// Maintenance runs in the goroutine of the caller, which also owns the clock.
			Executor: func(maintain func()) { maintain() },
		}),
	}
}

// clock makes the cache use the limiter's time. It never ticks: expired counters are
// removed when other counters are used.
type clock func() time.Time

func (c clock) NowNano() int64 { return c().UnixNano() }

func (clock) Tick(time.Duration) <-chan time.Time { return nil }

// Key says what an attempt is counted against, and how many attempts it may have in a window.
type Key struct {
	Scope string // keeps equal values of different meaning apart
	Value string
	Limit int // at least 1
}

// Count takes one attempt from each key, or from none if one of them has no
// attempt left; then wait says how long until it has one again. refund gives the
// attempts back after a success; the caller may call it more than once, and late.
func (l *Limiter) Count(keys ...Key) (refund func(), wait time.Duration, ok bool) {
	now := l.now()
	ids := make([]uint64, len(keys))
	for i, k := range keys {
		ids[i] = l.hash(k.Scope, k.Value)
	}
	if wait := l.exhausted(keys, ids, now); wait > 0 {
		return func() {}, wait, false
	}
	charges := make([]charge, 0, len(keys))
	refundAll := func() {
		for _, c := range charges {
			c.counter.refund(c.window)
			l.markChanged(c.id, c.counter)
		}
	}
	for i, k := range keys {
		c := l.counter(ids[i])
		window, wait := c.take(k.Limit, l.window, now)
		if wait > 0 {
			refundAll()
			return func() {}, wait, false
		}
		charges = append(charges, charge{ids[i], c, window})
		l.markChanged(ids[i], c)
	}
	return sync.OnceFunc(refundAll), 0, true
}

// charge is an attempt taken, and the window it was taken from.
type charge struct {
	id      uint64
	counter *counter
	window  time.Time
}

// Wait is how long a key has no attempt left, 0 if it has one. It counts nothing.
func (l *Limiter) Wait(k Key) time.Duration {
	return l.exhausted([]Key{k}, []uint64{l.hash(k.Scope, k.Value)}, l.now())
}

// exhausted looks for a key without attempts left before it makes any counter.
// Otherwise one exhausted address could evict the counters of others by inventing
// identifiers; this way each new counter costs an attempt that was checked.

func (l *Limiter) exhausted(keys []Key, ids []uint64, now time.Time) time.Duration {
	for i, k := range keys {
		if c, ok := l.counters.GetIfPresent(ids[i]); ok {
			if wait := c.wait(k.Limit, l.window, now); wait > 0 {
				return wait
			}
		}
	}
	return 0
}

func (l *Limiter) counter(id uint64) *counter {
	c, _ := l.counters.ComputeIfAbsent(id, func() (*counter, bool) { return &counter{}, false })
	return c
}

// counter is the attempts of one key in its present window.
type counter struct {
	mu       sync.Mutex
	since    time.Time
	count    int
	exported int     // the count of that window that other nodes have
	others   []share // what other nodes counted
}

// take counts an attempt, unless there is something to wait for.
func (c *counter) take(limit int, length time.Duration, now time.Time) (window time.Time, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait := c.remaining(limit, length, now); wait > 0 {
		return c.since, wait
	}
	if now.Sub(c.since) >= length {
		c.count, c.exported = 0, 0
	}
	if c.count == 0 {
		c.since = now
	}
	c.count++
	return c.since, 0
}

func (c *counter) wait(limit int, length time.Duration, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remaining(limit, length, now)
}

// remaining is the time until enough windows have ended for another attempt; 0 if
// there is one now. Each node has its own window.
func (c *counter) remaining(limit int, length time.Duration, now time.Time) (wait time.Duration) {
	if len(c.others) == 0 {
		return remainingOf(c.count, c.since, limit, length, now)
	}
	windows := append([]share{{since: c.since, count: c.count}}, c.others...)
	windows = slices.DeleteFunc(windows, func(s share) bool { return now.Sub(s.since) >= length })
	slices.SortFunc(windows, func(a, b share) int { return a.since.Compare(b.since) })
	total := 0
	for _, w := range windows {
		total += w.count
	}
	for _, w := range windows {
		wait = max(wait, remainingOf(total, w.since, limit, length, now))
		total -= w.count
	}
	return wait
}

func remainingOf(count int, since time.Time, limit int, length time.Duration, now time.Time) time.Duration {
	if count < max(limit, 1) {
		return 0
	}
	return min(length-now.Sub(since), length)
}

// refund returns an attempt to the window it came from. If that window has ended,
// the next one is left alone.
func (c *counter) refund(window time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count > 0 && c.since.Equal(window) {
		c.count--
	}
}
