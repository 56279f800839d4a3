package traits

import (
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// decodeNumbered sets arrays and free objects from the names that forms give to their
// parts, and traits that the schema gives no type or several. They keep the type that JSON
// gave them where the schema names none.
func (s *Schema) decodeNumbered(in Input, traits *any) error {
	parts, whole := map[*property]map[string]any{}, map[*property]any{}
	for name, raw := range in.JSON {
		steps := splitName(name)
		p := s.endAbove(steps)
		if p == nil || p.adminOnly && !in.Admin || p.leaf != nil && (p.path == name || p.leaf.typ != "array" && p.leaf.typ != "object") {
			continue
		}
		if len(steps) > maxDepth {
			return refuse(rootName, errTooDeep)
		}
		value, err := parse(raw, name)
		if err != nil {
			return err
		}
		if parts[p] == nil {
			parts[p] = map[string]any{}
		}
		if p.path == name {
			whole[p] = value
			continue
		}
		put(parts[p], steps[len(splitName(p.path)):], value)
	}
	for p, tree := range parts {
		switch {
		case len(tree) > 0:
			assign(traits, p, assemble(p.schemas, tree))
		case whole[p] != nil && whole[p] != "":
			assign(traits, p, whole[p])
		}
	}
	return nil
}

// endAbove returns the property without members of its own that the steps of a name lead
// to or through.
func (s *Schema) endAbove(steps []string) *property {
	if steps[0] != rootName || len(s.root.children) == 0 {
		return nil
	}
	at := s.root
	for _, step := range steps[1:] {
		if len(at.children) == 0 {
			break
		}
		if at = at.child(step); at == nil {
			return nil
		}
	}
	if len(at.children) > 0 {
		return nil
	}
	return at
}

// put sets the value at the end of steps, unless values below it are there.
func put(tree map[string]any, steps []string, value any) {
	for _, step := range steps[:len(steps)-1] {
		next, ok := tree[step].(map[string]any)
		if !ok {
			next = map[string]any{}
			tree[step] = next
		}
		tree = next
	}
	last := steps[len(steps)-1]
	if _, has := tree[last].(map[string]any); !has {
		tree[last] = value
	}
}

// assemble makes an array or object of a tree, and converts text as forms do.
func assemble(schemas []*jsonschema.Schema, value any) any {
	if text, ok := value.(string); ok {
		l := leafAmong(schemas)
		return l.fromForm([]string{text})
	}
	tree, ok := value.(map[string]any)
	if !ok {
		return value
	}
	typ := typeAmong(schemas)
	positions, numbered := numbers(tree)
	if typ == "" && numbered {
		typ = "array"
	}
	if typ != "array" {
		for name, member := range tree {
			tree[name] = assemble(memberSchemas(schemas, name), member)
		}
		return tree
	}
	items := []any{}
	for _, i := range positions {
		items = append(items, assemble(itemSchemas(schemas, i), tree[strconv.Itoa(i)]))
	}
	return items
}

// numbers lists the positions that name members, in order; all says that there are no
// other names.
func numbers[V any](tree map[string]V) (list []int, all bool) {
	for name := range tree {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && strconv.Itoa(i) == name {
			list = append(list, i)
		}
	}
	slices.Sort(list)
	return list, len(list) == len(tree)
}
