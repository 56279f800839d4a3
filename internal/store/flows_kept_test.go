package store

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
)

// What is kept is bounded by number and by size, and the oldest goes first.
func TestNewFlows_bounds(t *testing.T) {
	t.Parallel()
	var n newFlows
	put := func(form string) string {
		f := &flow.Flow{ID: secret.NewID()}
		n.put(f, form, noMemory)
		return f.ID
	}
	first := put("{}")
	for range newFlowsCount {
		put("{}")
	}
	last := put("{}")
	if len(n.byID) != newFlowsCount || len(n.order) != newFlowsCount {
		t.Errorf("%d flows, %d in order", len(n.byID), len(n.order))
	}
	if f, err := n.get(first); f != nil || err != nil {
		t.Errorf("the first is still there: %v", err)
	}
	if f, err := n.get(last); f == nil || err != nil {
		t.Errorf("the last is not there: %v", err)
	}
	long := `{"messages":[{"k":"` + strings.Repeat("x", newFlowsBytes/4) + `"}]}`
	for range 10 {
		put(long)
	}
	if n.bytes > newFlowsBytes || len(n.byID) != 3 {
		t.Errorf("%d flows of %d bytes", len(n.byID), n.bytes)
	}
	for id := range n.byID {
		n.drop(id)
		n.drop(id)
	}
	if n.bytes != 0 {
		t.Errorf("%d bytes of no flows", n.bytes)
	}
}

// Flows that other statements than SaveFlow change are not kept.
func TestNewFlows_owned(t *testing.T) {
	t.Parallel()
	var n newFlows
	n.put(&flow.Flow{ID: "a", IdentityID: "b"}, "{}", noMemory)
	n.put(&flow.Flow{ID: "b", ResumeHash: "c"}, "{}", noMemory)
	if len(n.byID) != 0 {
		t.Errorf("%d flows are kept", len(n.byID))
	}
}
