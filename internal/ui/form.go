package ui

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/message"
)

// CSRFName is the name of the field that carries the anti-CSRF token.
const CSRFName = "csrf_token"

// Form is what a flow shows: messages on the whole flow and a group of inputs
// for each method on offer, in the order of the methods.
type Form struct {
	Messages []message.Message `json:"messages,omitempty"`
	Groups   []Group           `json:"groups,omitempty"`
}

// Group is the inputs of one method; each group is a form of its own.
type Group struct {
	Method   string            `json:"method"`
	Messages []message.Message `json:"messages,omitempty"`
	Nodes    []Node            `json:"nodes"`
}

// Unusable reports whether the person that the flow is about has no credential of the group's method.
func (g *Group) Unusable() bool {
	return slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.Unusable }) &&
		!slices.ContainsFunc(g.Nodes, func(n Node) bool { return !n.Unusable && n.Name != CSRFName && n.Name != "identifier" })
}

// Kind is what a node is on a page.
type Kind string

// The kinds. Nodes that are not inputs have a Value all the same, for wires that know inputs alone.
const (
	Input  Kind = ""       // an HTML input or button
	Image  Kind = "img"    // Value is the URL of a picture
	Text   Kind = "text"   // Texts are shown
	Script Kind = "script" // Value is the URL of a script
)

// Node is one input, or something to look at beside it.
type Node struct {
	Name string `json:"name"`
	// Type is an HTML input type: text, password, email, number, checkbox, date,
	// datetime-local, url, hidden, submit.
	Type     string `json:"type"`
	Value    any    `json:"value,omitempty"`
	Required bool   `json:"required,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	// Pattern is a regular expression of the identity schema.
	Pattern string `json:"pattern,omitempty"`

	// What follows is for pages alone; the v0.5 wire has no member for it.

	Label        string `json:"label,omitempty"`
	Options      []any  `json:"options,omitempty"`      // the values of an enum
	Autocomplete string `json:"autocomplete,omitempty"` // HTML autofill token
	// List is set if each value sent under the name is one more element of a list.
	List bool `json:"list,omitempty"`
	Kind Kind `json:"kind,omitempty"`
	// Texts are what a node of kind Text shows.
	Texts []message.Message `json:"texts,omitempty"`
	// Context holds what the label speaks of, by the names that wires give it.
	Context map[string]any `json:"context,omitempty"`
	// Unusable: the person who is to sign in again has no such credential.
	Unusable bool `json:"unusable,omitempty"`
	// OnClick and OnLoad name the function of the WebAuthn script that runs when the button is pressed, and when the
	// form is shown.
	OnClick string `json:"onclick,omitempty"`
	OnLoad  string `json:"onload,omitempty"`
	// Once says that what is submitted counts once: it is never shown again.
	Once bool `json:"once,omitempty"`
	// Confidential says that what the node shows must not be stored in clear.
	Confidential bool `json:"confidential,omitempty"`

	Messages []message.Message `json:"messages,omitempty"`
}

// Secret reports whether a submitted value must never be shown again.
func (n *Node) Secret() bool { return n.Type == "password" || n.Name == CSRFName || n.Once }

// CSRF returns the node that carries the flow's anti-CSRF token. The engine
// fills in the value.
func CSRF() Node { return Node{Name: CSRFName, Type: "hidden", Required: true} }

// Confidential reports whether the form shows what must not be stored in clear.
func (f *Form) Confidential() bool {
	for i := range f.Groups {
		if slices.ContainsFunc(f.Groups[i].Nodes, func(n Node) bool { return n.Confidential }) {
			return true
		}
	}
	return false
}

// Clone copies the parts of a form that callers change: messages, groups and nodes, not what
// values and parameters hold.
func (f *Form) Clone() Form {
	c := Form{Messages: slices.Clone(f.Messages), Groups: slices.Clone(f.Groups)}
	for i := range c.Groups {
		g := &c.Groups[i]
		g.Messages, g.Nodes = slices.Clone(g.Messages), slices.Clone(g.Nodes)
		for j := range g.Nodes {
			g.Nodes[j].Messages, g.Nodes[j].Texts = slices.Clone(g.Nodes[j].Messages), slices.Clone(g.Nodes[j].Texts)
		}
	}
	return c
}

// Group returns the method's group, nil if the form has none.
func (f *Form) Group(method string) *Group {
	for i := range f.Groups {
		if f.Groups[i].Method == method {
			return &f.Groups[i]
		}
	}
	return nil
}

// Node returns the first node of that name, nil if the group has none.
func (g *Group) Node(name string) *Node {
	for i := range g.Nodes {
		if g.Nodes[i].Name == name {
			return &g.Nodes[i]
		}
	}
	return nil
}

// Add puts a message on the field of that name, which is appended where the
// schema knows no such input, or on the whole group if the name is empty.
func (g *Group) Add(field string, m message.Message) {
	if field == "" {
		g.Messages = append(g.Messages, m)
		return
	}
	node := g.Node(field)
	if node == nil {
		g.Nodes = append(g.Nodes, Node{Name: field, Type: "text"})
		node = &g.Nodes[len(g.Nodes)-1]
	}
	node.Messages = append(node.Messages, m)
}

// Fill sets the value of every node that has one in values, except secrets.
func (g *Group) Fill(values map[string]any) {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if v, ok := values[n.Name]; ok && !n.Secret() && n.Type != "submit" {
			n.Value = v
		}
	}
}

// Set sets the value of the node of that name, which is put behind its nearest
// ancestor and all that is there of it where the schema knows no such input (the
// elements of an array), else at the end.
func (g *Group) Set(name string, value any) {
	if node := g.Node(name); node != nil {
		node.Value = value
		return
	}
	at := len(g.Nodes)
	for i := range g.Nodes {
		ancestor := g.Nodes[i].Name
		if !within(name, ancestor) {
			continue
		}
		at = i + 1
		for at < len(g.Nodes) && within(g.Nodes[at].Name, ancestor) {
			at++
		}
	}
	g.Nodes = slices.Insert(g.Nodes, at, Node{Name: name, Type: "text", Value: value})
}

// SubmitLast puts the buttons behind the inputs that they send.
func (g *Group) SubmitLast() {
	slices.SortStableFunc(g.Nodes, func(a, b Node) int {
		switch isA, isB := a.Type == "submit", b.Type == "submit"; {
		case isA == isB:
			return 0
		case isA:
			return 1
		}
		return -1
	})
}

// within reports whether one name is below another. It allocates nothing: people
// may have ten thousand traits, and it is asked for each pair.
func within(name, ancestor string) bool {
	return len(name) > len(ancestor) && name[len(ancestor)] == '.' && strings.HasPrefix(name, ancestor)
}

// Number keeps a JSON number as it was written, so that storing a form does not
// turn 30 into 3e1.
type Number = json.Number
