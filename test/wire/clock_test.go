package wire

import (
	"sync"
	"time"
)

// clock is the time of one run. It stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

// newClock starts at the hour the recording was made, so that its dates and those of a run have the same look.
func newClock() *clock {
	return &clock{at: time.Date(2026, time.November, 23, 2, 43, 5, 123456789, time.UTC)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
