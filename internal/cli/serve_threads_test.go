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
	if got := runtime.GOMAXPROCS(0); got != 2*before {
		t.Errorf("%d threads for %d processors", got, before)
	}
	undo()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d threads afterwards, want %d", got, before)
	}
}
