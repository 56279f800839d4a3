package store

import (
	"sync"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

const (
	newFlowsCount = 4096    // flows that are kept
	newFlowsBytes = 8 << 20 // of their texts
)

// newFlows keeps the latest flows as they were created, where no other process writes to
// the database. Most flows are shown once or twice and submitted once, so a flow that was
// never saved needs no read. A flow is dropped before it is saved and never put again,
// so what is here is what is stored.
//
// Only flows that nothing but SaveFlow changes are kept: no identity owns them, no secret
// is outstanding, and they were created outside of a transaction.
type newFlows struct {
	mu    sync.Mutex
	byID  map[string]*keptFlow
	order []string // of creation; ids that were dropped may be among them
	bytes int
}

// keptFlow is a flow as its row is.
type keptFlow struct {
	flow          flow.Flow // with its form once that was decoded, without memory
	form, private string
	decode        sync.Once
	failed        error
}

// size is about how many bytes a flow takes: what clients choose the length of.
func (k *keptFlow) size() int {
	return len(k.form) + len(k.private) + len(k.flow.Request) + len(k.flow.ReturnTo)
}

func (n *newFlows) put(f *flow.Flow, form, private string) {
	if f.IdentityID != "" || f.ResumeHash != "" {
		return
	}
	kept := &keptFlow{flow: *f, form: form, private: private}
	kept.flow.Form, kept.flow.Private = flow.Flow{}.Form, nil
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byID == nil {
		n.byID = map[string]*keptFlow{}
	}
	n.byID[f.ID] = kept
	n.bytes += kept.size()
	n.order = append(n.order, f.ID)
	for len(n.order) > newFlowsCount || n.bytes > newFlowsBytes {
		n.remove(n.order[0])
		n.order = n.order[1:]
	}
}

func (n *newFlows) drop(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.remove(id)
}

func (n *newFlows) remove(id string) {
	if kept := n.byID[id]; kept != nil {
		n.bytes -= kept.size()
		delete(n.byID, id)
	}
}

// get returns a copy of a flow, nil if it is not kept.
func (n *newFlows) get(id string) (*flow.Flow, error) {
	n.mu.Lock()
	kept := n.byID[id]
	n.mu.Unlock()
	if kept == nil {
		return nil, nil //nolint:nilnil // not kept is not an error
	}
	kept.decode.Do(func() { kept.failed = sqldb.FromJSON(kept.form, &kept.flow.Form) })
	if kept.failed != nil {
		return nil, kept.failed
	}
	f := kept.flow
	f.Form = f.Form.Clone()
	if kept.private == noMemory {
		return &f, nil
	}
	return &f, sqldb.FromJSON(kept.private, &f.Private)
}
