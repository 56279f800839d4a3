package passhash

import (
	"runtime"
	"syscall"
)

// niceness is how far behind everything else a hash stands for a processor.
const niceness = 3

// yielding runs f on a thread of its own that lets all others go first. A hash
// keeps a processor busy for tens of milliseconds, in which no session check
// should have to wait for it. The thread ends with f: a process without
// privileges can't make it equal to the others again.
func yielding(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		// Where it is not allowed the hash competes as an equal.
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness)
		f()
	}()
	<-done
}
