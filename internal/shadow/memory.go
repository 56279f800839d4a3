package shadow

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
)

// memory is how many bytes may still be kept of requests and answers. It is safe for
// concurrent use.
type memory struct{ left atomic.Int64 }

func newMemory(limit int64) *memory {
	m := &memory{}
	m.left.Store(limit)
	return m
}

// take reports whether there is room for n bytes, which are taken then.
func (m *memory) take(n int) bool {
	if m.left.Add(int64(-n)) >= 0 {
		return true
	}
	m.give(n)
	return false
}

func (m *memory) give(n int) { m.left.Add(int64(n)) }

// capture keeps the body that passes through, unless it is too long or memory is short. The
// transport may still read a request after its answer has arrived.
type capture struct {
	memory *memory
	mu     sync.Mutex
	kept   []byte
	cut    bool // it is not whole
	over   bool // nothing is kept any more
}

// Write implements io.Writer. It never fails: what is too long is cut.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
	case len(c.kept)+len(p) > maxBody || !c.memory.take(len(p)):
		c.memory.give(len(c.kept))
		c.kept, c.cut, c.over = nil, true, true
	default:
		c.kept = append(c.kept, p...)
	}
	return len(p), nil
}

// end returns what passed through, whose bytes the caller gives back; false if it was cut.
func (c *capture) end() ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	return slices.Clip(c.kept), !c.cut
}

func sizeOf(all ...http.Header) int {
	size := 0
	for _, header := range all {
		for name, values := range header {
			size += len(name)
			for _, value := range values {
				size += len(value)
			}
		}
	}
	return size
}
