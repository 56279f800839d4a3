package ratelimit_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/ratelimit"
)

func TestAThousandParallelAttemptsGetTheLimitAndNoMore(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(time.Minute, func() time.Time { return time.Unix(0, 0) })
	var allowed atomic.Int32
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			if _, _, ok := l.Count(ratelimit.Key{Scope: "identity", Value: "a", Limit: 10}); ok {
				allowed.Add(1)
			}
		})
	}
	group.Wait()
	if n := allowed.Load(); n != 10 {
		t.Errorf("%d of 1,000 parallel attempts were let through, want 10", n)
	}
}

func TestARefundGivesTheAttemptBack(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(time.Minute, func() time.Time { return time.Unix(0, 0) })
	key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 1}
	for i := range 5 {
		refund, _, ok := l.Count(key)
		if !ok {
			t.Fatalf("attempt %d was refused although every one before was refunded", i)
		}
		refund()
	}
}

func TestAWindowEndsAfterItsLengthAndNotBefore(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := ratelimit.New(10*time.Minute, func() time.Time { return now })
	key := ratelimit.Key{Scope: "address", Value: "192.0.2.1", Limit: 1}
	l.Count(key)
	now = now.Add(4 * time.Minute)
	_, wait, ok := l.Count(key)
	if ok || wait != 6*time.Minute {
		t.Errorf("after 4 of 10 minutes: let through %v, wait %v; want refused, 6m", ok, wait)
	}
	now = now.Add(wait)
	if _, _, ok := l.Count(key); !ok {
		t.Error("the window has ended and the attempt was refused")
	}
}

func TestOneSpentKeyTakesNothingFromTheOthers(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(time.Minute, func() time.Time { return time.Unix(0, 0) })
	spent := ratelimit.Key{Scope: "identity", Value: "a", Limit: 1}
	other := ratelimit.Key{Scope: "address", Value: "192.0.2.1", Limit: 3}
	l.Count(spent)
	for range 20 {
		l.Count(other, spent)
	}
	if _, _, ok := l.Count(other); !ok {
		t.Error("refused attempts were counted against the other key")
	}
}

func TestARefundIsGivenOnceAndToItsOwnWindow(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := ratelimit.New(time.Minute, func() time.Time { return now })
	key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 2}
	slow, _, _ := l.Count(key)
	quick, _, _ := l.Count(key)
	quick()
	quick()
	if _, _, ok := l.Count(key); !ok {
		t.Error("refunded once, and there is no attempt left")
	}
	if _, _, ok := l.Count(key); ok {
		t.Error("a refund made twice gave two attempts")
	}
	now = now.Add(time.Minute)
	l.Count(key)
	l.Count(key)
	slow() // of the window before
	if _, _, ok := l.Count(key); ok {
		t.Error("a refund of the last window gave an attempt in this one")
	}
}

func TestSuccessesNeverCountHoweverManyRunAtOnce(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(time.Minute, func() time.Time { return time.Unix(0, 0) })
	key := ratelimit.Key{Scope: "address", Value: "192.0.2.1", Limit: 5}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for range 100 {
				if refund, _, ok := l.Count(key); ok {
					refund()
				}
			}
		})
	}
	group.Wait()
	for i := range 5 {
		if _, _, ok := l.Count(key); !ok {
			t.Fatalf("after nothing but successes, failure %d of 5 was refused", i+1)
		}
	}
}

func TestAClockThatGoesBackKeepsNobodyLongerThanAWindow(t *testing.T) {
	t.Parallel()
	now := time.Unix(10_000, 0)
	l := ratelimit.New(time.Minute, func() time.Time { return now })
	key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 1}
	l.Count(key)
	now = now.Add(-time.Hour)
	if _, wait, ok := l.Count(key); ok || wait > time.Minute {
		t.Errorf("let through %v, wait %v; want refused, at most a minute", ok, wait)
	}
}

func TestASpentAddressCannotPushOutTheCountersOfOthers(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(time.Hour, func() time.Time { return time.Unix(0, 0) })
	victim := ratelimit.Key{Scope: "identity", Value: "victim", Limit: 1}
	address := ratelimit.Key{Scope: "address", Value: "192.0.2.1", Limit: 100}
	l.Count(victim)
	for i := range 500_000 {
		l.Count(ratelimit.Key{Scope: "identifier", Value: strconv.Itoa(i), Limit: 10}, address)
	}
	if _, _, ok := l.Count(victim); ok {
		t.Error("half a million invented identifiers from one address gave the victim's guesses back")
	}
}

func TestEqualValuesOfDifferentScopeAreCountedApart(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(time.Minute, func() time.Time { return time.Unix(0, 0) })
	for _, scope := range []string{"identity", "identifier", "address"} {
		if _, _, ok := l.Count(ratelimit.Key{Scope: scope, Value: "same", Limit: 1}); !ok {
			t.Errorf("the first attempt of scope %s was refused", scope)
		}
	}
}

func BenchmarkCharge(b *testing.B) {
	benchmarkCharge(b, ratelimit.New(time.Minute, time.Now))
}

// benchmarkCharge charges one of many keys at a time, and gives the attempt back.
func benchmarkCharge(b *testing.B, l *ratelimit.Limiter) {
	b.Helper()
	keys := make([]ratelimit.Key, 1024)
	for i := range keys {
		keys[i] = ratelimit.Key{Scope: "identifier", Value: strconv.Itoa(i), Limit: 1 << 30}
	}
	for i := 0; b.Loop(); i++ {
		refund, _, _ := l.Count(keys[i%len(keys)])
		refund()
	}
}
