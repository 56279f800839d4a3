package session

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// stripes is how many invalidation marks there are. Two identities that share
// one cost each other a database read, nothing more.
const stripes = 1 << 14

// cache maps token hashes to live sessions, bounded in entries.
//
// Nothing is searched on invalidation. Every entry remembers the count of
// invalidations at the moment before it was read from the database; every
// invalidation takes the next count and leaves it as the mark of its identity
// or token. An entry is good while it is younger than both of its marks, so one
// that was read before a commit and put in after it is never served.
type cache struct {
	entries *otter.Cache[string, *Cached]
	seed    maphash.Seed
	count   atomic.Uint64
	all     atomic.Uint64 // the mark of all identities
	marks   [stripes]atomic.Uint64
}

func newCache(size int) *cache {
	return &cache{
		entries: otter.Must(&otter.Options[string, *Cached]{MaximumSize: size}),
		seed:    maphash.MakeSeed(),
	}
}

// now is the count to remember before reading what will be put.
func (c *cache) now() uint64 { return c.count.Load() }

func (c *cache) get(tokenHash string) (*Cached, bool) {
	live, ok := c.entries.GetIfPresent(tokenHash)
	if !ok {
		return nil, false
	}
	if c.all.Load() > live.read || c.mark(tokenHash).Load() > live.read || c.mark(live.IdentityID).Load() > live.read {
		c.entries.Invalidate(tokenHash)
		return nil, false
	}
	return live, true
}

func (c *cache) put(live *Cached) { c.entries.Set(live.TokenHash, live) }

// dropAll makes every entry unusable, also those that are being read.
func (c *cache) dropAll() {
	raise(&c.all, c.count.Add(1))
	c.entries.InvalidateAll()
}

// drop makes every entry of the token hash or identity id unusable.
func (c *cache) drop(key string) {
	raise(c.mark(key), c.count.Add(1))
}

// raise sets a mark, unless it is higher already.
func raise(mark *atomic.Uint64, to uint64) {
	for {
		old := mark.Load()
		if old >= to || mark.CompareAndSwap(old, to) {
			return
		}
	}
}

func (c *cache) mark(key string) *atomic.Uint64 {
	return &c.marks[maphash.String(c.seed, key)%stripes]
}
