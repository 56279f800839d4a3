package courier

import (
	"fmt"
	"strings"
	texttemplate "text/template"
	"unicode"
	"unicode/utf8"
)

// functions are those that templates may call in addition to Go's own. Their names
// and the order of their arguments are those of the sprig library, which templates of
// v0.5 use. None of them reads the environment, files, the network, the clock or random
// numbers: a mail depends only on the data that its template is given.
var functions = texttemplate.FuncMap{
	"lower":      strings.ToLower,
	"upper":      strings.ToUpper,
	"title":      title,
	"trim":       strings.TrimSpace,
	"trimAll":    func(cut, s string) string { return strings.Trim(s, cut) },
	"trimPrefix": func(prefix, s string) string { return strings.TrimPrefix(s, prefix) },
	"trimSuffix": func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
	"nospace":    func(s string) string { return strings.Join(strings.Fields(s), "") },
	"replace":    func(old, with, s string) string { return strings.ReplaceAll(s, old, with) },
	"contains":   func(part, s string) bool { return strings.Contains(s, part) },
	"hasPrefix":  func(prefix, s string) bool { return strings.HasPrefix(s, prefix) },
	"hasSuffix":  func(suffix, s string) bool { return strings.HasSuffix(s, suffix) },
	"splitList":  func(separator, s string) []string { return strings.Split(s, separator) },
	"join":       func(separator string, list []string) string { return strings.Join(list, separator) },
	"first":      first,
	"last":       last,
	"trunc":      trunc,
	"abbrev":     abbrev,
	"cat":        cat,
	"quote":      func(s string) string { return fmt.Sprintf("%q", s) },
	"squote":     func(s string) string { return "'" + s + "'" },
	"indent":     indent,
	"nindent":    func(width int, s string) string { return "\n" + indent(width, s) },
	"default":    fallback,
	"empty":      func(s string) bool { return s == "" },
	"coalesce":   coalesce,
	"ternary":    ternary,
}

// title makes the first letter of each word a capital.
func title(s string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		start := unicode.IsSpace(before)
		before = r
		if start {
			return unicode.ToTitle(r)
		}
		return r
	}, s)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// trunc keeps the first n characters, the last ones if n is negative.
func trunc(n int, s string) string {
	runes := []rune(s)
	switch {
	case n >= 0 && n < len(runes):
		return string(runes[:n])
	case n < 0 && -n < len(runes):
		return string(runes[len(runes)+n:])
	}
	return s
}

// abbrev is trunc with dots in place of what is left out.
func abbrev(n int, s string) string {
	if n < 4 || utf8.RuneCountInString(s) <= n {
		return s
	}
	return trunc(n-3, s) + "..."
}

func cat(values ...any) string {
	return strings.TrimSuffix(fmt.Sprintln(values...), "\n")
}

// indent is bounded: templates are trusted, their typing errors are not.
func indent(width int, s string) string {
	space := strings.Repeat(" ", min(max(width, 0), 80))
	return space + strings.ReplaceAll(s, "\n", "\n"+space)
}

func fallback(otherwise, s string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func coalesce(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func ternary(yes, no string, condition bool) string {
	if condition {
		return yes
	}
	return no
}
