package passhash

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

const mib = 1 << 20

// hold enters and fails the test if that is not possible at once.
func hold(t *testing.T, g *gate, need int64) (release func()) {
	t.Helper()
	release, err := g.enter(t.Context(), need, false)
	if err != nil {
		t.Fatal(err)
	}
	return release
}

func TestNoMoreRunThanTheBudgetHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(64*mib, time.Minute, 16)
		for range 10 {
			go func() {
				release := hold(t, g, 19*mib)
				time.Sleep(time.Second)
				release()
			}()
		}
		synctest.Wait()
		if got, want := g.stats(), (Stats{Running: 3, Waiting: 7, InUse: 57 * mib, Budget: 64 * mib, Total: 3}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		time.Sleep(time.Minute)
		if got, want := g.stats(), (Stats{Budget: 64 * mib, Total: 10}); got != want {
			t.Errorf("after all: %+v, want %+v", got, want)
		}
	})
}

func TestNoMoreRunThanThereAreProcessors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1024*mib, time.Minute, 2)
		for range 10 {
			go func() {
				release := hold(t, g, 1)
				time.Sleep(time.Second)
				release()
			}()
		}
		synctest.Wait()
		if got := g.stats(); got.Running != 2 || got.Waiting != 8 || got.InUse != 2 {
			t.Errorf("%+v, want 2 running with 2 bytes, and 8 waiting", got)
		}
		time.Sleep(time.Minute)
	})
}

func TestAHashLargerThanTheBudgetRunsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(64*mib, time.Minute, 4)
		var order []string
		run := func(name string, need int64) {
			go func() {
				release := hold(t, g, need)
				order = append(order, name)
				if name == "large" && g.stats().Running != 1 {
					t.Errorf("%d run beside the large one", g.stats().Running-1)
				}
				time.Sleep(time.Second)
				release()
			}()
			synctest.Wait()
		}
		run("before", 16*mib)
		run("large", 4096*mib)
		run("after", 16*mib) // would fit beside the first, and waits its turn
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"before", "large", "after"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}

func TestWhoeverWaitedTooLongIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(64*mib, 10*time.Second, 1)
		defer hold(t, g, 64*mib)()
		start := time.Now()
		_, err := g.enter(t.Context(), mib, false)
		busy, ok := errors.AsType[*Busy](err)
		if !ok || busy.RetryAfter < time.Second || time.Since(start) != 10*time.Second {
			t.Errorf("after %v: %v; want Busy after 10s", time.Since(start), err)
		}
		if g.stats().Waiting != 0 {
			t.Error("a caller that gave up still counts as waiting")
		}
	})
}

func TestADeadlineOfTheirOwnEndsTheWaitEarlier(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(64*mib, 10*time.Second, 1)
		defer hold(t, g, 64*mib)()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := g.enter(ctx, mib, false)
		if _, ok := errors.AsType[*Busy](err); !ok || time.Since(start) != time.Second {
			t.Errorf("after %v: %v; want Busy after 1s", time.Since(start), err)
		}
	})
}

func TestWhoeverLeavesTheQueueBlocksNobodyBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(64*mib, time.Minute, 4)
		release := hold(t, g, 32*mib)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := g.enter(ctx, 64*mib, false) // waits for everything
			left <- err
		}()
		synctest.Wait()
		entered := make(chan func())
		go func() { entered <- hold(t, g, 16*mib) }()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v, want context.Canceled", err)
		}
		(<-entered)()
		release()
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(64*mib, time.Minute, 1)
		release := hold(t, g, 64*mib)
		ctx, cancel := context.WithCancel(t.Context())
		for range queuePerProcessor {
			go func() { _, _ = g.enter(ctx, mib, false) }()
		}
		synctest.Wait()
		start := time.Now()
		_, err := g.enter(t.Context(), mib, false)
		if _, ok := errors.AsType[*Busy](err); !ok || time.Since(start) != 0 {
			t.Errorf("with a full queue: %v after %v; want Busy at once", err, time.Since(start))
		}
		cancel()
		synctest.Wait()
		release()
		hold(t, g, 64*mib)()
	})
}

// Time would be an unsteady measure; the parameters decide it.
func TestNothingCostsWhatAPasswordCosts(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Argon2: Argon2{MemoryKiB: 128, Iterations: 3, Parallelism: 2, SaltLength: 20, KeyLength: 24}, Budget: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := h.Hash(t.Context(), "password")
	if err != nil {
		t.Fatal(err)
	}
	actual, err := h.read(hash)
	if err != nil {
		t.Fatal(err)
	}
	dummy, err := h.read(h.dummy)
	if err != nil {
		t.Fatal(err)
	}
	if len(dummy.salt) != len(actual.salt) || len(dummy.key) != len(actual.key) {
		t.Errorf("salt and key of nothing have %d and %d bytes, of a password %d and %d",
			len(dummy.salt), len(dummy.key), len(actual.salt), len(actual.key))
	}
	dummy.salt, dummy.key = actual.salt, actual.key
	if !reflect.DeepEqual(dummy, actual) {
		t.Errorf("nothing costs %+v, a password %+v", dummy, actual)
	}
}

func TestNothingWaitsAtTheGateAsAPasswordDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, err := New(Config{Argon2: Argon2{MemoryKiB: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}, Budget: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer hold(t, h.gate, 1<<20)()
		_, verified := h.Verify(t.Context(), h.dummy, "password")
		start := time.Now()
		nothing := h.VerifyNothing(t.Context(), "password")
		for name, err := range map[string]error{"a password": verified, "nothing": nothing} {
			if _, ok := errors.AsType[*Busy](err); !ok {
				t.Errorf("%s at a gate that is shut: %v, want Busy", name, err)
			}
		}
		if waited := time.Since(start); waited != DefaultWait {
			t.Errorf("nothing waited %v, want %v", waited, DefaultWait)
		}
	})
}

// One login with an expensive imported hash must not stop the others (D3).
func TestGateHeavyHashLeavesHalfOfTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(64*mib, 5*time.Second, 2)
		for range 3 {
			go func() {
				release, err := g.enter(t.Context(), 1024*mib, true)
				if err != nil {
					return // the third waits too long
				}
				time.Sleep(4 * time.Second)
				release()
			}()
		}
		synctest.Wait()
		if got := g.stats(); got.Running != 1 || got.Waiting != 2 {
			t.Errorf("%+v, want one heavy hash running", got)
		}
		for range 10 {
			hold(t, g, 19*mib)()
		}
		time.Sleep(time.Minute)
		hold(t, g, 64*mib)()
	})
}

func TestHasher_Processors(t *testing.T) {
	t.Parallel()
	for processors, want := range map[int]int64{1: 64 * mib, 4: 16 * mib} {
		h, err := New(Config{Argon2: Argon2{MemoryKiB: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}, Budget: 64 * mib, Processors: processors})
		if err != nil {
			t.Fatal(err)
		}
		if h.gate.share != want {
			t.Errorf("with %d processors a hash counts %d bytes of the budget, want %d", processors, h.gate.share, want)
		}
	}
}
