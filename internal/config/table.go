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

// table is the keys as a tree, the way files are written.
type table struct {
	keys  []Key
	root  *branch
	paths []string // of all keys and groups
}

// branch is a group of settings, or one setting if key is set. The branch of a
// list of groups has a child "[]".
type branch struct {
	path  string
	key   *Key
	names []string // of the children, in order
	child map[string]*branch
}

func newTable() *table {
	t := &table{keys: Keys(), root: &branch{child: map[string]*branch{}}}
	for i := range t.keys {
		at := t.root
		for part := range strings.SplitSeq(strings.ReplaceAll(t.keys[i].Path, "[]", ".[]"), ".") {
			at = at.grow(part)
		}
		at.key = &t.keys[i]
	}
	t.paths = t.root.paths()
	return t
}

func (b *branch) grow(name string) *branch {
	if c, ok := b.child[name]; ok {
		return c
	}
	path := strings.TrimPrefix(b.path+"."+name, ".")
	c := &branch{path: strings.ReplaceAll(path, ".[]", "[]"), child: map[string]*branch{}}
	b.child[name] = c
	b.names = append(b.names, name)
	return c
}

// secretOf returns the secret that a name with _file at its end stands for.
func (b *branch) secretOf(name string) (*branch, bool) {
	base, ok := strings.CutSuffix(name, fileSuffix)
	if !ok {
		return nil, false
	}
	c, ok := b.child[base]
	return c, ok && c.key != nil && c.key.Secret()
}

// paths lists the paths of all keys and groups.
func (b *branch) paths() []string {
	var all []string
	for _, name := range b.names {
		c := b.child[name]
		all = append(append(all, c.path), c.paths()...)
	}
	return all
}
