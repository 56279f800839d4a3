package throttle

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// maxKeys bounds the counters. Above it those go first that are used least, so
// whoever invents keys pushes out what they invented.
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

	mu     sync.Mutex
	shared *shared // nil if there is nobody to tell
}

// New returns a limiter whose windows are as long as given.
func New(window time.Duration, now func() time.Time) *Limiter {
	seed := maphash.MakeSeed()
	return &Limiter{
		window: window, now: now,
		hash: func(scope, value string) uint64 { return maphash.Comparable(seed, [2]string{scope, value}) },
		counters: otter.Must(&otter.Options[uint64, *counter]{
			MaximumSize: maxKeys,
			// A counter that nobody asked for during a window has none to keep.
			ExpiryCalculator: otter.ExpiryAccessing[uint64, *counter](window),
			Clock:            clock(now),
			// In the caller's goroutine, which is also who owns the clock.
			Executor: func(maintain func()) { maintain() },
		}),
	}
}

// clock lets the cache's time be that of the limiter. It has no ticks: expired
// counters are removed while others are charged.
type clock func() time.Time

func (c clock) NowNano() int64 { return c().UnixNano() }

func (clock) Tick(time.Duration) <-chan time.Time { return nil }

// Key is whom to count an attempt against, and how many it may have in a window.
type Key struct {
	Scope string // keeps equal values of different meaning apart
	Value string
	Limit int // at least 1
}

// Charge takes one attempt from each key, or from none if one of them has no
// attempt left; then wait says when it has. refund gives the attempts back, for
// whoever succeeded; it may be called more than once, and late.
func (l *Limiter) Charge(keys ...Key) (refund func(), wait time.Duration, ok bool) {
	now := l.now()
	ids := make([]uint64, len(keys))
	for i, k := range keys {
		ids[i] = l.hash(k.Scope, k.Value)
	}
	if wait := l.refused(keys, ids, now); wait > 0 {
		return func() {}, wait, false
	}
	charges := make([]charge, 0, len(keys))
	giveBack := func() {
		for _, c := range charges {
			c.counter.giveBack(c.window)
			l.changed(c.id, c.counter)
		}
	}
	for i, k := range keys {
		c := l.counter(ids[i])
		window, wait := c.take(k.Limit, l.window, now)
		if wait > 0 {
			giveBack()
			return func() {}, wait, false
		}
		charges = append(charges, charge{ids[i], c, window})
		l.changed(ids[i], c)
	}
	return sync.OnceFunc(giveBack), 0, true
}

// charge is an attempt taken, and the window it was taken from.
type charge struct {
	id      uint64
	counter *counter
	window  time.Time
}

// refused looks for a key without attempts left before any counter is made.
// Else one spent address could push out the counters of others by inventing
// identifiers; now each new counter has cost a judged attempt.
func (l *Limiter) refused(keys []Key, ids []uint64, now time.Time) time.Duration {
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
	mu     sync.Mutex
	since  time.Time
	count  int
	told   int     // what others were told of that window
	others []share // what they counted
}

// take counts an attempt, unless there is something to wait for.
func (c *counter) take(limit int, length time.Duration, now time.Time) (window time.Time, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait := c.left(limit, length, now); wait > 0 {
		return c.since, wait
	}
	if now.Sub(c.since) >= length {
		c.count, c.told = 0, 0
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
	return c.left(limit, length, now)
}

// left is what is left of the windows that have to end before there is an attempt
// again, if all are used. Each node has a window of its own.
func (c *counter) left(limit int, length time.Duration, now time.Time) (wait time.Duration) {
	if len(c.others) == 0 {
		return leftOf(c.count, c.since, limit, length, now)
	}
	windows := append([]share{{since: c.since, count: c.count}}, c.others...)
	windows = slices.DeleteFunc(windows, func(s share) bool { return now.Sub(s.since) >= length })
	slices.SortFunc(windows, func(a, b share) int { return a.since.Compare(b.since) })
	total := 0
	for _, w := range windows {
		total += w.count
	}
	for _, w := range windows {
		wait = max(wait, leftOf(total, w.since, limit, length, now))
		total -= w.count
	}
	return wait
}

func leftOf(count int, since time.Time, limit int, length time.Duration, now time.Time) time.Duration {
	if count < max(limit, 1) {
		return 0
	}
	return min(length-now.Sub(since), length)
}

// giveBack returns an attempt to the window it came from. If that is over, the
// next one owes it nothing.
func (c *counter) giveBack(window time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count > 0 && c.since.Equal(window) {
		c.count--
	}
}
