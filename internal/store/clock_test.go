package store_test

import (
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// Nodes whose clocks differ must not take each other's messages or leases (D6).
func TestLeasesUnderSkewedClocks(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(e empty) {
		t, dsn := e.t, e.dsn
		storetest.OpenDSN(t, dsn)
		type node struct {
			db  *store.DB
			now func() time.Time
		}
		nodes := map[string]node{}
		for name, skew := range map[string]time.Duration{"right": 0, "ahead": 5 * time.Minute, "behind": -5 * time.Minute} {
			now := func() time.Time { return time.Now().Add(skew) }
			db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			offset, err := db.MeasureClock(t.Context())
			if err != nil || (offset+skew).Abs() > 2*time.Second {
				t.Errorf("%s: offset %v, %v; want %v", name, offset, err, -skew)
			}
			nodes[name] = node{db, now}
		}
		for name, n := range nodes {
			m := &courier.Stored{ID: secret.NewOrderedID(), Status: courier.Queued, NextTry: n.now(), CreatedAt: n.now()}
			if err := n.db.CreateMessage(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			claimed := 0
			for _, other := range []string{"right", "behind", "ahead"} {
				o := nodes[other]
				got, err := o.db.ClaimMessages(t.Context(), other, o.now().Add(3*time.Second), o.now().Add(time.Minute), 10)
				if err != nil {
					t.Fatal(err)
				}
				claimed += len(got)
			}
			if claimed != 1 {
				t.Errorf("a message of the node %s was claimed %d times", name, claimed)
			}
		}
		acquired := 0
		for range 2 {
			for _, n := range nodes {
				got, err := n.db.AcquireLease(t.Context(), store.LeaseCleanup, n.now(), n.now().Add(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				if got {
					acquired++
				}
			}
		}
		if acquired != 1 {
			t.Errorf("%d nodes hold one lease", acquired)
		}
	})
}
