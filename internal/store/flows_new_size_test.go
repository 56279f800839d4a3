package store

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
)

// The bound holds for each text of a flow.
func TestNewFlows_bytes(t *testing.T) {
	t.Parallel()
	const large = 1 << 20
	text := strings.Repeat("x", large)
	for what, put := range map[string]func(*newFlows){
		"form":      func(n *newFlows) { n.put(&flow.Flow{ID: secret.NewID()}, text, noMemory) },
		"private":   func(n *newFlows) { n.put(&flow.Flow{ID: secret.NewID()}, "{}", text) },
		"request":   func(n *newFlows) { n.put(&flow.Flow{ID: secret.NewID(), Request: text}, "{}", noMemory) },
		"return to": func(n *newFlows) { n.put(&flow.Flow{ID: secret.NewID(), ReturnTo: text}, "{}", noMemory) },
	} {
		n := &newFlows{}
		for range 2 * newFlowsBytes / large {
			put(n)
		}
		if kept := len(n.byID); kept > newFlowsBytes/large || kept < newFlowsBytes/large/2 {
			t.Errorf("%s: %d flows of %d bytes are kept", what, kept, large)
		}
		for id := range n.byID {
			n.drop(id)
		}
		if n.bytes != 0 {
			t.Errorf("%s: %d bytes are left of no flow", what, n.bytes)
		}
	}
}
