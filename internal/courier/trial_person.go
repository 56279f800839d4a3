package courier

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
)

// personal finds where a mail depends on the person that it is to: in actions that name the identity, the traits or the
// payload, a variable set to such a value, or that are within such an action.
type personal struct {
	places    map[string]bool // as errors name them
	variables map[string]bool // of the template that is read
	given     map[string]any  // made up, so that each member that is named is there
	called    []string        // templates that are called with such values
	within    map[*parse.Tree]bool
}

// personal reads the trees of all parts.
func (p *parts) personal() personal {
	found := personal{places: map[string]bool{}, given: map[string]any{}, within: map[*parse.Tree]bool{}}
	for _, part := range []*texttemplate.Template{p.subject, p.text, p.sms} {
		if part == nil {
			continue
		}
		trees := map[string]*parse.Tree{}
		for _, t := range part.Templates() {
			trees[t.Name()] = t.Tree
		}
		found.trees(trees)
	}
	trees := map[string]*parse.Tree{}
	for _, t := range p.html.Templates() {
		trees[t.Name()] = t.Tree
	}
	found.trees(trees)
	return found
}

// trees reads the templates of one part, by name. One that is called with what is personal is as if it stood there.
func (p *personal) trees(all map[string]*parse.Tree) {
	for _, t := range all {
		if t != nil {
			p.variables = map[string]bool{}
			p.list(t, t.Root, false)
		}
	}
	for len(p.called) > 0 {
		t := all[p.called[0]]
		p.called = p.called[1:]
		if t != nil && !p.within[t] {
			p.within[t], p.variables = true, map[string]bool{}
			p.list(t, t.Root, true)
		}
	}
}

// causes reports whether an error is about such a place.
func (p *personal) causes(err error) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(p.places)), func(place string) bool {
		return strings.Contains(err.Error(), "template: "+place+": ")
	})
}

// person is a message to one who has all that the templates name.
func (p *personal) person(m Message) Message {
	m.identity, _ = p.given["Identity"].(map[string]any)
	m.Traits, _ = json.Marshal(p.given["Traits"])
	m.Transient, _ = json.Marshal(p.given["TransientPayload"])
	return m
}

func (p *personal) list(t *parse.Tree, l *parse.ListNode, within bool) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			p.pipe(t, n.Pipe, within)
		case *parse.TemplateNode:
			if p.pipe(t, n.Pipe, within) {
				p.called = append(p.called, n.Name)
			}
		case *parse.IfNode:
			p.branch(t, &n.BranchNode, within)
		case *parse.RangeNode:
			p.branch(t, &n.BranchNode, within)
		case *parse.WithNode:
			p.branch(t, &n.BranchNode, within)
		}
	}
}

func (p *personal) branch(t *parse.Tree, n *parse.BranchNode, within bool) {
	inner := p.pipe(t, n.Pipe, within) || within
	p.list(t, n.List, inner && n.NodeType != parse.NodeIf || within)
	p.list(t, n.ElseList, within)
}

// pipe notes the places of a pipeline if it, or what it stands within, is personal.
func (p *personal) pipe(t *parse.Tree, pipe *parse.PipeNode, within bool) bool {
	if pipe == nil {
		return within
	}
	nodes := nodesOf(pipe, nil)
	own := false
	for _, n := range nodes {
		own = p.names(n) || own
	}
	if !own && !within {
		return false
	}
	for _, v := range pipe.Decl {
		p.variables[v.Ident[0]] = true
	}
	for _, n := range nodes {
		place, _ := t.ErrorContext(n)
		p.places[place] = true
	}
	return true
}

// nodesOf lists a pipeline and all within it.
func nodesOf(n parse.Node, into []parse.Node) []parse.Node {
	into = append(into, n)
	switch n := n.(type) {
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			into = nodesOf(c, into)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			into = nodesOf(a, into)
		}
	case *parse.ChainNode:
		into = nodesOf(n.Node, into)
	}
	return into
}

// names reports whether a value is of a person, and makes it up.
func (p *personal) names(n parse.Node) bool {
	var path []string
	switch n := n.(type) {
	case *parse.FieldNode:
		path = n.Ident
	case *parse.VariableNode:
		if p.variables[n.Ident[0]] {
			return true
		}
		if n.Ident[0] == "$" {
			path = n.Ident[1:]
		}
	}
	if len(path) == 0 || !slices.Contains([]string{"Identity", "Traits", "TransientPayload"}, path[0]) {
		return false
	}
	at := p.given
	for i, name := range path {
		inner, ok := at[name].(map[string]any)
		switch {
		case ok:
		case i > 0 && i == len(path)-1:
			at[name] = "probe"
		default:
			inner = map[string]any{}
			at[name] = inner
		}
		at = inner
	}
	return true
}
