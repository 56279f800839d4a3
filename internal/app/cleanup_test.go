package app

import (
	"testing"
	"time"
)

func TestABatchOfCleanUpIsAsLargeAsItsTimeAllows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size int
		took time.Duration
		want int
	}{
		{size: cleanupBatch, took: time.Millisecond, want: cleanupBatch},
		{size: cleanupBatch, took: cleanupPace, want: cleanupBatch},
		{size: cleanupBatch, took: cleanupPace + 1, want: cleanupBatch / 2},
		{size: leastBatch + 1, took: time.Minute, want: leastBatch},
		{size: leastBatch, took: cleanupFast, want: leastBatch},
		{size: 100, took: cleanupFast - 1, want: 200},
		{size: cleanupBatch - 1, took: 0, want: cleanupBatch},
	} {
		if got := nextBatch(c.size, c.took); got != c.want {
			t.Errorf("after %d rows in %v: %d, want %d", c.size, c.took, got, c.want)
		}
	}
}
