package wire1

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// The inputs of a recovery in which people choose among the addresses of their account: method/code.
const (
	askedAddress   = "recovery_address"
	chosenAddress  = "recovery_select_address"
	confirmAddress = "recovery_confirm_address"
)

// choiceInput returns the input of a recovery form that shows which step of the choice of an address it is at; nil for other
// flows.
func choiceInput(f *flow.Flow) *ui.Node {
	g := f.Form.Group(groupCode)
	if f.Kind != flow.Recovery || g == nil || f.Offered() || f.State == flow.Passed {
		return nil
	}
	for _, name := range []string{chosenAddress, confirmAddress, askedAddress} {
		if n := g.Node(name); n != nil {
			return n
		}
	}
	return nil
}

// stateOf is the state of a flow, which has names of its own where an address is chosen.
func stateOf(f *flow.Flow) string {
	switch at := choiceInput(f); {
	case at == nil:
		return string(f.State)
	case at.Name == chosenAddress:
		return "recovery_awaiting_address_choice"
	case at.Name == askedAddress:
		return "recovery_awaiting_address"
	case at.Type == "submit":
		return "recovery_awaiting_code"
	}
	return "recovery_confirming_address"
}

// asksToChoose is the message of a step of the choice; nil where another one says it.
func asksToChoose(f *flow.Flow) *Message {
	switch stateOf(f) {
	case "recovery_awaiting_address_choice":
		return label(1060006, "How do you want to recover your account?")
	case "recovery_confirming_address":
		return label(1060005, "Recover access to your account by providing your recovery address in full.")
	}
	return nil
}

// chooseLabel is the label of a node of the choice; nil for others.
func chooseLabel(in *ui.Node) *Message {
	switch {
	case in.Name == chosenAddress:
		return label(1070000, in.Label)
	case in.Name == confirmAddress && in.Type == "submit":
		return label(1070008, "Resend code")
	case in.Type == "text" && (in.Name == confirmAddress || in.Name == askedAddress):
		return label(1070016, "Recovery address")
	case in.Name == "screen":
		return label(1060007, "Back")
	}
	return nil
}

// chooseForm orders the nodes of a recovery in which an address is chosen, but for the first step.
func (b *form) chooseForm() {
	at := choiceInput(b.flow)
	if at == nil || at.Name == askedAddress {
		return
	}
	of := func(names ...string) (out []Node) {
		for _, n := range b.nodes {
			if slices.Contains(names, n.Attributes.Name) {
				out = append(out, n)
			}
		}
		return out
	}
	hidden := input(groupCode, methodName, "hidden")
	hidden.Attributes.Value = groupCode
	chosen := []Node{hidden}
	send := []Node{button(groupCode, methodName, groupCode, label(1070009, "Continue"))}
	switch {
	case at.Name == chosenAddress:
		b.nodes = slices.Concat(of(ui.CSRFName, chosenAddress), chosen, of(askedAddress))
	case at.Type != "submit":
		b.nodes = slices.Concat(of(ui.CSRFName, confirmAddress), send, chosen, of(askedAddress, "screen"))
	default:
		code := of("code")
		for i := range code {
			code[i].Attributes.Pattern, code[i].Attributes.MaxLength = "[0-9]+", codeLength
		}
		b.nodes = slices.Concat(of(ui.CSRFName), code, send, chosen, of(confirmAddress), of(askedAddress), of("screen"))
	}
}

// saysMissing reports whether the code form says that a required field is missing.
func saysMissing(f *flow.Flow) bool {
	g := f.Form.Group(groupCode)
	return g != nil && slices.ContainsFunc(g.Nodes, func(n ui.Node) bool { return says(n.Messages, message.KeyMissing) })
}
