package nodes

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// duringLoad runs f while people register and sign in at all nodes, and then sees that
// every node knows everybody whose registration was answered.
func duringLoad(t *testing.T, nodes []*node, f func()) {
	t.Helper()
	everybody := &acknowledged{}
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { everybody.load(ctx, t, nodes) })
	f()
	stop()
	group.Wait()
	t.Logf("%d registrations were acknowledged", len(everybody.emails))
	for _, n := range nodes {
		n.await()
		everybody.wantAll(t, n)
	}
}

// wantRevoked sees that a session that is ended at one node is refused by all within a second.
func wantRevoked(t *testing.T, nodes []*node) {
	t.Helper()
	for i, n := range nodes {
		who := person{email: fmt.Sprintf("person-%d@example.org", people.Add(1))}
		var err error
		if who.token, err = n.register(who.email, password); err != nil {
			t.Fatal(err)
		}
		for _, other := range nodes {
			who.wantKnown(t, other)
		}
		got, err := n.ask(http.MethodDelete, n.public+"/sessions", map[string]string{"session_token": who.token})
		if err != nil || got.status != http.StatusNoContent {
			t.Fatalf("sign out at node %d: %d %s, %v", i, got.status, got.body, err)
		}
		time.Sleep(time.Second)
		for k, other := range nodes {
			if status := other.whoami(who.token); status != http.StatusUnauthorized {
				t.Errorf("a second after a sign-out at node %d, node %d answers %d", i, k, status)
			}
		}
	}
}

// short is how long load runs between two events: enough for some dozens of commits.
const short = 2 * time.Second

// cycles is how often a cluster loses a node: once, and more in the long form.
func cycles() int { return max(1, *rounds/10) }

func TestPatroni(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster of databases")
	}
	t.Parallel()
	cluster := databases.Patroni(t, 3)
	nodes := newCluster(t, cluster.DSN(t), 2)
	for range cycles() {
		duringLoad(t, nodes, func() {
			time.Sleep(short)
			cluster.SwitchOver(t)
			time.Sleep(short)
		})
		wantRevoked(t, nodes)
		duringLoad(t, nodes, func() {
			time.Sleep(short)
			cluster.LosePrimary(t)
			time.Sleep(short)
		})
		wantRevoked(t, nodes)
		cluster.Rejoin(t)
	}
}

// Each node of the server has a node of the cluster to itself, and all of them write.
func TestGalera(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster of databases")
	}
	t.Parallel()
	cluster := databases.Galera(t, 3)
	dsn := cluster[0].DSN(t)
	var nodes []*node
	for _, c := range cluster {
		n := newNode(t, c.At(dsn))
		n.start()
		n.await() // one after the other: locks of migrations are those of one node of the cluster
		nodes = append(nodes, n)
	}
	duringLoad(t, nodes, func() { time.Sleep(2 * short) })
	wantRevoked(t, nodes)
	for range cycles() {
		duringLoad(t, nodes[:2], func() {
			time.Sleep(short)
			cluster[2].Kill(t)
			time.Sleep(2 * short)
		})
		if got, err := nodes[2].ask(http.MethodGet, nodes[2].public+"/health/ready", nil); err != nil || got.status != http.StatusServiceUnavailable {
			t.Errorf("the node without its database answers %d, %v; want not ready", got.status, err)
		}
		cluster[2].Restart(t)
		nodes[2].await()
		wantRevoked(t, nodes)
	}
}

// Storage behaves on a node of a cluster as on a server alone.
func TestGaleraStorage(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster of databases")
	}
	t.Parallel()
	cluster := databases.Galera(t, 2)
	storetest.Run(t, func(tb testing.TB) storetest.Store {
		tb.Helper()
		return storetest.OpenDSN(tb, cluster[1].DSN(tb))
	})
}

func TestPatroniStorage(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster of databases")
	}
	t.Parallel()
	cluster := databases.Patroni(t, 2)
	storetest.Run(t, func(tb testing.TB) storetest.Store {
		tb.Helper()
		return storetest.OpenDSN(tb, cluster.DSN(tb))
	})
}
