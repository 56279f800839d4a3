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
// counts above them.
func (l *loader) itemVariables(root *node, given map[string]*node) {
	var settings []itemSetting
	var targets map[string]itemSetting
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		pattern, indices := positionsIn(name)
		if len(indices) == 0 {
			continue
		}
		if targets == nil {
			targets = l.itemTargets()
		}
		s, found := targets[pattern]
		s.indices, s.value, s.origin = indices, l.env[name], Origin{Kind: FromEnvironment, Name: name}
		before, _, _ := strings.Cut(pattern, "[]")
		_, inList := targets[before+"[]"]
		if found || inList {
			l.itemNames = append(l.itemNames, name)
		}
		list, _, _ := strings.Cut(s.key.Path, "[]")
		switch whole := given[list]; {
		case whole != nil && whole.origin.Kind == FromFlag:
			l.warn("", "has no effect: a flag sets the whole list", s.origin)
		case whole != nil:
			l.warn("", "has no effect: "+whole.origin.Name+" sets the whole list", s.origin)
		case found && s.key.Path != "":
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

// positionsIn finds the parts of a name that are numbers, and returns it with [] in their
// places. No list is so long that more than three digits are needed.
func positionsIn(name string) (pattern string, indices []int) {
	parts := strings.Split(name, "_")
	for i, part := range parts {
		if at, err := strconv.ParseUint(part, 10, 64); err == nil && len(part) <= 3 {
			parts[i], indices = "[]", append(indices, int(at))
		}
	}
	return strings.Join(parts, "_"), indices
}

// itemTargets are the settings of items by their variables, with [] for each position. A list
// of groups is there without a key, for its items are no settings. Items of lists that are
// written by name have no position.
func (l *loader) itemTargets() map[string]itemSetting {
	targets := map[string]itemSetting{}
	for _, k := range l.table.keys {
		list, _, nested := strings.Cut(k.Path, "[]")
		if l.table.byPath[list].named == "" {
			targetsOf(targets, k, k.variable(), nested)
		}
	}
	for _, o := range otherNames() {
		targetsOf(targets, *l.table.byPath[o.key], variableOf(o.name), strings.Contains(o.name, "[]"))
	}
	return targets
}

func targetsOf(targets map[string]itemSetting, k Key, variable string, nested bool) {
	if nested {
		targets[variable] = itemSetting{key: k}
		if k.Secret() {
			targets[variable+fileVariable] = itemSetting{key: k, file: true}
		}
	}
	item := variable + strings.TrimSuffix(anyItem, "_")
	switch k.kind {
	case kindTexts, kindSecrets, kindURLs:
		targets[item] = itemSetting{key: k}
	case kindObjects:
		targets[item] = itemSetting{}
	case kindHooks:
		targets[item] = itemSetting{key: k}
		for _, m := range hookMembers() {
			m.Path = k.Path + "[]." + m.Path
			targets[m.variable()] = itemSetting{key: m}
		}
	default: // has no items
	}
}

// hookMembers are the settings of one hook, see webHookConfig.
func hookMembers() []Key {
	var keys []Key
	for _, name := range []string{
		"hook", "config.id", "config.url", "config.method", "config.body", "config.auth.type", "config.auth.config.user", "config.auth.config.password",
		"config.auth.config.name", "config.auth.config.value", "config.auth.config.in",
	} {
		keys = append(keys, Key{Path: name})
	}
	for _, name := range []string{"config.can_interrupt", "config.response.ignore", "config.response.parse", "config.emit_analytics_event"} {
		keys = append(keys, Key{Path: name, kind: kindBool})
	}
	return keys
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
