package ratelimit_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/symbolon/symbolon/internal/ratelimit"
)

// nodes are limiters that read the notes of each other.
type nodes struct {
	t   *testing.T
	all []*ratelimit.Limiter
	log []written // all notes so far
}

// written is a note and when it was written.
type written struct {
	text string
	at   time.Time
}

func newNodes(t *testing.T, count int) *nodes {
	t.Helper()
	n := &nodes{t: t}
	for i := range count {
		n.all = append(n.all, ratelimit.NewShared(time.Minute, time.Now, "node"+strconv.Itoa(i), []byte("the key of all")))
	}
	return n
}

// exchange passes the notes that are due between the nodes, and returns the notes.
func (n *nodes) exchange() (notes []string) {
	n.t.Helper()
	for range 2 { // the first call is too soon for what was just charged
		for _, l := range n.all {
			err := l.Export(100, func(told []string) error { notes = append(notes, told...); return nil })
			if err != nil {
				n.t.Fatal(err)
			}
		}
	}
	fresh := len(n.log)
	for _, note := range notes {
		n.log = append(n.log, written{note, time.Now()})
	}
	n.read(n.log[fresh:])
	return notes
}

func (n *nodes) read(notes []written) {
	for _, l := range n.all {
		for _, note := range notes {
			l.Import(note.text, time.Since(note.at))
		}
	}
}

func (n *nodes) fail(node int, key ratelimit.Key) bool {
	_, _, ok := n.all[node].Count(key)
	return ok
}

func TestNodesShareALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, 3)
		key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 10}
		for i := range 10 {
			if !n.fail(i%3, key) {
				t.Fatalf("failure %d of 10 was refused", i+1)
			}
			n.exchange()
		}
		for i := range n.all {
			if n.fail(i, key) {
				t.Errorf("after 10 failures on three nodes, node %d lets another attempt through", i)
			}
		}
		time.Sleep(time.Minute)
		if !n.fail(0, key) {
			t.Error("the windows of all nodes have ended and the attempt was refused")
		}
	})
}

func TestImportSameNoteTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, 2)
		key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 4}
		for range 3 {
			n.fail(0, key)
			n.exchange()
		}
		for range 5 {
			n.read(n.log)
		}
		if !n.fail(1, key) {
			t.Error("notes of 3 failures of 4 were read several times and count more than once")
		}
		n.exchange()
		if n.fail(0, key) || n.fail(1, key) {
			t.Error("there were 4 failures of 4, and another attempt was let through")
		}
	})
}

func TestImportAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, 1)
		key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 2}
		n.fail(0, key)
		n.fail(0, key)
		n.exchange()
		time.Sleep(20 * time.Second)
		n.all = []*ratelimit.Limiter{ratelimit.NewShared(time.Minute, time.Now, "restarted", []byte("the key of all"))}
		n.read(n.log)
		_, wait, ok := n.all[0].Count(key)
		if ok || wait <= 38*time.Second || wait > 40*time.Second {
			t.Errorf("after a restart 20 s into the minute: let through %v, wait %v; want refused, 39 to 40 s", ok, wait)
		}
		time.Sleep(wait)
		if !n.fail(0, key) {
			t.Error("the window of the node before has ended and the attempt was refused")
		}
	})
}

func TestExportLeavesOutSuccesses(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 2)
	for range 50 {
		refund, _, _ := n.all[0].Count(ratelimit.Key{Scope: "address", Value: "192.0.2.1", Limit: 5})
		refund()
	}
	if notes := n.exchange(); len(notes) > 0 {
		t.Errorf("no attempt failed, and the notes are %v", notes)
	}
}

func TestExportLateRefund(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 2)
	key := ratelimit.Key{Scope: "address", Value: "192.0.2.1", Limit: 1}
	refund, _, _ := n.all[0].Count(key)
	n.exchange()
	if n.fail(1, key) {
		t.Error("the other node does not know of the attempt")
	}
	refund()
	n.exchange()
	if !n.fail(1, key) {
		t.Error("the attempt succeeded after all, and the other node still counts it")
	}
}

func TestExportFloodOfFailures(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 1)
	for i := range 5000 {
		n.fail(0, ratelimit.Key{Scope: "identifier", Value: strconv.Itoa(i) + "@example.org", Limit: 10})
		n.fail(0, ratelimit.Key{Scope: "address", Value: "192.0.2.1", Limit: 1 << 20})
	}
	told := map[string]bool{}
	for range 60 {
		for _, note := range n.exchange() {
			told[note] = true
			if len(note) > 64 || !strings.HasPrefix(note, ratelimit.NotePrefix) || strings.Contains(note, "192.0.2.1") || strings.Contains(note, "@") {
				t.Fatalf("note %q", note)
			}
		}
	}
	if len(told) != 5001 {
		t.Errorf("10,000 failures of 5,001 keys made %d different notes", len(told))
	}
}

func TestExportRetriesAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 2)
	key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 1}
	n.fail(0, key)
	for range 3 {
		_ = n.all[0].Export(10, func([]string) error { return errors.New("no database") })
	}
	if notes := n.exchange(); len(notes) != 1 {
		t.Errorf("%d notes after the database came back, want 1", len(notes))
	}
	if n.fail(1, key) {
		t.Error("the failure was never exported")
	}
}

// A clock that is ahead or behind must neither lengthen a lock-out nor hide failures (D6).
func TestImportSkewedClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-2 * time.Hour, -5 * time.Minute, 5 * time.Minute, 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 10}
			skewed := func() time.Time { return time.Now().Add(skew) }
			n := &nodes{t: t, all: []*ratelimit.Limiter{
				ratelimit.NewShared(time.Minute, skewed, "skewed", []byte("the key of all")),
				ratelimit.NewShared(time.Minute, time.Now, "right", []byte("the key of all")),
			}}
			for range 10 {
				n.fail(0, key)
			}
			n.exchange()
			time.Sleep(10 * time.Second)
			_, wait, ok := n.all[1].Count(key)
			if ok || wait <= 45*time.Second || wait > 50*time.Second {
				t.Errorf("clock off by %s: 10 s after 10 failures of 10: let through %v, wait %v; want refused, about 50 s", skew, ok, wait)
			}
			time.Sleep(wait)
			if !n.fail(1, key) {
				t.Errorf("clock off by %s: the window has ended and the attempt was refused", skew)
			}
		})
	}
}

// Nodes of release 0.4 write the start of the window by their own clock.
func TestImportNoteOfEarlierRelease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, 1)
		key := ratelimit.Key{Scope: "identity", Value: "a", Limit: 1}
		n.fail(0, key)
		parts := strings.Split(n.exchange()[0], ".")
		other := ratelimit.NewShared(time.Minute, time.Now, "other", []byte("the key of all"))
		ahead := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 36)
		other.Import(strings.Join([]string{"tries", parts[1], "old", ahead, "1"}, "."), 0)
		_, wait, ok := other.Count(key)
		if ok || wait > time.Minute {
			t.Errorf("let through %v, wait %v; want refused for at most a minute", ok, wait)
		}
		time.Sleep(time.Minute)
		if _, _, ok := other.Count(key); !ok {
			t.Error("a clock that is ahead makes the lock-out longer")
		}
	})
}

func TestImportSkipsWhatIsNotANote(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 1)
	for _, note := range []string{"", "tries.", "tries.a.b.c", "tries.!.b.c.d", "tries.a.b.c.-1", "tries.a.b.c.zzzzzzzzzzzzzzz", "6e0d5b0c-1111-4222-8333-444455556666"} {
		n.all[0].Import(note, 0)
	}
	ratelimit.New(time.Minute, time.Now).Import("tries.a.b.c.1", 0)
}

func BenchmarkChargeShared(b *testing.B) {
	benchmarkCharge(b, ratelimit.NewShared(time.Minute, time.Now, "node", make([]byte, 32)))
}
