package config

import (
	"reflect"
	"slices"
	"strings"
)

// Keys is the table of all settings, in the order in which they are documented.
func Keys() []Key {
	keys := slices.Concat(
		baseKeys(), serveKeys(), identityKeys(), selfserviceKeys(), methodKeys(), linkKeys(), factorKeys(), policyKeys(), providerKeys(), flowKeys(),
		formKeys(), factorAfterKeys(), sessionKeys(), whoamiKeys(), secretKeys(), flagKeys(), hasherKeys(), passwordKeys(), courierKeys(), messageKeys(), uiKeys(), securityKeys(), processKeys(),
	)
	found := map[string]member{}
	members(reflect.TypeFor[Config](), "", nil, found)
	for i := range keys {
		k := &keys[i]
		m, ok := found[k.Path]
		switch {
		case ok:
			k.member = m
		case k.Default == "false":
			k.of = reflect.TypeFor[bool]()
		default:
			k.of = reflect.TypeFor[string]()
		}
		k.kind = kindOf(k.of)
		if k.kind == kindBool && k.Example == "" {
			k.Example = map[string]string{"false": "true", "true": "false"}[k.Default]
		}
	}
	return keys
}

// key is one row of the table.
func key(path string, k Key, help string) Key {
	k.Path, k.Help = path, help
	return k
}

// Find returns the key with that path or environment name.
func Find(name string) (Key, bool) {
	for _, k := range Keys() {
		if k.Path == name || k.Env() != "" && k.Env() == name {
			return k, true
		}
	}
	return Key{}, false
}

// Below returns the keys whose path starts with the section, which may have
// several parts.
func Below(section string) []Key {
	var found []Key
	for _, k := range Keys() {
		if strings.HasPrefix(k.Path, section+".") {
			found = append(found, k)
		}
	}
	return found
}

// table is the keys and the groups that files write them in. The items of a list are a
// group too, with [] at the end of its path.
type table struct {
	keys   []Key
	byPath map[string]*Key
	groups map[string][]string // the names in a group, in order, by its path; "" is the root
	paths  []string            // of all keys and groups
}

func newTable() *table {
	t := &table{keys: Keys(), byPath: map[string]*Key{}, groups: map[string][]string{}}
	for i := range t.keys {
		k, group := &t.keys[i], ""
		t.byPath[k.Path] = k
		for part := range strings.SplitSeq(k.Path, ".") {
			if name := strings.TrimSuffix(part, "[]"); !t.has(group, name) {
				t.groups[group] = append(t.groups[group], name)
			}
			group = join(group, part)
		}
	}
	t.paths = t.below("")
	return t
}

// join is the path of a name in a group.
func join(group, name string) string { return strings.TrimPrefix(group+"."+name, ".") }

func (t *table) has(group, name string) bool { return slices.Contains(t.groups[group], name) }

// secretOf returns the secret that a name with _file at its end stands for; nil for none.
func (t *table) secretOf(group, name string) *Key {
	base, ok := strings.CutSuffix(name, fileSuffix)
	if k := t.byPath[join(group, base)]; ok && t.has(group, base) && k != nil && k.Secret() {
		return k
	}
	return nil
}

// below lists the paths of all keys and groups in a group.
func (t *table) below(group string) []string {
	var all []string
	for _, name := range t.groups[group] {
		path := join(group, name)
		all = append(append(all, path), t.below(path)...)
		if items := path + "[]"; t.groups[items] != nil {
			all = append(append(all, items), t.below(items)...)
		}
	}
	return all
}
