package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fileVariable marks the variable that names the file of a secret.
const fileVariable = "_FILE"

// variables are those of an environment. Empty ones count as unset.
func variables(environ []string) map[string]string {
	env := map[string]string{}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok && value != "" {
			env[name] = value
		}
	}
	return env
}

// given are the values that the environment and the flags set as a whole, by path.
func (l *loader) given() map[string]*node {
	given := map[string]*node{}
	for _, k := range l.table.keys {
		if n := l.variable(k); n != nil {
			given[k.Path] = n
		}
	}
	for path, value := range l.source.Flags {
		at := Origin{Kind: FromFlag, Name: path}
		if _, ok := l.find(path); !ok {
			l.fail(path, l.table.suggest(path, path), at)
			continue
		}
		given[path] = &node{shape: loose, text: value, origin: at}
	}
	return given
}

// variable is what the environment sets a setting to as a whole: nil for nothing, and null
// where it names a file that can't be read.
func (l *loader) variable(k Key) *node {
	name := k.Env()
	if name == "" {
		return nil
	}
	at := Origin{Kind: FromEnvironment, Name: name}
	value, plain := l.env[name]
	if path, ok := l.env[name+fileVariable]; ok && k.Secret() {
		at.Name += fileVariable
		if plain {
			l.fail(k.Path, fmt.Sprintf("%s and %s_FILE are both set; unset one", name, name), at)
			return nil
		}
		return l.secretFile(k, k.Path, l.absolute("", path), at)
	}
	if plain {
		return &node{shape: loose, text: value, origin: at}
	}
	return l.otherVariable(k)
}

// otherVariable is what a variable of another name sets a setting to; nil for nothing.
func (l *loader) otherVariable(k Key) *node {
	for _, o := range otherNames() {
		name := variableOf(o.name)
		value, ok := l.env[name]
		if o.key != k.Path || !ok {
			continue
		}
		n := &node{shape: loose, text: value, origin: Origin{Kind: FromEnvironment, Name: name, As: o.name}}
		if o.convert != nil {
			n = o.convert(n)
		}
		return n
	}
	return nil
}

// prune removes a value, or the file of a secret.
func (n *node) prune(path []string) {
	last := len(path) - 1
	if n = n.below(path[:last]); n != nil {
		n.remove(path[last])
		n.remove(path[last] + fileSuffix)
	}
}

const laxVariable = "DEV_DISABLE_API_FLOW_ENFORCEMENT"

// legacy handles the variables that v0.5 reads and that are not keys. Old names of
// keys count above the files.
func (l *loader) legacy(found map[string]*node) {
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		at := Origin{Kind: FromEnvironment, Name: name}
		switch {
		case name == laxVariable:
			l.lax(l.env[name], at)
		case name == "DISABLE_TELEMETRY" || name == "SQA_OPT_OUT":
			l.warn("", "has no effect: nothing is ever sent home", at)
		case strings.HasPrefix(name, "TRACING_") || name == "JAEGER_PROPAGATION":
			l.warn("", "has no effect: there is no tracing", at)
		case strings.HasPrefix(name, "CORS_"):
			l.legacyCORS(found, name, at)
		case strings.HasPrefix(name, "COURIER_TEMPLATES_"):
			l.warn("", "has no effect; set COURIER_TEMPLATES to all of them as JSON, or name them in a file", at)
		default:
			if a, ok := absentVariable(name); ok {
				l.missing(a.name, a, at)
			}
		}
	}
}

// absentVariable finds the setting of v26 that is not here and that a variable names.
// Settings of one word are names that other programs have too.
func absentVariable(name string) (absent, bool) {
	for _, a := range absentKeys() {
		variable := variableOf(a.name)
		if strings.Contains(variable, "_") && (name == variable || strings.HasPrefix(name, variable+"_")) {
			return a, true
		}
	}
	return absent{}, false
}

func (l *loader) lax(value string, at Origin) {
	on, err := strconv.ParseBool(value)
	switch {
	case err != nil:
		l.fail("", "write true or false", at)
	case on && !l.config.Dev:
		l.warn("", "has no effect without --dev", at)
	default:
		l.config.LaxAPI = on
	}
}

// legacyCORS honours the old names, below the new ones.
func (l *loader) legacyCORS(found map[string]*node, name string, at Origin) {
	last := strings.ToLower(strings.TrimPrefix(name, "CORS_"))
	if last == "allowed_credentials" {
		last = "allow_credentials"
	}
	k, ok := l.find("serve.public.cors." + last)
	if !ok {
		return
	}
	l.warn(k.Path, "is an old name; use "+k.Env(), at)
	found[k.Path] = &node{shape: loose, text: l.env[name], origin: at}
}

// misspelt warns of variables that are nearly settings. Other programs have
// variables too, so it takes a long name and a near miss.
func (l *loader) misspelt() {
	known := map[string]bool{}
	for _, k := range l.table.keys {
		known[k.Env()] = true
		if k.Secret() {
			known[k.Env()+fileVariable] = true
		}
	}
	names := slices.Sorted(maps.Keys(known))
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if known[name] || len(name) < 12 || slices.Contains(l.itemNames, name) {
			continue
		}
		for _, candidate := range names {
			if len(candidate) >= 12 && distance(name, candidate, 3) < 3 {
				l.warn("", "is not a setting; did you mean "+candidate+"?", Origin{Kind: FromEnvironment, Name: name})
				break
			}
		}
	}
}
