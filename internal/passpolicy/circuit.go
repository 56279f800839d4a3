package passpolicy

import (
	"sync"
	"time"
)

// When a service is left alone, and for how long.
const (
	failuresToPause = 3 // in a row
	pause           = 30 * time.Second
)

// circuit keeps requests from a service that fails. After the pause one request
// tries again, and its outcome decides for all.
type circuit struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	retryAt  time.Time // of the next request, while the service fails
}

// allows reports whether the service may be asked now. A caller that is allowed must
// report the outcome.
func (c *circuit) allows() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures < failuresToPause {
		return true
	}
	now := c.now()
	if now.Before(c.retryAt) {
		return false
	}
	c.retryAt = now.Add(pause) // for all but this one
	return true
}

// report notes an outcome and tells whether it makes requests pause.
func (c *circuit) report(err error) (paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.failures = 0
		return false
	}
	c.failures++
	c.retryAt = c.now().Add(pause)
	return c.failures >= failuresToPause
}
