package wire1

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
)

// named gives a login that asks for the identifier first the nodes that this wire has for
// its two steps. How to go back is left to the clients, which name another identifier.
func (b *form) named() {
	if b.flow.Kind != flow.Login || b.flow.Form.Group(groupIdentifier) == nil {
		return
	}
	asked := b.flow.Named() != ""
	b.nodes = slices.DeleteFunc(b.nodes, func(n Node) bool {
		switch n.Group {
		case groupIdentifier:
			return asked && n.Attributes.Type == "submit"
		case "passkey":
			// Browsers suggest passkeys in the first step; the button comes with the others.
			return !asked && n.Attributes.OnClickTrigger != ""
		}
		return false
	})
}
