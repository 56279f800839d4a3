package traits

import (
	"maps"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// decodeNumbered sets arrays and free objects from the names that forms give to their
// parts, and traits that the schema gives no type or several. They keep the type that JSON
// gave them where the schema names none. Empty parts are left out, as in forms.
func (s *Schema) decodeNumbered(in Input, traits *any) error {
	named, whole := map[*property]partTree{}, map[*property]any{}
	for _, name := range slices.Sorted(maps.Keys(in.JSON)) { // a value comes before the parts that are named below it
		steps := splitName(name)
		p := s.endAbove(steps)
		if p == nil || p.adminOnly && !in.Admin {
			continue
		}
		below := steps[len(splitName(p.path)):]
		if p.leaf != nil && (len(below) == 0 || p.leaf.typ != "array" && p.leaf.typ != "object") {
			continue
		}
		if len(steps) > maxDepth {
			return refuse(rootName, errTooDeep)
		}
		value, err := parse(in.JSON[name], name)
		if err != nil {
			return err
		}
		if named[p] == nil {
			named[p] = partTree{}
		}
		if len(below) == 0 {
			whole[p] = value
			continue
		}
		named[p].put(below, value)
	}
	for p, tree := range named {
		if made, filled := assemble(p.schemas, tree); filled {
			assign(traits, p, made)
		} else if whole[p] != nil && whole[p] != "" {
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

// partTree holds the named parts of an array or object. Those with parts of their own are trees too, and
// all others are JSON values.
type partTree map[string]any

// put sets the value at the end of steps. A JSON object on the way there keeps its other members; any
// other value gives way.
func (tree partTree) put(steps []string, value any) {
	for _, step := range steps[:len(steps)-1] {
		next, ok := tree[step].(partTree)
		if !ok {
			object, _ := tree[step].(map[string]any)
			next = partTree(object)
			if next == nil {
				next = partTree{}
			}
			tree[step] = next
		}
		tree = next
	}
	tree[steps[len(steps)-1]] = value
}

// assemble makes an array or object of parts, and converts text as forms do; filled reports whether
// something was filled in.
func assemble(schemas []*jsonschema.Schema, value any) (made any, filled bool) {
	switch v := value.(type) {
	case nil:
		return nil, false
	case string:
		l := leafAmong(schemas)
		return l.fromForm([]string{v}), v != ""
	case partTree:
		typ := leafAmong(schemas).typ
		if _, numbered := numbers(v); typ == "array" || typ == "" && numbered {
			return v.array(schemas)
		}
		return v.object(schemas)
	}
	return value, true
}

func (tree partTree) object(schemas []*jsonschema.Schema) (made any, filled bool) {
	out := map[string]any{}
	for name, member := range tree {
		if value, ok := assemble(memberSchemas(schemas, name), member); ok {
			out[name] = value
		}
	}
	return out, len(out) > 0
}

func (tree partTree) array(schemas []*jsonschema.Schema) (made any, filled bool) {
	items, end := []any{}, 0
	positions, _ := numbers(tree)
	for _, i := range positions {
		value, ok := assemble(itemSchemas(schemas, i), tree[strconv.Itoa(i)])
		if ok {
			items = append(items, value)
			end = len(items)
		} else if i < prefixLength(schemas) {
			items = append(items, "") // the others keep their positions
		}
	}
	return items[:end], end > 0
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
