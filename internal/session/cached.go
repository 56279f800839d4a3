package session

import (
	"maps"
	"sync/atomic"
)

// Cached is a checked session, shared between requests and therefore read-only.
type Cached struct {
	*Session

	seen      atomic.Int64 // when it was last noted that the session was seen, Unix nanoseconds
	read      uint64       // the cache's count before the session was read
	rendered  atomic.Pointer[map[string][]byte]
	available atomic.Pointer[map[string]AAL]
}

// Rendered returns what render made of the session for a wire, calling it at most
// a few times in the life of the cache entry. render must depend on the session
// alone.
func (c *Cached) Rendered(wire string, render func(*Session) ([]byte, error)) ([]byte, error) {
	return remembered(&c.rendered, wire, func() ([]byte, error) { return render(c.Session) })
}

// Available returns the level that count found the identity can reach with a kind
// of client. It is kept as long as the entry is: a change of the identity, of its
// credentials or of the configuration drops the entry.
func (c *Cached) Available(client string, count func(*Session) (AAL, error)) (AAL, error) {
	return remembered(&c.available, client, func() (AAL, error) { return count(c.Session) })
}

// remembered returns the value of a key, made once. Of two that make it at the same
// time one may be made again.
func remembered[V any](in *atomic.Pointer[map[string]V], key string, made func() (V, error)) (V, error) {
	old := in.Load()
	if old != nil {
		if value, ok := (*old)[key]; ok {
			return value, nil
		}
	}
	value, err := made()
	if err != nil {
		return value, err
	}
	next := map[string]V{key: value}
	if old != nil {
		maps.Copy(next, *old)
	}
	in.CompareAndSwap(old, &next)
	return value, nil
}
