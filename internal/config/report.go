package config

import "fmt"

// Origin is where a value came from.
type Origin struct {
	Kind   OriginKind
	Name   string // file or environment variable
	Line   int    // from 1; 0 if unknown
	Column int    // from 1
}

// OriginKind is the sort of source.
type OriginKind string

// The sorts of sources, the weakest first.
const (
	FromDefault     OriginKind = "default"
	FromGuess       OriginKind = "guessed"
	FromProfile     OriginKind = "embedded profile"
	FromFile        OriginKind = "file"
	FromEnvironment OriginKind = "environment"
	FromFlag        OriginKind = "flag"
)

// String is file:line:column for files, and else the kind with the name.
func (o Origin) String() string {
	switch {
	case o.Kind == FromFile && o.Line > 0:
		return fmt.Sprintf("%s:%d:%d", o.Name, o.Line, o.Column)
	case o.Kind == FromFile:
		return o.Name
	case o.Name != "":
		return string(o.Kind) + " " + o.Name
	}
	return string(o.Kind)
}

// Report tells where every value came from.
type Report struct {
	Values   []Value // in the order of Keys
	Warnings []Problem
}

// Value is one key as it stands, without secrets.
type Value struct {
	Key    Key
	Value  any // as JSON has it; nil when unset
	Origin Origin
}

// Problem is one mistake, or one thing worth knowing, in the configuration.
type Problem struct {
	Key    string // path of the key; empty for what belongs to none
	Text   string // what is wrong and what to write instead
	Origin Origin
}

func (p Problem) Error() string {
	text := p.Text
	if p.Key != "" {
		text = p.Key + ": " + text
	}
	if p.Origin == (Origin{}) || p.Origin.Kind == FromDefault {
		return text
	}
	return p.Origin.String() + ": " + text
}
