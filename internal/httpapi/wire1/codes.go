package wire1

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ui"
)

// shownBefore leaves nothing but the value of an identifier that the form has shown before: once something was wrong, or
// another code was sent.
func (b *form) shownBefore(who []Node, wrong bool) {
	if !wrong && b.flow.StepOf(groupCode) != "again" {
		return
	}
	for i := range who {
		who[i].Meta.Label, who[i].Group, who[i].Attributes.Required = nil, groupDefault, false
	}
}

// waitsForCode reports whether the form asks for a code that was sent.
func (b *form) waitsForCode() bool {
	if b.flow.State == flow.Passed && b.flow.Kind == flow.Recovery {
		return b.view.active == groupCode
	}
	return b.flow.State == flow.Challenged && b.flow.Active == groupCode && b.flow.Kind != flow.Settings
}

// proofForm leaves the nodes of a form that asks for a code, or that comes to the address to which one is sent.
func (b *form) proofForm() {
	switch {
	case choiceInput(b.flow) != nil:
		b.chooseForm()
	case b.waitsForCode():
		b.codeForm()
	}
}

// codeForm leaves the nodes of a form that asks for a code, in the order of the wire: it
// differs by kind, and where the last submission was wrong.
func (b *form) codeForm() {
	var csrf, who, traits, code, again, others []Node
	for _, n := range b.nodes {
		switch name := n.Attributes.Name; {
		case name == ui.CSRFName:
			csrf = append(csrf, n)
		case isTrait(name):
			n.Attributes.Type = "hidden"
			traits = append(traits, n)
		case name == "identifier" && len(who) == 0:
			n.Attributes.Type = "hidden"
			who = append(who, n)
		case n.Group != groupCode || name == methodName:
		case name == "code":
			code = append(code, n)
		case name == "resend", name == "email":
			again = append(again, n)
		default:
			others = append(others, n)
		}
	}
	chosen := input(groupCode, methodName, "hidden")
	chosen.Attributes.Value = groupCode
	method := []Node{chosen}
	send := []Node{button(groupCode, methodName, groupCode, label(1070009, "Continue"))}
	wrong := b.wrong()
	switch b.flow.Kind {
	case flow.Login:
		b.shownBefore(who, wrong)
		if wrong {
			b.nodes = slices.Concat(csrf, who, others, code, again, method, send)
			return
		}
		if b.flow.Client == flow.API {
			csrf = nil
		}
		b.nodes = slices.Concat(who, others, method, code, send, again, csrf)
	case flow.Registration:
		var back []Node
		if b.view.twoSteps {
			back = append(back, button(groupProfile, "screen", "credential-selection", label(1040008, "Back")))
		}
		if wrong {
			b.nodes = slices.Concat(csrf, traits, code, again, method, send, back)
			return
		}
		b.nodes = slices.Concat(csrf, traits, method, code, send, again, back)
	case flow.Recovery:
		for i := range code {
			code[i].Attributes.Pattern, code[i].Attributes.MaxLength = "[0-9]+", codeLength
		}
		if b.flow.Offered() { // the operator hands the code over
			if b.flow.Client == flow.API {
				csrf = nil
			}
			b.nodes = slices.Concat(csrf, code, send)
			return
		}
		b.nodes = slices.Concat(csrf, code, method, send, again)
	case flow.Verification:
		b.nodes = slices.Concat(method, code, send, csrf, again)
	case flow.Settings:
	}
}

const codeLength = 6

// wrong reports whether the form says that something was wrong.
func (b *form) wrong() bool {
	all := b.flow.Form.Messages
	for i := range b.flow.Form.Groups {
		g := &b.flow.Form.Groups[i]
		all = append(slices.Clip(all), g.Messages...)
		for k := range g.Nodes {
			all = append(slices.Clip(all), g.Nodes[k].Messages...)
		}
	}
	return slices.ContainsFunc(showAll(all), func(m Message) bool { return m.Type == string(failure) })
}
