package wire1

import (
	"cmp"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// The groups of nodes that no method gives its name to.
const (
	groupDefault    = "default"
	groupProfile    = "profile"
	groupPassword   = "password"
	groupProvider   = "oidc"
	groupCode       = "code"
	groupLink       = "link"
	groupIdentifier = "identifier_first"
)

const methodName = "method"

// no is the Disabled of an input: always there, and always false so far.
func no() *bool { return new(bool) }

// input returns an input node without label and messages.
func input(group, name, typ string) Node {
	return Node{
		Type: "input", Group: group, Messages: []Message{},
		Attributes: Attributes{Name: name, Type: typ, Disabled: no(), NodeType: "input"},
	}
}

// button returns the submit button that chooses a method or a step.
func button(group, name, value string, text *Message) Node {
	n := input(group, name, "submit")
	n.Attributes.Value, n.Meta.Label = value, text
	return n
}

// form collects the nodes of a flow: what the groups of the engine's form repeat
// stands once.
type form struct {
	flow  *flow.Flow
	view  view
	nodes []Node
}

// nodes renders the inputs of a flow as one list.
func (r *Renderer) nodes(f *flow.Flow, v view) []Node {
	b := &form{flow: f, view: v, nodes: []Node{}}
	b.csrf()
	for i := range f.Form.Groups {
		if v.organization != "" {
			break
		}
		g := &f.Form.Groups[i]
		if f.Kind == flow.Login && g.Unusable() {
			continue
		}
		if only := f.MissingTraitsOf(); only != "" && g.Method != only {
			continue // what is missing comes with the account at the provider
		}
		if g.Method == "deletion" {
			continue // v1 knows no such group; the form takes its submission all the same
		}
		for k := range g.Nodes {
			if !g.Nodes[k].Unusable {
				b.add(g.Method, &g.Nodes[k])
			}
		}
		if g.Method == groupProfile && f.Kind == flow.Registration {
			continue // its buttons are those of the step
		}
		b.submit(g)
	}
	b.named()
	b.steps()
	slices.SortStableFunc(b.nodes, func(a, c Node) int {
		if a.Attributes.Name == "address" && c.Attributes.Name == "address" || ofProvider(a) && ofProvider(c) {
			return cmp.Compare(textOf(a.Attributes.Value), textOf(c.Attributes.Value))
		}
		return b.rank(a) - b.rank(c)
	})
	b.key()
	b.proofForm()
	return b.nodes
}

// ofProvider reports whether a node is the button of a provider. They are shown by their ids.
func ofProvider(n Node) bool { return n.Group == groupProvider && n.Attributes.Type == "submit" }

// csrf adds the node of the anti-CSRF token, which is empty in native flows.
func (b *form) csrf() {
	native, login := b.flow.Client == flow.API, b.flow.Kind == flow.Login
	empty := b.view.organization != "" || len(b.flow.Form.Groups) == 0 && !b.view.done
	if empty && (native || !login) || native && b.freshNative() {
		return
	}
	n := input(groupDefault, ui.CSRFName, "hidden")
	n.Attributes.Value, n.Attributes.Required = b.flow.CSRF, true
	if native {
		n.Attributes.Value = ""
	}
	b.nodes = append(b.nodes, n)
}

// freshNative reports whether the flow is a verification by code of a native client, which gets the node of the token
// once a submission lacked something, and at the end.
func (b *form) freshNative() bool {
	if b.flow.Kind != flow.Verification || b.view.done {
		return false
	}
	g := b.flow.Form.Group(groupCode)
	if g == nil || b.flow.State != flow.Open {
		return g != nil
	}
	email := g.Node("email")
	return len(g.Messages) == 0 && !(email != nil && says(email.Messages, message.KeyMissing))
}

// says reports whether one of the messages has the key.
func says(in []message.Message, key string) bool {
	return slices.ContainsFunc(in, func(m message.Message) bool { return m.Key == key })
}

// add adds an input of a method, or its messages to the one that is there.
func (b *form) add(method string, in *ui.Node) {
	if in.Name == ui.CSRFName {
		return
	}
	if n, known := b.factorNode(method, in); known {
		if n != nil && !slices.ContainsFunc(b.nodes, func(have Node) bool { return n.Type == "script" && have.Type == "script" }) {
			b.nodes = append(b.nodes, *n)
		}
		return
	}
	group := b.group(method, in)
	for i := range b.nodes {
		have := &b.nodes[i]
		if have.Attributes.Name == in.Name && in.Type != "submit" {
			b.merge(have, in)
			return
		}
	}
	n := input(group, in.Name, in.Type)
	a := &n.Attributes
	a.Value, a.Required, a.Pattern = in.Value, in.Required, in.Pattern
	a.Autocomplete = b.autocomplete(in)
	n.Messages = showAll(in.Messages)
	n.Meta.Label = b.label(method, in)
	b.special(&n, in)
	b.nodes = append(b.nodes, n)
}

// merge adds what another method's form says about the same input.
func (b *form) merge(have *Node, in *ui.Node) {
	for _, m := range showAll(in.Messages) {
		if !slices.ContainsFunc(have.Messages, func(x Message) bool { return x.ID == m.ID && x.Text == m.Text }) {
			have.Messages = append(have.Messages, m)
		}
	}
	if in.Value != nil && in.Value != "" && (have.Attributes.Value == nil || have.Attributes.Value == "") {
		have.Attributes.Value = in.Value
	}
}

// special gives single inputs what this wire has of its own.
func (b *form) special(n *Node, in *ui.Node) {
	switch {
	case in.Name == "email" && in.Type == "email" && sendsCodes(b.flow.Kind):
		n.Attributes.Value = b.typedEmail(in)
	case in.Name == "identifier" && b.flow.RequestedAAL() == session.AAL2:
		n.Meta.Label = nil
		if n.Attributes.Value == "" {
			n.Attributes.Value = nil
		}
	case in.Name == "identifier" && b.view.linking:
		n.Attributes.Type = "hidden"
	case in.Name == "identifier" && b.flow.Refresh:
		n.Attributes.Type, n.Attributes.Required, n.Meta.Label = "hidden", false, nil
	case in.Name == "identifier" && n.Attributes.Value == nil:
		n.Attributes.Value = ""
	case isTrait(in.Name) && b.view.step == stepCredentials:
		n.Attributes.Type = "hidden"
	}
}

// typedEmail is what is shown again of the address that was typed into a recovery or a verification: none that no mail
// can go to, and in a recovery only where a link is on its way to it.
func (b *form) typedEmail(in *ui.Node) any {
	switch {
	case b.flow.Kind == flow.Recovery && b.flow.State != flow.Challenged, says(in.Messages, message.KeyNotAnEmail):
		return nil
	case in.Value == nil && says(in.Messages, message.KeyMissing):
		return ""
	}
	return in.Value
}

// isTrait reports whether an input holds a trait or an element of one.
func isTrait(name string) bool { return name == "traits" || strings.HasPrefix(name, "traits.") }

// group returns the group that an input of a method's form belongs to.
func (b *form) group(method string, in *ui.Node) string {
	switch {
	case isTrait(in.Name) && b.flow.Kind == flow.Settings:
		return groupProfile
	case isTrait(in.Name) && b.view.traitGroup != "":
		return b.view.traitGroup
	case in.Name == "identifier" && b.flow.Form.Group(groupIdentifier) != nil:
		return groupIdentifier
	case isTrait(in.Name), in.Name == "identifier":
		return groupDefault
	}
	return method
}

// autocomplete returns the autofill token that the wire has for an input: by
// format for traits, nothing for identifiers.
func (b *form) autocomplete(in *ui.Node) string {
	switch {
	case in.Name == "password":
		return in.Autocomplete
	case in.Name == "identifier" && b.flow.Kind == flow.Login && (b.flow.Form.Group(groupIdentifier) != nil || !b.flow.Refresh && b.suggestsKeys()):
		return "username webauthn"
	case !isTrait(in.Name):
		return ""
	}
	switch in.Type {
	case "email", "tel", "url":
		return in.Type
	}
	return ""
}

// submit adds the button of a method, unless its inputs are buttons themselves.
func (b *form) submit(g *ui.Group) {
	if g.Method == groupProvider || len(g.Nodes) == 0 || ownButtons(g) {
		return
	}
	made := button(g.Method, methodName, g.Method, b.submitLabel(g.Method))
	if has := g.Node(methodName); has != nil {
		at := slices.IndexFunc(b.nodes, func(n Node) bool { return n.Group == g.Method && n.Attributes.Name == methodName })
		if at < 0 || len(has.Messages) == 0 || has.Value != nil {
			return
		}
		made.Messages = b.nodes[at].Messages // a hook says them of the button
		b.nodes = slices.Delete(b.nodes, at, at+1)
	}
	b.nodes = append(b.nodes, made)
}

// rank orders the nodes as the wire has them; nodes of one rank keep their order.
func (b *form) rank(n Node) int {
	last := 0
	if n.Attributes.Type == "submit" && !strings.HasSuffix(n.Attributes.Name, "_remove") {
		last = 1
	}
	switch b.flow.Kind {
	case flow.Login, flow.Registration:
		return b.rankEntry(n, last)
	case flow.Settings:
		return b.settingsRank(n.Group)*2 + last
	case flow.Verification:
		switch {
		case n.Attributes.Name != ui.CSRFName:
			return last
		case b.view.done, b.flow.Form.Group(groupCode) == nil: // links are sent
			return -1
		}
		return 9
	case flow.Recovery:
	}
	if n.Attributes.Name == ui.CSRFName {
		return -1
	}
	return last
}

// rankEntry orders the nodes of login and registration.
func (b *form) rankEntry(n Node, last int) int {
	switch n.Group {
	case groupIdentifier:
		return -2 + last
	case groupProvider:
		return last - 1
	case groupDefault:
		switch {
		case n.Attributes.Name == ui.CSRFName:
			return 1
		case b.flow.Kind == flow.Login && isTrait(n.Attributes.Name):
			return 12 // a hook has something to say of it: it stands before the button
		case b.flow.Kind == flow.Registration && isTrait(n.Attributes.Name) && n.Attributes.Name != b.view.firstTrait:
			return 4
		}
		return 2
	case groupKeys:
		return 5 + last
	case "passkey":
		return 7 + last
	case groupCode:
		if b.flow.Kind == flow.Login && b.flow.Named() != "" && !b.wrong() {
			return 13 + last
		}
		return 9 + last
	case groupPassword:
		if b.flow.Kind == flow.Registration && last == 0 && !b.offersKeys() && b.flow.Form.Group(groupCode) == nil {
			return 3
		}
		return 11 + last
	case groupProfile:
		return 20
	case "lookup_secret":
		return 15 + last
	}
	return 13 + last
}

// settingsRank orders the groups of settings. Recovery codes that are shown stand last.
func (b *form) settingsRank(group string) int {
	if g := b.flow.Form.Group(group); group == "lookup_secret" && g != nil && g.Node("lookup_secret_codes") != nil {
		return lastRank
	}
	order := []string{groupDefault, groupProfile, groupPassword, groupProvider, "lookup_secret", "webauthn", "passkey", "totp"}
	if at := slices.Index(order, group); at >= 0 {
		return at
	}
	return lastRank
}

// lastRank is beyond those of the groups that have a place.
const lastRank = 10
