package webui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/ui"
)

// joinLists labels the elements of an array (traits.tags.0) by its name. Behind
// them the node of a list takes one more element; that of another array, such as
// one of objects, goes.
func joinLists(nodes []ui.Node) []ui.Node {
	var out []ui.Node
	for i := 0; i < len(nodes); i++ {
		array := &nodes[i]
		out = append(out, *array)
		if !hasElements(nodes, array.Name) {
			continue
		}
		out = out[:len(out)-1]
		count := 0
		for ; i+1 < len(nodes) && isElement(nodes[i+1].Name, array.Name); i++ {
			out = append(out, element(nodes[i+1], array))
			count++
		}
		if array.List {
			more := *array
			more.Label = numbered(cmp.Or(array.Label, pagekit.Label(array.Name)), count+1)
			more.Required, more.Messages = false, nil
			out = append(out, more)
		}
	}
	return out
}

// element labels one element of an array. The first one carries what is said of the
// array.
func element(n ui.Node, array *ui.Node) ui.Node {
	position, nested, _ := strings.Cut(n.Name[len(array.Name)+1:], ".")
	if n.Label == "" && array.Label != "" && nested == "" {
		number, _ := strconv.ParseUint(position, 10, 16)
		n.Label = numbered(array.Label, int(number)+1)
	}
	if n.Label == "" {
		n.Label = pagekit.Label(n.Name)
	}
	if position == "0" {
		n.Messages = slices.Concat(array.Messages, n.Messages)
	}
	return n
}

func numbered(label string, n int) string { return label + " " + strconv.Itoa(n) }

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
