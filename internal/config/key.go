package config

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Key is one setting. The table of all of them is Keys.
type Key struct {
	// Path is the place in a file, with dots; [] stands for each item of a list.
	Path string
	// Help says in one paragraph what the setting does.
	Help string
	// Default is written as in the environment; empty for unset.
	Default string
	// Example is a value as in the environment.
	Example string
	// Restart tells that a change only counts from the next start.
	Restart bool
	// Required tells that there is no useful default.
	Required bool
	// NoEffect says why the key is read and then ignored; empty for all others.
	NoEffect string

	// size tells that the number is KiB, and may be written with another unit.
	size bool
	// named is the member that holds the names of a list of groups written as a group
	// of groups by name; empty for lists that are written as lists.
	named string

	since release
	must  rule

	kind   kind // of the value
	member      // that holds it
}

// release is where a key has its name from.
type release int

const (
	v05 release = iota
	v26
	ours
)

func (r release) String() string { return [...]string{"Kratos v0.5", "Kratos v26", "Symbolon"}[r] }

// fileSuffix marks the sibling of a secret that names a file holding it.
const fileSuffix = "_file"

// Type names the type as documentation does.
func (k Key) Type() string { return kinds[k.kind].name }

// Secret reports whether the value must not be shown. Such keys have a sibling
// with _file at the end, in files and in the environment.
func (k Key) Secret() bool {
	return k.kind == kindSecret || k.kind == kindSecretURL || k.kind == kindSecrets
}

// Allowed says in words which values are accepted; empty for any of the type.
func (k Key) Allowed() string { return k.must.words() }

// Env is the name of the environment variable, and empty for the members of
// list items, which are given as JSON in the variable of the list or in one with
// the position, such as IDENTITY_SCHEMAS_0_URL.
func (k Key) Env() string {
	// VERSION in the environment of a process is rarely the version of a file.
	if k.nested() || k.Path == "version" {
		return ""
	}
	return k.variable()
}

// anyItem stands for the position in a list in the name of a variable.
const anyItem = "_[]_"

// variable is the name of the variable, with anyItem for each position.
func (k Key) variable() string {
	return variableOf(k.Path)
}

func variableOf(path string) string {
	return strings.ReplaceAll(strings.ToUpper(strings.ReplaceAll(path, ".", "_")), "[]_", anyItem)
}

func (k Key) nested() bool { return strings.Contains(k.Path, "[]") }

// kind is what a value is in Go.
type kind int

const (
	kindText kind = iota
	kindSecret
	kindSecretURL
	kindBool
	kindInt
	kindDuration
	kindURL
	kindTexts
	kindSecrets
	kindURLs
	kindHooks
	kindJSON
	kindHeaders
	kindObjects
)

// kinds is what there is to know of each.
var kinds = [...]struct {
	of     reflect.Type // nil for any that is not named here
	name   string       // in documentation
	schema string       // JSON Schema of a value in a file
}{
	kindText:      {reflect.TypeFor[string](), "text", `{"type":"string"}`},
	kindSecret:    {reflect.TypeFor[Secret](), "secret", `{"type":"string"}`},
	kindSecretURL: {reflect.TypeFor[SecretURL](), "secret URL", `{"type":"string"}`},
	kindBool:      {reflect.TypeFor[bool](), "true or false", `{"type":"boolean"}`},
	kindInt:       {reflect.TypeFor[int](), "whole number", `{"type":"integer"}`},
	kindDuration:  {reflect.TypeFor[time.Duration](), "duration", `{"type":"string","pattern":"` + durationPattern + `"}`},
	kindURL:       {reflect.TypeFor[*url.URL](), "URL", `{"type":"string","format":"uri-reference"}`},
	kindTexts:     {reflect.TypeFor[[]string](), "list of texts", `{"type":"array","items":{"type":"string"}}`},
	kindSecrets:   {reflect.TypeFor[[]Secret](), "list of secrets", `{"type":"array","items":{"type":"string"}}`},
	kindURLs:      {reflect.TypeFor[[]*url.URL](), "list of URLs", `{"type":"array","items":{"type":"string","format":"uri-reference"}}`},
	kindHooks:     {reflect.TypeFor[Hooks](), "list of hooks", `{"type":"array","items":{"type":"string"}}`},
	kindJSON:      {reflect.TypeFor[json.RawMessage](), "JSON value", `{}`},
	kindHeaders:   {reflect.TypeFor[Headers](), "texts by name", `{"type":"object","additionalProperties":{"type":"string"}}`},
	kindObjects:   {nil, "list of groups", `{"type":"array"}`},
}

// in is a pointer to the value below root, which is a *Config or a pointer to the item of a
// list. A value that is dropped gets a place of its own.
func (k Key) in(root any) any {
	if k.index == nil {
		return k.fresh()
	}
	return reflect.ValueOf(root).Elem().FieldByIndex(k.index).Addr().Interface()
}

// fresh is a pointer to a new value.
func (k Key) fresh() any { return reflect.New(k.of).Interface() }

func kindOf(t reflect.Type) kind {
	for k, known := range kinds {
		if known.of == t {
			return kind(k)
		}
	}
	return kindObjects
}

// member is a member of Config, or of the item of a list in it.
type member struct {
	of    reflect.Type
	index []int // of reflect; nil for a key that is read and then dropped
}

// members finds the members below a struct by the paths of their keys. A part of a path is
// the name of the member in small letters with underscores, or what its tag says: a name, "-"
// for none, or a path from the root after a slash.
func members(of reflect.Type, path string, index []int, found map[string]member) {
	for i := range of.NumField() {
		f := of.Field(i)
		name := memberName(f)
		at, absolute := strings.CutPrefix(name, "/")
		if !absolute {
			at = strings.TrimPrefix(path+"."+name, ".")
		}
		to := append(slices.Clone(index), i)
		switch {
		case name == "-":
		case f.Type.Kind() == reflect.Struct:
			members(f.Type, at, to, found)
		default:
			found[at] = member{f.Type, to}
			if kindOf(f.Type) == kindObjects {
				members(f.Type.Elem(), at+"[]", nil, found)
			}
		}
	}
}

func memberName(f reflect.StructField) string {
	if name, tagged := f.Tag.Lookup("key"); tagged {
		return name
	}
	return snakeCase(f.Name)
}

// snakeCase turns MaxAge into max_age and BaseURL into base_url.
func snakeCase(name string) string {
	var out []rune
	letters := []rune(name)
	for i, r := range letters {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			out = append(out, '_')
		}
		out = append(out, unicode.ToLower(r))
	}
	return string(out)
}
