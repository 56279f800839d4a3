package traits

import (
	"slices"
	"strconv"
	"strings"
)

// formNode holds the values of one name of a form, and the names below it.
type formNode struct {
	values   []string
	children map[string]*formNode
}

func (n *formNode) child(step string) *formNode {
	if n == nil {
		return nil
	}
	return n.children[step]
}

// typed returns the values that are not empty.
func (n *formNode) typed() []string {
	return slices.DeleteFunc(slices.Clone(n.values), func(v string) bool { return v == "" })
}

// typedBelow reports whether a value below n is not empty.
func (n *formNode) typedBelow() bool {
	for _, c := range n.children {
		if len(c.typed()) > 0 || c.typedBelow() {
			return true
		}
	}
	return false
}

// shows reports whether n is what a form sends of a value that it was given.
func (n *formNode) shows(v any) bool {
	if n == nil {
		return !servable(v)
	}
	known := map[string]any{}
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			known[strconv.Itoa(i)] = item
		}
	case map[string]any:
		known = v
	case nil:
	default:
		return len(n.values) > 0 && (&leaf{}).same(v, n.values[len(n.values)-1]) && !n.typedBelow()
	}
	for step, inner := range known {
		if !n.child(step).shows(inner) {
			return false
		}
	}
	for step, c := range n.children {
		if _, ok := known[step]; !ok && (len(c.typed()) > 0 || c.typedBelow()) {
			return false
		}
	}
	return len(n.typed()) == 0
}

// positions returns the numbers among the names below n; all is false if there are
// others.
func (n *formNode) positions() (list []int, all bool) { return numbers(n.children) }

func readForm(in Input) (*formReader, error) {
	f := &formReader{tree: &formNode{}, complete: in.Complete, admin: in.Admin}
	for name, values := range in.Form {
		steps := splitName(name)
		if steps[0] != rootName || len(values) == 0 {
			continue
		}
		if len(steps) > maxDepth {
			return nil, refuse(rootName, errTooDeep)
		}
		at := f.tree
		for _, step := range steps {
			if at.children == nil {
				at.children = map[string]*formNode{}
			}
			if at.children[step] == nil {
				at.children[step] = &formNode{}
			}
			at = at.children[step]
		}
		at.values = values
	}
	return f, nil
}

// splitName returns the steps of a field's name.
func splitName(name string) []string {
	if !strings.Contains(name, `\`) {
		return strings.Split(name, ".")
	}
	var steps []string
	var step strings.Builder
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] == '\\' && i+1 < len(name) && (name[i+1] == '.' || name[i+1] == '\\'):
			i++
			step.WriteByte(name[i])
		case name[i] == '.':
			steps = append(steps, step.String())
			step.Reset()
		default:
			step.WriteByte(name[i])
		}
	}
	return append(steps, step.String())
}
