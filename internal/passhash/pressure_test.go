package passhash_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/passhash"
)

// pressureEnv makes TestPressureInAProcessOfItsOwn do its work.
const pressureEnv = "SYMBOLON_TEST_PRESSURE"

// TestThreeHundredVerificationsAtOnceStayBelowTheMemoryLimit starts this test
// binary again with GOMEMLIMIT, since a limit and a peak belong to a process.
func TestThreeHundredVerificationsAtOnceStayBelowTheMemoryLimit(t *testing.T) {
	t.Parallel()
	if raceDetector {
		t.Skip("the race detector multiplies memory; the run without it measures")
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc/self/status to read memory from")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, "-test.run=^TestPressureInAProcessOfItsOwn$", "-test.v")
	// More processors than the budget has room for, so that the budget is what holds.
	child.Env = append(os.Environ(), pressureEnv+"=1", "GOMEMLIMIT=256MiB", "GOMAXPROCS=8")
	out, err := child.CombinedOutput()
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte("sampled")) {
			t.Logf("%s", bytes.TrimSpace(line))
		}
	}
	if err != nil || !bytes.Contains(out, []byte("sampled")) {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestPressureInAProcessOfItsOwn is run by the test above.
func TestPressureInAProcessOfItsOwn(t *testing.T) { //nolint:paralleltest // it has its process to itself
	if os.Getenv(pressureEnv) == "" {
		t.Skip("only with " + pressureEnv)
	}
	const requests, limit = 300, 256 << 20
	h, err := passhash.New(passhash.Config{Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	hash := mustHash(t, h, "right")
	var group sync.WaitGroup
	for i := range requests {
		group.Go(func() {
			password := [2]string{"right", "wrong"}[i%2]
			if r, err := h.Verify(t.Context(), hash, password); err != nil || r.Match != (password == "right") {
				t.Errorf("%s password: %+v, %v", password, r, err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	samples, highest, running := sample(t, h, done)
	peak := memory(t, "VmHWM:")
	fmt.Printf("sampled %d times: RSS %d MiB at most, %d hashes of %d at once; the kernel's peak is %d MiB of %d, the budget %d\n",
		samples, highest>>20, running, requests, peak>>20, limit>>20, h.Stats().Budget>>20)
	if peak >= limit {
		t.Errorf("the peak of %d bytes is not below the limit of %d", peak, limit)
	}
	if samples < 10 || highest < passhashBytes {
		t.Errorf("%d samples of at most %d bytes saw nothing", samples, highest)
	}
}

// passhashBytes is the memory of one hash with the default parameters.
const passhashBytes = 19 << 20

// sample watches until done is closed.
func sample(t *testing.T, h *passhash.Hasher, done <-chan struct{}) (samples int, highest, running int64) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return samples, highest, running
		case <-tick.C:
			samples++
			highest = max(highest, memory(t, "VmRSS:"))
			s := h.Stats()
			running = max(running, s.Running)
			if s.InUse > s.Budget {
				t.Errorf("%d bytes in use of a budget of %d", s.InUse, s.Budget)
			}
		}
	}
}

// memory reads a line of /proc/self/status, in bytes.
func memory(t *testing.T, name string) int64 {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("/proc/self/status has no %s", name)
	return 0
}
