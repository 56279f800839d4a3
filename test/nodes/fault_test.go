package nodes

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // the server's own

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/test/databases"
)

var rounds = flag.Int("rounds", 10, "times that a server is killed under load")

// acknowledged are the accounts whose registration was answered with success.
type acknowledged struct {
	mu     sync.Mutex
	emails []string
}

func (a *acknowledged) add(email string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.emails = append(a.emails, email)
}

// load registers people and signs them in until ctx ends, at whichever node answers.
func (a *acknowledged) load(ctx context.Context, t testing.TB, nodes []*node) {
	t.Helper()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for ctx.Err() == nil {
				n := oneOf(nodes)
				email := fmt.Sprintf("person-%d@example.org", people.Add(1))
				if _, err := n.register(email, password); err != nil {
					time.Sleep(5 * time.Millisecond)
					continue
				}
				a.add(email)
				_, _ = n.logIn(email, password)
			}
		})
	}
	group.Wait()
}

// wantAll sees that a node knows everybody, each once, and the latest by password.
func (a *acknowledged) wantAll(t *testing.T, n *node) {
	t.Helper()
	if len(a.emails) < *rounds {
		t.Errorf("only %d registrations were answered", len(a.emails))
	}
	lost := 0
	for _, email := range a.emails {
		got, err := n.ask(http.MethodGet, n.admin+"/identities?credentials_identifier="+url.QueryEscape(email), nil)
		var found []json.RawMessage
		if err != nil || json.Unmarshal(got.body, &found) != nil || len(found) != 1 {
			lost++
			t.Logf("%s: %d %.200s, %v", email, got.status, got.body, err)
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged registrations are lost", lost, len(a.emails))
	}
	for _, email := range a.emails[max(0, len(a.emails)-20):] {
		if _, err := n.logIn(email, password); err != nil {
			t.Errorf("%s: %v", email, err)
		}
	}
	t.Logf("%d acknowledged registrations, %d lost", len(a.emails), lost)
}

// untilKilled runs the load while kill is called after some time.
func (a *acknowledged) untilKilled(t *testing.T, nodes []*node, kill func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { a.load(ctx, t, nodes) })
	time.Sleep(time.Duration(100+secret.Below(400)) * time.Millisecond)
	kill()
	stop()
	working.Wait()
}

func TestNothingAcknowledgedIsLostWhenANodeIsKilledOnSQLite(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/symbolon.db"
	n := newNode(t, "sqlite://"+file)
	var all acknowledged
	for range *rounds {
		n.start()
		n.await()
		all.untilKilled(t, []*node{n}, n.kill)
	}
	n.start()
	n.await()
	all.wantAll(t, n)
	n.stop()
	db, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %q, %v", verdict, err)
	}
}

func TestNothingAcknowledgedIsLostWhenNodesAndTheDatabaseAreKilled(t *testing.T) {
	t.Parallel()
	server := databases.Start(t, databases.Postgres)
	nodes := newCluster(t, server.DSN(t), 2)
	var all acknowledged
	for round := range *rounds {
		if round%2 == 0 {
			all.untilKilled(t, nodes, func() { server.Kill(t) })
			server.Restart(t)
		} else {
			victim := oneOf(nodes)
			all.untilKilled(t, nodes, victim.kill)
			victim.start()
		}
		for _, n := range nodes { // without anybody's help
			n.await()
		}
	}
	all.wantAll(t, nodes[0])
}

func TestNothingAcknowledgedIsLostWhenThePrimaryFailsOver(t *testing.T) {
	t.Parallel()
	primary := databases.Start(t, databases.Postgres)
	standby := databases.Standby(t, primary)
	both := strings.Replace(primary.DSN(t), primary.Address(), primary.Address()+","+standby.Address(), 1)
	nodes := newCluster(t, both, 2)
	var all acknowledged
	for len(all.emails) < *rounds {
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		all.load(ctx, t, nodes)
		stop()
	}
	all.untilKilled(t, nodes, func() { primary.Kill(t) })
	standby.Promote(t)
	for _, n := range nodes { // without anybody's help
		n.await()
	}
	all.wantAll(t, nodes[0])
	newToken(t, nodes[1])
}

func TestARollingRestartUnderLoadFailsNoRequest(t *testing.T) {
	t.Parallel()
	nodes := newCluster(t, databases.DSN(t, databases.Postgres), 3)
	done, again := underLoad(t, nodes, func() {
		for _, n := range nodes {
			n.stop()
			n.start()
			n.await()
		}
	})
	if done == 0 || again == 0 {
		t.Errorf("the restart was not noticed: %d visits, %d of them again", done, again)
	}
}

// underLoad does something while people visit all nodes, none of whom may be refused.
// Who finds a node gone asks another one; it returns how many were served, and how many
// had to ask again.
func underLoad(t *testing.T, nodes []*node, do func()) (done, again int) {
	t.Helper()
	token := newToken(t, nodes[0])
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var working sync.WaitGroup
	var counts [4]struct{ done, again int }
	for i := range counts {
		working.Go(func() {
			for ctx.Err() == nil {
				n := oneOf(nodes)
				switch err := visit(n, token); {
				case errors.Is(err, errRefused):
					t.Error(err)
				case err != nil: // no connection: another node takes it
					counts[i].again++
				default:
					counts[i].done++
				}
			}
		})
	}
	do()
	stop()
	working.Wait()
	for _, c := range counts {
		done, again = done+c.done, again+c.again
	}
	t.Logf("%d visits, %d of them at another node", done, again)
	return done, again
}

// visit is what a browser and an app do: check a session, and sign up.
func visit(n *node, token string) error {
	got, err := n.ask(http.MethodGet, n.public+"/sessions/whoami", nil, token)
	if err != nil {
		return err
	}
	if got.status != http.StatusOK {
		return fmt.Errorf("%w: whoami answers %d %s", errRefused, got.status, got.body)
	}
	_, err = n.register(fmt.Sprintf("person-%d@example.org", people.Add(1)), password)
	return err
}
