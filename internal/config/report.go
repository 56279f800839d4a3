package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Origin is where a value came from.
type Origin struct {
	Kind   OriginKind
	Name   string // file, environment variable or key given as a flag
	Line   int    // from 1; 0 if unknown
	Column int    // from 1
	As     string // the other name under which the value was given; empty for the key's own
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

// String is file:line:column for files, and else the kind with the name; with the
// other name under which the value was given.
func (o Origin) String() string {
	if o.As != "" {
		return o.Place() + " as " + o.As
	}
	return o.Place()
}

// Place is String without the other name.
func (o Origin) Place() string {
	switch {
	case o.Kind == "":
		return string(FromDefault)
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
	Values   []Value // in the order of Keys, without the members of list items
	Warnings []Problem
	// Identities are those that setup directories declare.
	Identities []Declared
}

// Locate gives problems that were found after the configuration was read the places
// of their keys. A key may name one item of a list: identity.schemas[1].url.
func (r *Report) Locate(problems []Problem) []Problem {
	located := slices.Clone(problems)
	for i, p := range located {
		path, _, _ := strings.Cut(p.Key, "[")
		for _, v := range r.Values {
			if v.Key.Path == path && p.Origin.Kind == "" {
				located[i].Origin = v.Origin
			}
		}
	}
	return located
}

// Value is one key as it stands, without secrets.
type Value struct {
	Key    Key
	Value  any // as encoding/json has it; nil when unset
	Origin Origin
}

// Text is the value in one line, nearly as in the environment.
func (v Value) Text() string {
	switch value := v.Value.(type) {
	case nil:
		return ""
	case string:
		return value
	case []string:
		return strings.Join(value, ",")
	}
	data, err := json.Marshal(v.Value)
	if err != nil {
		return fmt.Sprint(v.Value)
	}
	return string(data)
}

// Problem is one mistake, or one thing worth knowing, in the configuration.
type Problem struct {
	Key    string // path of the key; empty for what belongs to none
	Text   string // what is wrong and what to write instead
	Origin Origin
}

// Error is place, key and text, as compilers write it.
func (p Problem) Error() string {
	text := p.Text
	if p.Key != "" {
		text = p.name() + " " + text
	}
	if p.Origin.Kind == "" || p.Origin.Kind == FromDefault {
		return text
	}
	return p.Origin.Place() + ": " + text
}

// name is the key, by the name that the input has for it.
func (p Problem) name() string {
	if slices.Contains(namesOf(p.Key), p.Origin.As) {
		return p.Origin.As
	}
	return p.Key
}

// Problems is everything that is wrong with a configuration.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, 0, len(p)+1)
	if len(p) != 1 {
		lines = append(lines, fmt.Sprintf("the configuration has %d mistakes:", len(p)))
	}
	for _, problem := range p {
		lines = append(lines, problem.Error())
	}
	return strings.Join(lines, "\n")
}

// report brings problems and warnings into the order of their places and lists
// all values.
func (l *loader) report() *Report {
	for _, list := range [][]Problem{l.problems, l.warnings} {
		slices.SortStableFunc(list, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Origin.Name, b.Origin.Name), cmp.Compare(a.Origin.Line, b.Origin.Line),
				cmp.Compare(a.Origin.Column, b.Origin.Column), cmp.Compare(a.Key, b.Key))
		})
	}
	r := &Report{Warnings: l.warnings, Identities: l.declared}
	for _, k := range l.table.keys {
		if k.nested() {
			continue
		}
		v := Value{Key: k, Origin: cmp.Or(l.origins[k.Path], Origin{Kind: FromDefault})}
		if k.index != nil {
			v.Value = l.table.shown(k, l.config)
		}
		r.Values = append(r.Values, v)
	}
	return r
}

// shown is the value of a key without secrets.
func (t *table) shown(k Key, root any) any {
	pointer := k.in(root)
	if k.kind == kindObjects {
		return t.shownList(k, reflect.ValueOf(pointer).Elem())
	}
	return shown(pointer)
}

// shown is a value that is not a list of groups, without secrets; nil if it is unset.
func shown(pointer any) any {
	v := reflect.ValueOf(pointer).Elem()
	if k := v.Kind(); (k == reflect.Slice || k == reflect.Map) && v.Len() == 0 {
		return nil
	}
	switch v := v.Interface().(type) {
	case json.RawMessage, Headers:
		return v
	}
	values, isList := items(pointer)
	if !isList {
		return plain(values[0])
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = plainWord(v)
	}
	return texts
}

func (t *table) shownList(k Key, list reflect.Value) any {
	out := make([]map[string]any, list.Len())
	for i := range out {
		out[i] = map[string]any{}
		for _, member := range t.keys {
			name, ok := strings.CutPrefix(member.Path, k.Path+"[].")
			if !ok || member.index == nil {
				continue
			}
			if v := t.shown(member, list.Index(i).Addr().Interface()); v != nil {
				out[i][name] = v
			}
		}
	}
	return out
}

// plain is a scalar as it is shown: URLs and durations as text, secrets blotted
// out.
func plain(v any) any {
	switch v := v.(type) {
	case *url.URL:
		if v == nil {
			return nil
		}
		return redactQuery(v.Redacted())
	case string:
		if v == "" {
			return nil
		}
		return withoutPassword(v)
	case time.Duration:
		return formatDuration(v)
	case fmt.Stringer:
		return plain(v.String())
	}
	return v
}

// plainWord is plain as text.
func plainWord(v any) string {
	if v = plain(v); v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// Change is a key whose value differs between two configurations.
type Change struct {
	Key    Key // Key.Restart tells whether it counts only from the next start
	Before any // without secrets
	After  any
}

// Diff lists what changed, in the order of Keys.
func Diff(before, after *Config) []Change {
	t := newTable()
	var changes []Change
	for _, k := range t.keys {
		if k.nested() || k.index == nil || reflect.DeepEqual(k.in(before), k.in(after)) {
			continue
		}
		changes = append(changes, Change{Key: k, Before: t.shown(k, before), After: t.shown(k, after)})
	}
	return changes
}
