package webui

import (
	"slices"
	"strconv"
	"strings"

	"symbolon/internal/pagekit"
	"symbolon/internal/ui"
)

// joinLists makes the elements of an array inputs of the array's own name, which
// is how a form sends one: the number in an element's name is for display alone.
// The node of the array itself goes, since it would send an empty element. What
// is nested deeper can't be sent by a form; it is shown and kept out of what is
// sent, so that it stays as it is.
func joinLists(nodes []ui.Node) []ui.Node {
	var out []ui.Node
	for i := range nodes {
		if hasElements(nodes, nodes[i].Name) {
			continue
		}
		n := nodes[i]
		if array := arrayOf(nodes, n.Name); array != nil {
			n = element(n, array)
		}
		out = append(out, n)
	}
	return out
}

// element makes one element of an array an input. The first one carries what is
// said of the array.
func element(n ui.Node, array *ui.Node) ui.Node {
	position, nested, _ := strings.Cut(n.Name[len(array.Name)+1:], ".")
	if n.Label == "" && array.Label != "" && nested == "" {
		number, _ := strconv.ParseUint(position, 10, 16)
		n.Label = array.Label + " " + strconv.FormatUint(number+1, 10)
	}
	if n.Label == "" {
		n.Label = pagekit.Label(n.Name)
	}
	if position == "0" {
		n.Messages = slices.Concat(array.Messages, n.Messages)
	}
	if nested != "" {
		n.Disabled = true
		return n
	}
	n.Name = array.Name
	return n
}

// arrayOf returns the node of the outermost array that the name is an element
// of, nil if there is none.
func arrayOf(nodes []ui.Node, name string) *ui.Node {
	for i := range nodes {
		if isElement(name, nodes[i].Name) {
			return &nodes[i]
		}
	}
	return nil
}

func hasElements(nodes []ui.Node, array string) bool {
	return slices.ContainsFunc(nodes, func(n ui.Node) bool { return isElement(n.Name, array) })
}

// isElement reports whether a name is that of an element of the array, or of a
// part of one: traits.tags.0 and traits.tags.0.text are of traits.tags.
func isElement(name, array string) bool {
	rest, ok := strings.CutPrefix(name, array+".")
	if !ok {
		return false
	}
	number, _, _ := strings.Cut(rest, ".")
	_, err := strconv.ParseUint(number, 10, 16)
	return err == nil
}
