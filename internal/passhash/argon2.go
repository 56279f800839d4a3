package passhash

import (
	"context"
	"sync"
	"time"

	xargon2 "golang.org/x/crypto/argon2"

	"github.com/symbolon/symbolon/internal/argon2"
)

// keepMemory is how long memory that no hash uses is kept for the next one.
const keepMemory = time.Minute

// argon2Pool computes Argon2 in memory that it keeps from one hash to the next: taking
// and clearing it each time cost more than the computation (docs/adr/0014-argon2.md).
// The memory in use and the memory it keeps never exceed the budget, unless one hash alone does.
// It is safe for concurrent use.
type argon2Pool struct {
	budget   int64
	external bool // golang.org/x/crypto computes, without the pool
	// release gives memory that was dropped back to the system; nil leaves that to the
	// garbage collection.
	release func()

	mu    sync.Mutex
	idle  []*workspace // by age, the last used last
	bytes int64        // of all workspaces, idle or not
}

// workspace is what one hash needs.
type workspace struct {
	hasher *argon2.Hasher
	memory []argon2.Block
	expiry *time.Timer
}

func (w *workspace) bytes() int64 { return int64(len(w.memory)) << 10 }

// key computes the key of length bytes that s names. The error is that of ctx, or says
// that the parameters are impossible.
func (p *argon2Pool) key(ctx context.Context, s spec, password string, length int) ([]byte, error) {
	if s.version == 0 {
		s.version = argon2.Version13
	}
	if p.external && s.version == argon2.Version13 && s.algorithm != argon2d && s.data == nil {
		key := xargon2.IDKey
		if s.algorithm == argon2i {
			key = xargon2.Key
		}
		return key([]byte(password), s.salt, s.iterations, s.memoryKiB, uint8(s.parallelism), uint32(length)), nil
	}
	params := argon2.Params{
		Variant: variants[s.algorithm], Version: s.version,
		Time: s.iterations, Memory: s.memoryKiB, Lanes: s.parallelism,
	}
	w := p.take(params.Blocks())
	defer p.give(w)
	key := make([]byte, length)
	err := w.hasher.Key(ctx, key, argon2.Input{Password: []byte(password), Salt: s.salt, Data: s.data}, params, w.memory)
	return key, err
}

// variants are the algorithms of Argon2, as hashes name them.
var variants = map[string]argon2.Variant{argon2id: argon2.ID, argon2i: argon2.I, argon2d: argon2.D}

// take returns the smallest idle workspace that is large enough, or a new one. Of those of a
// size it is the one used last: it is still in the caches, and the others can expire.
func (p *argon2Pool) take(blocks int) *workspace {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, w := range p.idle {
		if len(w.memory) >= blocks && (best < 0 || len(w.memory) <= len(p.idle[best].memory)) {
			best = i
		}
	}
	if best >= 0 {
		return p.remove(best)
	}
	need := int64(blocks) << 10
	for len(p.idle) > 0 && p.bytes+need > p.budget {
		p.bytes -= p.remove(0).bytes()
	}
	p.bytes += need
	return &workspace{hasher: argon2.New(), memory: newMemory(blocks)}
}

func (p *argon2Pool) remove(i int) *workspace {
	w := p.idle[i]
	p.idle = append(p.idle[:i], p.idle[i+1:]...)
	w.expiry.Stop()
	return w
}

// give keeps a workspace for the next hash, for a while.
func (p *argon2Pool) give(w *workspace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes > p.budget { // it was larger than the budget, and ran alone
		p.bytes -= w.bytes()
		return
	}
	w.expiry = time.AfterFunc(keepMemory, func() { p.expire(w) })
	p.idle = append(p.idle, w)
}

// expire drops a workspace that was idle for keepMemory. The garbage
// collector may not run for long on a node without sign-ins, so expire gives the last one back at once.
func (p *argon2Pool) expire(w *workspace) {
	if p.drop(w) && p.release != nil {
		p.release()
	}
}

// drop reports whether the workspace was the last one.
func (p *argon2Pool) drop(w *workspace) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, idle := range p.idle {
		if idle == w {
			p.bytes -= p.remove(i).bytes()
			return p.bytes == 0
		}
	}
	return false
}
