package ratelimit

import (
	"strconv"
	"testing"
	"time"
)

func TestCountersAreBoundedAndGoWithTheirWindow(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := New(time.Minute, func() time.Time { return now })
	for i := range maxKeys + maxKeys/2 {
		l.Count(Key{Scope: "identifier", Value: strconv.Itoa(i), Limit: 1})
	}
	l.counters.CleanUp()
	if n := l.counters.EstimatedSize(); n > maxKeys || n < maxKeys/2 {
		t.Errorf("%d counters are kept, want about %d and no more", n, maxKeys)
	}
	now = now.Add(3 * time.Minute)
	l.Count(Key{Scope: "identifier", Value: "one more", Limit: 1})
	l.counters.CleanUp()
	if n := l.counters.EstimatedSize(); n > 1 {
		t.Errorf("%d counters are left after their window", n)
	}
}
