package throttle

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// maxKeys bounds the counters. Those of keys that are used often stay; an
// attacker who invents keys pushes out the invented ones.
const maxKeys = 200_000

// Limiter counts attempts by key in windows that start with the first attempt.
type Limiter struct {
	window   time.Duration
	now      func() time.Time
	counters *otter.Cache[[sha256.Size]byte, *counter]
}

// counter is the attempts of one key in its present window.
type counter struct {
	sync.Mutex
	since time.Time
	count int
}

// New returns a limiter whose windows are as long as given.
func New(window time.Duration, now func() time.Time) *Limiter {
	return &Limiter{
		window: window, now: now,
		counters: otter.Must(&otter.Options[[sha256.Size]byte, *counter]{MaximumSize: maxKeys}),
	}
}

// Key is whom to count an attempt against, and how many it may have in a window.
type Key struct {
	Scope string // keeps equal values of different meaning apart
	Value string
	Limit int
}

// Charge takes one attempt from each key, or from none if one of them has no
// attempt left; then wait says when it has. refund gives the attempts back. The
// count is taken before anything is judged, so parallel attempts can't share one.
func (l *Limiter) Charge(keys ...Key) (refund func(), wait time.Duration, ok bool) {
	taken := make([]*counter, 0, len(keys))
	refund = func() {
		for _, c := range taken {
			c.giveBack()
		}
	}
	for _, k := range keys {
		c := l.counter(k)
		left, ok := c.take(k.Limit, l.window, l.now())
		if !ok {
			refund()
			return func() {}, left, false
		}
		taken = append(taken, c)
	}
	return refund, 0, true
}

func (l *Limiter) counter(k Key) *counter {
	hash := sha256.Sum256([]byte(k.Scope + "\x00" + k.Value))
	if c, ok := l.counters.GetIfPresent(hash); ok {
		return c
	}
	c, _ := l.counters.SetIfAbsent(hash, &counter{})
	return c
}

func (c *counter) take(limit int, window time.Duration, now time.Time) (wait time.Duration, ok bool) {
	c.Lock()
	defer c.Unlock()
	if now.Sub(c.since) >= window {
		c.since, c.count = now, 0
	}
	if c.count >= limit {
		return window - now.Sub(c.since), false
	}
	c.count++
	return 0, true
}

func (c *counter) giveBack() {
	c.Lock()
	defer c.Unlock()
	c.count = max(c.count-1, 0)
}
