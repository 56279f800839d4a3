package cli

import (
	"runtime"
	"testing"
)

func TestShareProcessors(t *testing.T) { //nolint:paralleltest // it changes the process
	before := runtime.GOMAXPROCS(0)
	undo := shareProcessors(&env{Environ: []string{"GOMAXPROCS=3"}})
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d threads in place of the operator's %d", got, before)
	}
	undo()
	undo = shareProcessors(&env{Environ: []string{"GOGC=100"}})
	want := 2 * before
	if before < runtime.NumCPU() { // under a quota
		want = before
	}
	if got := runtime.GOMAXPROCS(0); got != want {
		t.Errorf("%d threads for %d processors, want %d", got, before, want)
	}
	undo()
	runtime.GOMAXPROCS(max(1, runtime.NumCPU()-1))
	few := runtime.GOMAXPROCS(0)
	undo = shareProcessors(&env{})
	if got := runtime.GOMAXPROCS(0); got != few && few < runtime.NumCPU() {
		t.Errorf("%d threads where a quota leaves %d", got, few)
	}
	undo()
	runtime.GOMAXPROCS(before)
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d threads afterwards, want %d", got, before)
	}
}
