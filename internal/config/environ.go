package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// environment applies the variables that are settings. Empty ones count as
// unset.
func (l *loader) environment() {
	env := l.variables()
	l.legacy(env)
	for _, k := range l.table.keys {
		if k.nested() {
			continue
		}
		name := k.Env()
		value, plain := env[name]
		at := Origin{Kind: FromEnvironment, Name: name}
		if path, ok := env[name+fileVariable]; ok && k.Secret() {
			at.Name += fileVariable
			if plain {
				l.fail(k.Path, fmt.Sprintf("%s and %s_FILE are both set; unset one", name, name), at)
				continue
			}
			if n, ok := l.secretFile(k, k.Path, l.absolute("", path), at); ok {
				l.apply(k, l.config, n)
			}
			continue
		}
		if !plain {
			if value, plain = l.otherVariable(env, k, &at); !plain {
				continue
			}
		}
		l.apply(k, l.config, &node{shape: loose, text: value, origin: at})
	}
	l.misspelt(env)
}

// fileVariable marks the variable that names the file of a secret.
const fileVariable = "_FILE"

// replaced removes from the files what the environment or a flag sets as a whole. What
// stands there has no effect, and is often a placeholder.
func (l *loader) replaced(root *node) {
	if root == nil {
		return
	}
	env := l.variables()
	for _, k := range l.table.keys {
		if k.nested() || k.Env() == "" {
			continue
		}
		if l.setter(env, k) != "" {
			root.prune(strings.Split(k.Path, "."))
		}
	}
}

// setter names the variable or flag that sets a setting as a whole; "" if none does, or
// if two of them contradict each other.
func (l *loader) setter(env map[string]string, k Key) string {
	_, given := env[k.Env()]
	_, inFile := env[k.Env()+fileVariable]
	inFile = inFile && k.Secret()
	at := Origin{}
	_, other := l.otherVariable(env, k, &at)
	_, flag := l.source.Flags[k.Path]
	switch {
	case given && inFile:
		return ""
	case given:
		return k.Env()
	case inFile:
		return k.Env() + fileVariable
	case other:
		return at.Name
	case flag:
		return "a flag"
	}
	return ""
}

// prune removes a value, or the file of a secret.
func (n *node) prune(path []string) {
	last := len(path) - 1
	if n = n.below(path[:last]); n != nil {
		n.remove(path[last])
		n.remove(path[last] + fileSuffix)
	}
}

func (l *loader) variables() map[string]string {
	env := map[string]string{}
	for _, pair := range l.source.Environ {
		if name, value, ok := strings.Cut(pair, "="); ok && value != "" {
			env[name] = value
		}
	}
	return env
}

const laxVariable = "DEV_DISABLE_API_FLOW_ENFORCEMENT"

// legacy handles the variables that v0.5 reads and that are not keys.
func (l *loader) legacy(env map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		at := Origin{Kind: FromEnvironment, Name: name}
		switch {
		case name == laxVariable:
			l.lax(env[name], at)
		case name == "DISABLE_TELEMETRY" || name == "SQA_OPT_OUT":
			l.warn("", "has no effect: nothing is ever sent home", at)
		case strings.HasPrefix(name, "TRACING_") || name == "JAEGER_PROPAGATION":
			l.warn("", "has no effect: there is no tracing", at)
		case strings.HasPrefix(name, "CORS_"):
			l.legacyCORS(env, name, at)
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
		variable := strings.ToUpper(strings.ReplaceAll(a.name, ".", "_"))
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

// otherVariable reads a key from the variable of another name.
func (l *loader) otherVariable(env map[string]string, k Key, at *Origin) (string, bool) {
	for _, o := range otherNames() {
		if o.key != k.Path {
			continue
		}
		name := strings.ToUpper(strings.ReplaceAll(o.name, ".", "_"))
		value, ok := env[name]
		if !ok {
			continue
		}
		*at = Origin{Kind: FromEnvironment, Name: name, As: o.name}
		if o.convert != nil {
			value = o.convert(&node{shape: loose, text: value}).text
		}
		return value, true
	}
	return "", false
}

// legacyCORS honours the old names, below the new ones.
func (l *loader) legacyCORS(env map[string]string, name string, at Origin) {
	last := strings.ToLower(strings.TrimPrefix(name, "CORS_"))
	if last == "allowed_credentials" {
		last = "allow_credentials"
	}
	k, ok := l.find("serve.public.cors." + last)
	if !ok {
		return
	}
	l.warn(k.Path, "is an old name; use "+k.Env(), at)
	if _, newer := env[k.Env()]; !newer {
		l.apply(k, l.config, &node{shape: loose, text: env[name], origin: at})
	}
}

// misspelt warns of variables that are nearly settings. Other programs have
// variables too, so it takes a long name and a near miss.
func (l *loader) misspelt(env map[string]string) {
	known := map[string]bool{}
	for _, k := range l.table.keys {
		known[k.Env()] = true
		if k.Secret() {
			known[k.Env()+fileVariable] = true
		}
	}
	names := slices.Sorted(maps.Keys(known))
	for _, name := range slices.Sorted(maps.Keys(env)) {
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
