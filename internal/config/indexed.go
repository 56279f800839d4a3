package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// itemSetting is a variable that sets one item of a list, or a member of an item, as
// v26 takes them: SECRETS_COOKIE_0, IDENTITY_SCHEMAS_0_URL.
type itemSetting struct {
	key     Key   // of the list, or of the member of an item
	indices []int // one for each list on the way
	file    bool  // the value names the file of a secret
	value   string
	origin  Origin
}

// itemVariables lays such variables over what the files say. What sets the whole list
// is given counts above them.
func (l *loader) itemVariables(root *node, given map[string]*node) {
	var settings []itemSetting
	var names *branch
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if !hasIndex(name) {
			continue
		}
		if names == nil {
			names = variableNames()
		}
		s := itemSetting{value: l.env[name], origin: Origin{Kind: FromEnvironment, Name: name}}
		found, inList := s.find(names, name)
		if found || inList {
			l.itemNames = append(l.itemNames, name)
		}
		list, _, _ := strings.Cut(s.key.Path, "[]")
		switch whole := given[list]; {
		case whole != nil && whole.origin.Kind == FromFlag:
			l.warn("", "has no effect: a flag sets the whole list", s.origin)
		case whole != nil:
			l.warn("", "has no effect: "+whole.origin.Name+" sets the whole list", s.origin)
		case found:
			settings = append(settings, s)
		case inList:
			l.warn("", "names no setting of an item of that list", s.origin)
		}
	}
	slices.SortStableFunc(settings, func(a, b itemSetting) int {
		return cmp.Or(slices.Compare(a.indices, b.indices), cmp.Compare(a.origin.Name, b.origin.Name))
	})
	for _, s := range settings {
		l.set(root, s)
	}
}

// hasIndex reports whether a part of a name is a number.
func hasIndex(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "_"), func(part string) bool {
		_, ok := index(part)
		return ok
	})
}

// index reads a position in a list. No list is so long that more digits are needed.
func index(part string) (int, bool) {
	i, err := strconv.ParseUint(part, 10, 64)
	return int(i), err == nil && len(part) <= 3
}

// variableNames is the table with the names that v26 has, and with what web hooks hold.
func variableNames() *branch {
	t := newTable()
	byPath := map[string]*Key{}
	for i := range t.keys {
		k := &t.keys[i]
		byPath[k.Path] = k
		if k.kind == kindHooks {
			growHook(t.root, k.Path)
		}
	}
	for _, o := range otherNames() {
		t.root.growPath(o.name).key = byPath[o.key]
	}
	return t.root
}

// growHook adds the members of a hook to the list of hooks.
func growHook(root *branch, path string) {
	for _, member := range []string{
		"hook", "config.id", "config.url", "config.method", "config.body", "config.auth.type", "config.auth.config.user", "config.auth.config.password",
		"config.auth.config.name", "config.auth.config.value", "config.auth.config.in",
	} {
		root.growPath(path + "[]." + member).key = &Key{Path: path + "[]." + member}
	}
	for _, member := range []string{"config.can_interrupt", "config.response.ignore", "config.response.parse", "config.emit_analytics_event"} {
		root.growPath(path + "[]." + member).key = &Key{Path: path + "[]." + member, kind: kindBool}
	}
}

func (b *branch) growPath(path string) *branch {
	for part := range strings.SplitSeq(strings.ReplaceAll(path, "[]", ".[]"), ".") {
		b = b.grow(part)
	}
	return b
}

// find resolves a name below a branch. inList tells that it starts with the name of
// a list and a position.
func (s *itemSetting) find(b *branch, name string) (found, inList bool) {
	if b.isList() {
		part, rest, more := strings.Cut(name, "_")
		i, ok := index(part)
		if !ok {
			return false, false
		}
		s.indices = append(s.indices, i)
		if item := b.child["[]"]; item != nil && more {
			found, _ = s.find(item, rest)
		} else if !more && (item == nil || b.key.kind == kindHooks) {
			s.key, found = *b.key, true
		}
		if !found {
			s.indices = s.indices[:len(s.indices)-1]
		}
		return found, true
	}
	for _, child := range b.names {
		c, upper := b.child[child], strings.ToUpper(child)
		rest, below := strings.CutPrefix(name, upper+"_")
		switch {
		case len(s.indices) > 0 && c.key != nil && (name == upper || c.key.Secret() && rest == "FILE"):
			s.key, s.file = *c.key, name != upper
			return true, true
		case below:
			found, within := s.find(c, rest)
			if found {
				return true, true
			}
			inList = inList || within
		}
	}
	return false, inList
}

// isList reports whether items can be named. Those of lists that are written by name
// have no position.
func (b *branch) isList() bool {
	if b.key == nil || b.key.named != "" {
		return false
	}
	return b.child["[]"] != nil || slices.Contains([]kind{kindTexts, kindSecrets, kindURLs, kindHooks}, b.key.kind)
}

// set puts one value into the tree.
func (l *loader) set(root *node, s itemSetting) {
	at, indices := root, s.indices
	parts := strings.Split(s.key.Path, ".")
	for n, part := range parts {
		name, listed := strings.CutSuffix(part, "[]")
		last := n == len(parts)-1
		if last && s.file {
			name += fileSuffix
		}
		shape := object
		if listed || last && len(indices) > 0 {
			shape = list
		}
		if last && shape == object {
			at.replace(field{name: name, value: s.node(), place: s.origin})
			return
		}
		if at = at.enter(name, shape, s.origin); at == nil {
			l.fail(s.key.Path, "sets a part of what the file gives as one value; give it as "+(&node{shape: shape}).what()+" there", s.origin)
			return
		}
		if shape == object {
			continue
		}
		var i int
		i, indices = indices[0], indices[1:]
		if at = l.item(at, i, last, s); at == nil {
			return
		}
	}
}

// node is the value as the tree has it.
func (s itemSetting) node() *node {
	n := &node{shape: loose, text: s.value, origin: s.origin}
	if s.key.kind == kindBool {
		if v, err := n.asBool(); err == nil {
			return &node{shape: boolean, text: strconv.FormatBool(v), origin: s.origin}
		}
	}
	return n
}

// item returns an item of a list to go on in. It is nil where the value is the item, and
// where the item cannot be had.
func (l *loader) item(in *node, i int, last bool, s itemSetting) *node {
	switch {
	case i > len(in.items):
		l.fail(s.key.Path, fmt.Sprintf("sets item %d of a list of %d; number the items from 0 and leave none out", i, len(in.items)), s.origin)
		return nil
	case i == len(in.items):
		in.items = append(slices.Clip(in.items), &node{shape: object, origin: s.origin})
	}
	if last {
		in.items[i] = s.node()
		return nil
	}
	if item := in.items[i]; item.shape != object {
		l.fail(s.key.Path, fmt.Sprintf("sets a part of item %d, which the file gives as %s; write a group of settings there", i, item.what()), s.origin)
		return nil
	}
	return in.items[i]
}

// enter returns a group or list below an object, which is made if it is missing; nil if
// something else is there.
func (n *node) enter(name string, of shape, at Origin) *node {
	f := n.field(name)
	if f == nil || f.value.shape == null {
		n.replace(field{name: name, value: &node{shape: of, origin: at}, place: at})
		f = n.field(name)
	}
	if f.value.shape != of {
		return nil
	}
	return f.value
}

// replace sets a member. A secret takes the place of its file and the other way round.
func (n *node) replace(f field) {
	n.remove(f.name)
	n.remove(f.name + fileSuffix)
	if base, ok := strings.CutSuffix(f.name, fileSuffix); ok {
		n.remove(base)
	}
	n.fields = append(slices.Clip(n.fields), f)
}
