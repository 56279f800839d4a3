package webui

import (
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/ui"
)

// joined is the form in which the methods of together ask for the same: the traits of a newcomer, or the
// identifier of a person who signs in. These stand once, and each method has a button. The first that needs
// no script is what the Enter key chooses. ok is false if the methods have forms of their own.
func (d *formRenderer) joined(together []*ui.Group) (out group, problems []pagekit.Problem, ok bool) {
	if len(together) < 2 {
		return group{}, nil, false
	}
	lead := max(slices.IndexFunc(together, func(g *ui.Group) bool { return !byScript(g) }), 0)
	source := max(slices.IndexFunc(together, func(g *ui.Group) bool { return g.Method == d.flow.Active }), lead)
	all := ui.Group{Method: together[lead].Method}
	for _, n := range together[source].Nodes {
		if isShared(&n) {
			all.Nodes = append(all.Nodes, n)
		}
	}
	for _, g := range together {
		all.Messages = append(all.Messages, g.Messages...)
		for _, n := range g.Nodes {
			if !isShared(&n) && !isKeyName(g, &n) {
				all.Nodes = append(all.Nodes, n)
			}
		}
	}
	out, problems = d.group(&all)
	script := slices.DeleteFunc(out.Buttons, func(b button) bool { return b.Click == "" })
	out.Buttons = []button{{Text: d.submitText(all.Method), Primary: true}}
	for i, g := range together {
		if i != lead && !byScript(g) {
			out.Buttons = append(out.Buttons, button{Text: d.first("choice."+string(d.flow.Kind)+"."+g.Method, "submit."+string(d.flow.Kind)+"."+g.Method, "submit"), Action: d.action(d.flow, g.Method)})
		}
	}
	out.Buttons = append(out.Buttons, script...)
	out.NeedsKeys = false
	d.address(&out, together)
	return out, problems, true
}

// address names where the answer of a script goes that is not the lead method's.
func (d *formRenderer) address(out *group, together []*ui.Group) {
	for i := range out.Fields {
		for _, g := range together {
			if f := &out.Fields[i]; byScript(g) && f.Control == pagekit.Hidden && f.Name != ui.CSRFName && g.Node(f.Name) != nil {
				f.Sends = d.action(d.flow, g.Method)
			}
		}
	}
}

// askingAlike lists the forms that ask for the same: those of a registration for the traits, where the one
// that only leads on to the others has nothing to add beside them, and those of a login for the identifier.
func (d *formRenderer) askingAlike() (out []*ui.Group) {
	asks, besides := isTrait, "profile"
	switch {
	case d.flow.State != flow.Open || d.flow.MissingTraitsOf() != "" || signsInAgain(d.flow): // each form has the identifier it needs
		return nil
	case d.flow.Kind == flow.Login && !isSecondFactor(d.flow):
		asks, besides = isIdentifier, "identifier_first"
	case d.flow.Kind != flow.Registration:
		return nil
	}
	for i := range d.flow.Form.Groups {
		g := &d.flow.Form.Groups[i]
		if g.Method != besides && !d.asksForKey(g) && slices.ContainsFunc(g.Nodes, func(n ui.Node) bool { return asks(&n) }) {
			out = append(out, g)
		}
	}
	return out
}

// isShared reports whether the forms of several methods have a node in common.
func isShared(n *ui.Node) bool { return isTrait(n) || isIdentifier(n) || n.Name == ui.CSRFName }

// isIdentifier reports whether a node is what a person signs in with.
func isIdentifier(n *ui.Node) bool { return n.Name == "identifier" }

// byScript reports whether a form is sent by a script.
func byScript(g *ui.Group) bool {
	return slices.ContainsFunc(g.Nodes, func(n ui.Node) bool { return n.OnClick != "" })
}

// isKeyName reports whether a node of a form that a script sends asks for the name of the new key. It means
// nothing to people who choose another method; without it the key gets a name, which the settings change.
func isKeyName(g *ui.Group, n *ui.Node) bool { return n.Type == "text" && byScript(g) }

// asksForKey reports whether a form waits for the security key of a person who has just chosen to sign in with it.
func (d *formRenderer) asksForKey(g *ui.Group) bool {
	return d.flow.Kind == flow.Login && !isSecondFactor(d.flow) && g.Method == d.flow.Active && byScript(g) && g.Node("identifier") != nil
}

// isTrait reports whether a node is a trait or an element of one.
func isTrait(n *ui.Node) bool {
	return n.Name == pagekit.TraitsRoot || strings.HasPrefix(n.Name, pagekit.TraitsRoot+".")
}
