package nodes

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

var revocations = flag.Int("revocations", 500, "sessions to revoke on one node and check on the others")

// seen is within what time all nodes refuse a session that one of them ended:
// docs/databases.md promises it.
const seen = time.Second

const password = "a lighthouse keeper's umbrella"

// newSessions makes sessions of one person, without hashing a password for each.
func newSessions(t testing.TB, dsn string, count int) []string {
	t.Helper()
	db := storetest.OpenDSN(t, dsn)
	i, credentials := storetest.NewIdentity("many@example.org")
	if err := db.CreateIdentity(t.Context(), i, credentials); err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for range count {
		s, token := storetest.NewSession(i.ID)
		s.IssuedAt, s.AuthenticatedAt, s.ExpiresAt = time.Now(), time.Now(), time.Now().Add(time.Hour)
		if err := db.CreateSession(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	return tokens
}

func TestWhatIsDoneOnOneNodeIsSeenByAll(t *testing.T) {
	t.Parallel()
	for _, name := range append(databases.Servers(), databases.PgBouncer) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes := newCluster(t, databases.DSN(t, name), 3)
			token, err := nodes[0].register("jane@example.org", password)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range nodes {
				if got := n.whoami(token); got != http.StatusOK {
					t.Errorf("after the registration elsewhere, whoami answers %d", got)
				}
			}
			again, err := nodes[1].logIn("jane@example.org", password)
			if err != nil {
				t.Fatal(err)
			}
			revoke(t, nodes[2], token)
			for _, n := range nodes {
				if took := refusedAfter(n, token); took > seen {
					t.Errorf("a session that was ended elsewhere was good for %v", took)
				}
				if got := n.whoami(again); got != http.StatusOK {
					t.Errorf("another session is answered %d", got)
				}
			}
		})
	}
}

func revoke(t testing.TB, n *node, token string) {
	t.Helper()
	got, err := n.ask(http.MethodDelete, n.public+"/sessions", map[string]string{"session_token": token})
	if err != nil || got.status != http.StatusNoContent {
		t.Errorf("revoke: %d %s, %v", got.status, got.body, err)
	}
}

// refusedAfter is how long a node goes on to take a session for good, and a minute if it
// does so for longer.
func refusedAfter(n *node, token string) time.Duration {
	began := time.Now()
	for time.Since(began) < 10*time.Second {
		asked := time.Since(began)
		if n.whoami(token) == http.StatusUnauthorized {
			return asked
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Minute
}

func TestManyRevocationsUnderLoadAreSeenInTime(t *testing.T) {
	t.Parallel()
	dsn := databases.DSN(t, databases.Postgres)
	nodes := newCluster(t, dsn, 3)
	tokens := newSessions(t, dsn, *revocations+50)
	kept, doomed := tokens[:50], tokens[50:]
	over := make(chan struct{})
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if got := oneOf(nodes).whoami(oneOf(kept)); got != http.StatusOK {
					t.Errorf("a session that was not ended is answered %d", got)
				}
			}
		})
	}
	var longest atomic.Int64
	var work sync.WaitGroup
	next := make(chan string)
	for range 16 {
		work.Go(func() {
			for token := range next {
				for _, n := range nodes { // they all know it now
					if got := n.whoami(token); got != http.StatusOK {
						t.Errorf("before its end a session is answered %d", got)
					}
				}
				at := int(secret.Below(3))
				revoke(t, nodes[at], token)
				ended := time.Now()
				for i := range nodes {
					refusedAfter(nodes[(at+i)%3], token)
					took := int64(time.Since(ended))
					for old := longest.Load(); took > old && !longest.CompareAndSwap(old, took); old = longest.Load() {
					}
				}
				for _, n := range nodes {
					if got := n.whoami(token); got != http.StatusUnauthorized {
						t.Errorf("once refused, a session is answered %d", got)
					}
				}
			}
		})
	}
	for _, token := range doomed {
		next <- token
	}
	close(next)
	work.Wait()
	close(over)
	load.Wait()
	t.Logf("%d revocations, the last node refused at most %v later", len(doomed), time.Duration(longest.Load()))
	if longest.Load() > int64(seen) {
		t.Errorf("that is more than %v", seen)
	}
}

// wire is a way to a server that can be cut.
type wire struct {
	address string
	cut     atomic.Bool
}

// newWire forwards connections to an address while it is whole. What comes while it is
// cut waits, as it does where packets get lost.
func newWire(t testing.TB, to string) *wire {
	t.Helper()
	w := &wire{}
	w.address = databases.Relay(t, to, func() databases.Judge {
		return func([]byte, bool) databases.Fate {
			for w.cut.Load() {
				time.Sleep(time.Millisecond)
			}
			return databases.Passed
		}
	})
	return w
}

func TestANodeThatCanNotHearNeverGivesAStaleYes(t *testing.T) {
	t.Parallel()
	dsn := databases.DSN(t, databases.Postgres)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.address
	hearing := newCluster(t, dsn, 1)[0]
	deaf := newCluster(t, u.String(), 1)[0]
	tokens := newSessions(t, dsn, 20)
	for _, token := range tokens {
		if got := deaf.whoami(token); got != http.StatusOK {
			t.Fatalf("before the cut: %d", got)
		}
	}
	w.cut.Store(true)
	for _, token := range tokens {
		revoke(t, hearing, token)
	}
	time.Sleep(seen) // what is promised
	var checks sync.WaitGroup
	for _, token := range tokens {
		checks.Go(func() {
			if got := deaf.whoami(token); got == http.StatusOK {
				t.Error("a node that hears nothing took a session for good")
			}
		})
	}
	checks.Wait()
	w.cut.Store(false)
	for _, token := range tokens {
		if took := refusedAfter(deaf, token); took > 9*time.Second {
			t.Error("the node does not come back")
		}
	}
	fresh := newToken(t, deaf)
	if got := deaf.whoami(fresh); got != http.StatusOK {
		t.Errorf("after the cut a new session is answered %d", got)
	}
}

var people atomic.Int64

func newToken(t testing.TB, n *node) string {
	t.Helper()
	token, err := n.register(fmt.Sprintf("person-%d@example.org", people.Add(1)), password)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
