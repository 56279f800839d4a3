package wire1

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ui"
)

// steps adds and takes the nodes that lead from one step of a form to the next.
func (b *form) steps() {
	switch {
	case b.view.organization != "":
	case b.view.step == stepProfile:
		b.onlyTraits()
	case b.view.step == stepCredentials:
		b.back()
	case b.flow.Kind == flow.Verification && b.flow.State == flow.Passed:
		b.proceed()
	}
}

// back adds the button that leads back to the traits, with what was wrong with it.
func (b *form) back() {
	n := button(groupProfile, "screen", "previous", label(1040008, "Back"))
	b.nodes = slices.DeleteFunc(b.nodes, func(have Node) bool {
		if have.Attributes.Name != "screen" {
			return false
		}
		n.Messages = append(n.Messages, have.Messages...)
		return true
	})
	b.nodes = append(b.nodes, n)
}

// onlyTraits is the first step of registration: providers, traits and a button.
func (b *form) onlyTraits() {
	var kept []Node
	for _, n := range b.nodes {
		if n.Group == groupDefault || n.Group == groupProvider {
			kept = append(kept, n)
		}
	}
	b.nodes = append(kept, button(groupProfile, methodName, groupProfile, label(1040001, "Sign up")))
}

// proceed is the end of a verification: a link onward.
func (b *form) proceed() {
	var kept []Node
	for _, n := range b.nodes {
		if n.Attributes.Name == ui.CSRFName {
			kept = append(kept, n)
		}
	}
	b.nodes = append(kept, Node{
		Type: "a", Group: b.view.active, Messages: []Message{}, Meta: Meta{Label: label(1070009, "Continue")},
		Attributes: Attributes{Href: b.view.proceed, Title: label(1070009, "Continue"), ID: "continue", NodeType: "a"},
	})
}
