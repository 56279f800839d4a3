package wire1

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// asksKey reports whether a login has named a person and asks for a key of theirs.
func (b *form) asksKey() bool {
	g := b.flow.Form.Group(groupKeys)
	return b.flow.Kind == flow.Login && !b.flow.Refresh && b.flow.RequestedAAL() < session.AAL2 && g != nil && g.Node("webauthn_login_trigger") != nil
}

// asksForKey reports whether a submission of a single-page application has named whose key a
// login asks for: its page is loaded again.
func asksForKey(r wire.Request, result flow.Result) bool {
	f := result.Flow
	return f.Kind == flow.Login && f.Client == flow.Browser && result.Outcome == flow.Prepares && r.Method == groupKeys
}

// key gives a login that asks for the key of a person nothing else.
func (b *form) key() {
	if !b.asksKey() {
		return
	}
	named := !b.wrong()
	asked := b.flow.Form.Group(groupKeys).Node("identifier").Value
	order := []string{ui.CSRFName, "identifier", "webauthn_login", "webauthn_script", "webauthn_login_trigger"}
	if named { // as v26 adds them to a form that it does not sort again
		order = []string{"identifier", ui.CSRFName, "webauthn_script", "webauthn_login_trigger", "webauthn_login"}
	}
	kept := make([]Node, 0, len(order))
	for _, name := range order {
		for _, n := range b.nodes {
			if n.Attributes.Name != name && n.Attributes.ID != name {
				continue
			}
			if name == "identifier" {
				n.Attributes.Type, n.Attributes.Value, n.Attributes.Required, n.Attributes.Autocomplete, n.Meta.Label = "hidden", asked, true, "", nil
			}
			kept = append(kept, n)
		}
	}
	b.nodes = kept
}

// suggestsKeys reports whether browsers suggest keys in the field of the identifier.
func (b *form) suggestsKeys() bool {
	own := b.flow.Client == flow.Browser && b.flow.RequestedAAL() < session.AAL2
	return b.flow.Form.Group("passkey") != nil || own && b.flow.Form.Group(groupKeys) != nil
}

// offersKeys reports whether a form has passkeys or security keys.
func (b *form) offersKeys() bool {
	return b.flow.Form.Group("passkey") != nil || b.flow.Form.Group(groupKeys) != nil
}

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
