package config

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
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
	// Own tells that v0.5 does not know the key.
	Own bool
	// V26 tells that v26 knows the key by this name. Own is set too.
	V26 bool
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

	rules []rule
	ref   ref
}

// fileSuffix marks the sibling of a secret that names a file holding it.
const fileSuffix = "_file"

// Type names the type as documentation does.
func (k Key) Type() string { return kindNames[k.ref.kind] }

// Secret reports whether the value must not be shown. Such keys have a sibling
// with _file at the end, in files and in the environment.
func (k Key) Secret() bool {
	return k.ref.kind == kindSecret || k.ref.kind == kindSecretURL || k.ref.kind == kindSecrets
}

// Allowed says in words which values are accepted; empty for any of the type.
func (k Key) Allowed() string {
	var parts []string
	for _, r := range k.rules {
		parts = append(parts, r.text)
	}
	return strings.Join(parts, "; ")
}

// Env is the name of the environment variable, and empty for the members of
// list items, which are given as JSON in the variable of the list.
func (k Key) Env() string {
	// VERSION in the environment of a process is rarely the version of a file.
	if k.nested() || k.Path == "version" {
		return ""
	}
	return strings.ToUpper(strings.ReplaceAll(k.Path, ".", "_"))
}

func (k Key) nested() bool { return strings.Contains(k.Path, "[]") }

// Section is the first part of the path.
func (k Key) Section() string {
	section, _, _ := strings.Cut(k.Path, ".")
	return section
}

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

var kindNames = map[kind]string{
	kindText: "text", kindSecret: "secret", kindSecretURL: "secret URL", kindBool: "true or false",
	kindInt: "whole number", kindDuration: "duration", kindURL: "URL", kindTexts: "list of texts",
	kindSecrets: "list of secrets", kindURLs: "list of URLs", kindHooks: "list of hooks",
	kindJSON: "JSON value", kindHeaders: "texts by name", kindObjects: "list of groups",
}

// ref leads from a root (*Config, or a pointer to the item of a list) to a
// pointer to the value.
type ref struct {
	kind kind
	at   func(root any) any
	// root makes something that the value can be read into.
	root func() any
	// ignored marks values that are read and then dropped.
	ignored bool
}

// in makes a ref from a function that returns the address of a field.
func in[Root any](f func(*Root) any) ref {
	return ref{
		kind: kindOf(f(new(Root))), at: func(root any) any { return f(root.(*Root)) },
		root: func() any { return new(Root) },
	}
}

// dropped makes a ref for keys without effect.
func dropped[Value any]() ref {
	return ref{
		kind: kindOf(new(Value)), at: func(any) any { return new(Value) }, ignored: true,
		root: func() any { return new(Config) },
	}
}

func kindOf(pointer any) kind {
	switch pointer.(type) {
	case *Secret:
		return kindSecret
	case *SecretURL:
		return kindSecretURL
	case *bool:
		return kindBool
	case *int:
		return kindInt
	case *time.Duration:
		return kindDuration
	case **url.URL:
		return kindURL
	case *[]string:
		return kindTexts
	case *[]Secret:
		return kindSecrets
	case *[]*url.URL:
		return kindURLs
	case *Hooks:
		return kindHooks
	case *json.RawMessage:
		return kindJSON
	case *Headers:
		return kindHeaders
	case objects:
		return kindObjects
	}
	return kindText
}

// objects is a list of structs behind one interface.
type objects interface {
	resize(n int)
	size() int
	item(i int) any // pointer to the struct
}

type objectsOf[Item any] struct{ list *[]Item }

func (o objectsOf[Item]) resize(n int)   { *o.list = make([]Item, n) }
func (o objectsOf[Item]) size() int      { return len(*o.list) }
func (o objectsOf[Item]) item(i int) any { return &(*o.list)[i] }
