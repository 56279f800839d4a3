package webui

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/ui"
)

// signsInAgain reports whether a flow asks a person who is signed in to prove it once more.
func signsInAgain(f *flow.Flow) bool {
	return f.Kind == flow.Login && f.Refresh && !isSecondFactor(f)
}

// forms are the forms of a flow as the page shows them. A person who signs in again sees what they have, and not their own
// identifier in a field: the page says who they are. Where they have nothing, all is shown.
func (d *formRenderer) forms() []ui.Group {
	if !signsInAgain(d.flow) {
		return d.flow.Form.Groups
	}
	all := d.flow.Form.Clone().Groups
	own := slices.DeleteFunc(slices.Clone(all), func(g ui.Group) bool { return g.Unusable() })
	if len(own) == 0 {
		return all
	}
	for i := range own {
		g := &own[i]
		g.Nodes = slices.DeleteFunc(g.Nodes, func(n ui.Node) bool { return n.Unusable })
		if who := g.Node("identifier"); who != nil && who.Value != nil && who.Value != "" {
			who.Type = "hidden"
		}
	}
	return own
}

// leadAgain puts the forms of a person who signs in again in the order in which people look for them, and lets the first
// stand out.
func leadAgain(groups []group) {
	slices.SortStableFunc(groups, func(a, b group) int { return credentialRank(&a) - credentialRank(&b) })
	if len(groups) > 0 && len(groups[0].Buttons) > 0 {
		groups[0].Buttons[0].Primary = true
	}
}

// hiddenIdentifier is the identifier that a form carries along; empty for none.
func hiddenIdentifier(g *ui.Group) string {
	if n := g.Node("identifier"); n != nil && isHidden(n) {
		return pagekit.ValueText(n.Value)
	}
	return ""
}
