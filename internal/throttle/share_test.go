package throttle_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"symbolon/internal/throttle"
)

// nodes are limiters that hear of each other.
type nodes struct {
	t   *testing.T
	all []*throttle.Limiter
	log []string // all notes so far
}

func newNodes(t *testing.T, count int) *nodes {
	t.Helper()
	n := &nodes{t: t}
	for i := range count {
		n.all = append(n.all, throttle.NewShared(time.Minute, time.Now, "node"+strconv.Itoa(i), []byte("the key of all")))
	}
	return n
}

// settle lets the nodes tell each other what is due, and returns the notes.
func (n *nodes) settle() (notes []string) {
	n.t.Helper()
	for range 2 { // the first call is too soon for what was just charged
		for _, l := range n.all {
			err := l.Tell(100, func(told []string) error { notes = append(notes, told...); return nil })
			if err != nil {
				n.t.Fatal(err)
			}
		}
	}
	n.hear(notes)
	n.log = append(n.log, notes...)
	return notes
}

func (n *nodes) hear(notes []string) {
	for _, l := range n.all {
		for _, note := range notes {
			l.Heard(note)
		}
	}
}

func (n *nodes) fail(node int, key throttle.Key) bool {
	_, _, ok := n.all[node].Charge(key)
	return ok
}

func TestNodesShareALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, 3)
		key := throttle.Key{Scope: "identity", Value: "a", Limit: 10}
		for i := range 10 {
			if !n.fail(i%3, key) {
				t.Fatalf("failure %d of 10 was refused", i+1)
			}
			n.settle()
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

func TestNotesMayBeHeardAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, 2)
		key := throttle.Key{Scope: "identity", Value: "a", Limit: 4}
		for range 3 {
			n.fail(0, key)
			n.settle()
		}
		for range 5 {
			n.hear(n.log)
		}
		if !n.fail(1, key) {
			t.Error("3 failures of 4 were heard of several times and count more than once")
		}
		n.settle()
		if n.fail(0, key) || n.fail(1, key) {
			t.Error("there were 4 failures of 4, and another attempt was let through")
		}
	})
}

func TestANodeThatStartsAgainLearnsFromTheNotes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, 1)
		key := throttle.Key{Scope: "identity", Value: "a", Limit: 2}
		n.fail(0, key)
		n.fail(0, key)
		n.settle()
		time.Sleep(20 * time.Second)
		n.all = []*throttle.Limiter{throttle.NewShared(time.Minute, time.Now, "reborn", []byte("the key of all"))}
		n.hear(n.log)
		_, wait, ok := n.all[0].Charge(key)
		if ok || wait <= 39*time.Second || wait > 40*time.Second {
			t.Errorf("after a restart 20 s into the minute: let through %v, wait %v; want refused, 40 s", ok, wait)
		}
		time.Sleep(wait)
		if !n.fail(0, key) {
			t.Error("the window of the node before has ended and the attempt was refused")
		}
	})
}

func TestSuccessesAreNotTold(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 2)
	for range 50 {
		refund, _, _ := n.all[0].Charge(throttle.Key{Scope: "address", Value: "192.0.2.1", Limit: 5})
		refund()
	}
	if notes := n.settle(); len(notes) > 0 {
		t.Errorf("nobody failed, and the others were told %v", notes)
	}
}

func TestALateRefundIsToldToo(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 2)
	key := throttle.Key{Scope: "address", Value: "192.0.2.1", Limit: 1}
	refund, _, _ := n.all[0].Charge(key)
	n.settle()
	if n.fail(1, key) {
		t.Error("the other node does not know of the attempt")
	}
	refund()
	n.settle()
	if !n.fail(1, key) {
		t.Error("the attempt succeeded after all, and the other node still counts it")
	}
}

func TestAFloodOfFailuresIsAFewNotesOfWhatNobodyCanRead(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 1)
	for i := range 5000 {
		n.fail(0, throttle.Key{Scope: "identifier", Value: strconv.Itoa(i) + "@example.org", Limit: 10})
		n.fail(0, throttle.Key{Scope: "address", Value: "192.0.2.1", Limit: 1 << 20})
	}
	told := map[string]bool{}
	for range 60 {
		for _, note := range n.settle() {
			told[note] = true
			if len(note) > 64 || !strings.HasPrefix(note, throttle.NotePrefix) || strings.Contains(note, "192.0.2.1") || strings.Contains(note, "@") {
				t.Fatalf("note %q", note)
			}
		}
	}
	if len(told) != 5001 {
		t.Errorf("10,000 failures of 5,001 keys made %d different notes", len(told))
	}
}

func TestWhatCouldNotBeAnnouncedIsToldLater(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 2)
	key := throttle.Key{Scope: "identity", Value: "a", Limit: 1}
	n.fail(0, key)
	for range 3 {
		_ = n.all[0].Tell(10, func([]string) error { return errors.New("no database") })
	}
	if notes := n.settle(); len(notes) != 1 {
		t.Errorf("%d notes after the database came back, want 1", len(notes))
	}
	if n.fail(1, key) {
		t.Error("the failure was never told")
	}
}

func TestWhatIsNoNoteIsPassedOver(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 1)
	for _, note := range []string{"", "tries.", "tries.a.b.c", "tries.!.b.c.d", "tries.a.b.c.-1", "tries.a.b.c.zzzzzzzzzzzzzzz", "6e0d5b0c-1111-4222-8333-444455556666"} {
		n.all[0].Heard(note)
	}
	throttle.New(time.Minute, time.Now).Heard("tries.a.b.c.1")
}

func BenchmarkChargeShared(b *testing.B) {
	benchmarkCharge(b, throttle.NewShared(time.Minute, time.Now, "node", make([]byte, 32)))
}
