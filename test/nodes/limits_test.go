package nodes

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/test/databases"
)

// newLimitedNode is a node that counts failed attempts.
func newLimitedNode(t *testing.T, dsn string) *node {
	t.Helper()
	n := newNode(t, dsn)
	for i, entry := range n.env {
		if strings.HasPrefix(entry, "SECURITY_LIMITS_ENABLED=") {
			n.env[i] = "SECURITY_LIMITS_ENABLED=true"
		}
	}
	n.start()
	return n
}

// limited reports whether a node holds a guess back, rather than judging it.
func limited(t *testing.T, n *node) bool {
	t.Helper()
	_, err := n.logIn("jane@example.org", "not her umbrella")
	if !errors.Is(err, errRefused) {
		t.Fatalf("a wrong password is answered %v", err)
	}
	return strings.Contains(err.Error(), " 429 ")
}

// heldWithin is how long a node lets guesses through, at most ten seconds.
func heldWithin(t *testing.T, n *node) time.Duration {
	t.Helper()
	began := time.Now()
	for time.Since(began) < 10*time.Second && !limited(t, n) {
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(began)
}

func TestGuessesOnOneNodeCountOnAll(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := databases.DSN(t, name)
			nodes := []*node{newLimitedNode(t, dsn), newLimitedNode(t, dsn), newLimitedNode(t, dsn)}
			for _, n := range nodes {
				n.await()
			}
			if _, err := nodes[0].register("jane@example.org", password); err != nil {
				t.Fatal(err)
			}
			guesses := 0
			for ; guesses < 50 && !limited(t, nodes[0]); guesses++ {
			}
			if guesses == 0 || guesses == 50 {
				t.Fatalf("one node lets %d guesses through", guesses)
			}
			time.Sleep(2 * seen) // a node that has not heard would judge the next guess
			for i, n := range nodes[1:] {
				if !limited(t, n) {
					t.Errorf("%d guesses were made on node 0 two seconds ago, and node %d judges another", guesses, i+1)
				}
			}
			nodes[2].stop()
			nodes[2].start()
			nodes[2].await()
			if took := heldWithin(t, nodes[2]); took > 2*seen {
				t.Errorf("a node that was restarted let guesses through for %v", took)
			}
		})
	}
}
