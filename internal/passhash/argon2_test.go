package passhash

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func poolSpec(memoryKiB uint32) spec {
	return spec{algorithm: argon2id, memoryKiB: memoryKiB, iterations: 1, parallelism: 1, salt: []byte("saltsaltsaltsalt")}
}

func mustPoolKey(t *testing.T, p *argon2Pool, s spec) string {
	t.Helper()
	key, err := p.key(t.Context(), s, "password", 32)
	if err != nil {
		t.Fatal(err)
	}
	return string(key)
}

func TestArgon2Pool(t *testing.T) {
	t.Parallel()
	t.Run("both implementations agree", func(t *testing.T) {
		t.Parallel()
		for _, algorithm := range []string{argon2id, argon2i} {
			s := poolSpec(1 << 10)
			s.algorithm, s.iterations, s.parallelism = algorithm, 3, 2
			ours, theirs := mustPoolKey(t, &argon2Pool{budget: 1 << 20}, s), mustPoolKey(t, &argon2Pool{external: true}, s)
			if ours != theirs {
				t.Errorf("%s: %x and %x", algorithm, ours, theirs)
			}
		}
	})
	t.Run("takes the smallest that is large enough", func(t *testing.T) {
		t.Parallel()
		p := &argon2Pool{budget: 1 << 20}
		large, small := p.take(64), p.take(16)
		p.give(large)
		p.give(small)
		if got := p.take(10); got != small {
			t.Errorf("took %d blocks", len(got.memory))
		}
		if got := p.take(17); got != large {
			t.Errorf("took %d blocks", len(got.memory))
		}
		if p.bytes != 80<<10 {
			t.Errorf("holds %d bytes", p.bytes)
		}
	})
	t.Run("takes that used last of those of a size", func(t *testing.T) {
		t.Parallel()
		p := &argon2Pool{budget: 1 << 20}
		first, last := p.take(16), p.take(16)
		p.give(first)
		p.give(last)
		if got := p.take(16); got != last {
			t.Error("took what was idle for longer")
		}
	})
	t.Run("drops idle memory that a larger hash needs", func(t *testing.T) {
		t.Parallel()
		p := &argon2Pool{budget: 100 << 10}
		a, b := p.take(30), p.take(40)
		p.give(a)
		p.give(b)
		p.take(50)
		if len(p.idle) != 1 || p.idle[0] != b || p.bytes != 90<<10 {
			t.Errorf("%d idle, %d bytes", len(p.idle), p.bytes)
		}
	})
	t.Run("keeps nothing above its budget", func(t *testing.T) {
		t.Parallel()
		p := &argon2Pool{budget: 10 << 10}
		p.give(p.take(11))
		if len(p.idle) != 0 || p.bytes != 0 {
			t.Errorf("%d idle, %d bytes", len(p.idle), p.bytes)
		}
	})
	t.Run("ends with the request", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p := &argon2Pool{budget: 1 << 20}
		if _, err := p.key(ctx, poolSpec(64), "password", 32); !errors.Is(err, context.Canceled) {
			t.Errorf("key() = %v", err)
		}
		if len(p.idle) != 1 {
			t.Error("the memory is lost")
		}
	})
}

func TestArgon2Pool_freesMemoryAfterAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var released atomic.Int32
		p := &argon2Pool{budget: 1 << 20, release: func() { released.Add(1) }}
		w := p.take(16)
		p.give(w)
		time.Sleep(keepMemory - time.Second)
		if got := p.take(16); got != w {
			t.Fatal("the memory was freed too early")
		}
		time.Sleep(2 * time.Second) // past the first expiry, which take stopped
		p.give(w)
		time.Sleep(keepMemory - time.Second)
		if p.count() != 1 {
			t.Fatal("the memory was freed too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if p.count() != 0 || p.held() != 0 {
			t.Errorf("%d idle, %d bytes", p.count(), p.held())
		}
		if released.Load() != 1 {
			t.Errorf("memory was given back %d times", released.Load())
		}
	})
}

// Memory is given back once the last of it is dropped, not for each hash.
func TestArgon2Pool_givesBackTheLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var released atomic.Int32
		p := &argon2Pool{budget: 1 << 20, release: func() { released.Add(1) }}
		first, second := p.take(16), p.take(16)
		p.give(first)
		time.Sleep(keepMemory / 2)
		p.give(second)
		time.Sleep(keepMemory/2 + time.Second)
		synctest.Wait()
		if p.count() != 1 || released.Load() != 0 {
			t.Errorf("%d idle, given back %d times", p.count(), released.Load())
		}
		time.Sleep(keepMemory / 2)
		synctest.Wait()
		if p.count() != 0 || released.Load() != 1 {
			t.Errorf("%d idle, given back %d times", p.count(), released.Load())
		}
	})
}

// count and held read what the timer of the pool changes.
func (p *argon2Pool) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

func (p *argon2Pool) held() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}
