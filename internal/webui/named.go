package webui

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
)

// named is who the person says to be in a login that asks for that first.
type named struct {
	group
	Who string
}

// namedGroup takes the form that asks for the identifier out of the others once it was
// told: it stands above them then.
func namedGroup(f *flow.Flow, groups []group) (*named, []group) {
	at := slices.IndexFunc(groups, func(g group) bool { return g.Method == "identifier_first" })
	if f.Named() == "" || at < 0 {
		return nil, groups
	}
	who := &named{group: groups[at], Who: f.Named()}
	return who, slices.Delete(groups, at, at+1)
}
