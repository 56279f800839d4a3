package app

import (
	"fmt"
	"runtime"
	"testing"
)

// The ids that were read are not held in memory, and each is known when it comes again.
func TestTakeover_first(t *testing.T) { //nolint:paralleltest // the memory of others would be measured, too
	used := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	to := &Takeover{}
	defer func() { _ = to.seen.Close() }()
	before := used()
	for again := range 2 {
		for n := range 20_000 >> (7 * again) {
			if first := to.first(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)); first != (again == 0) || to.seen.Err() != nil {
				t.Fatalf("id %d the %dth time: %t, %v", n, again+1, first, to.seen.Err())
			}
		}
	}
	if grown := used() - before; grown > 256<<10 {
		t.Errorf("%d bytes for 20,000 ids", grown)
	}
	runtime.KeepAlive(to)
}
