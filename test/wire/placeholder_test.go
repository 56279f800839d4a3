package wire

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
)

// placeholder is how the recording writes a value that differs from run to run: {{kind.number}}, or {{kind}} for a value that
// is not compared with others.
var placeholder = regexp.MustCompile(`\{\{([a-z ]+)(?:\.(\d+))?\}\}`)

// patterns say what a value of each kind looks like.
var patterns = map[string]string{
	"id":      `[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
	"uuid":    `[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
	"csrf":    `[A-Za-z0-9+/]{43}=`,
	"mask":    `[A-Za-z0-9+/]{86}==`,
	"cookie":  `[A-Za-z0-9_=|.-]{32,}`,
	"cont":    `[A-Za-z0-9_=|.-]{16,}`,
	"token":   `[A-Za-z0-9]{32}`,
	"link":    `[A-Za-z0-9]{32}`,
	"time":    `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,8}[1-9])?Z`,
	"past":    `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,8}[1-9])?Z`,
	"date":    `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT`,
	"minutes": `\d+\.\d\d`,
	"random":  `[A-Za-z0-9_-]{22,}`,
}

// bindings are the values that placeholders have in one run, by kind and number.
type bindings map[string]string

// expand writes a text of the recording with the values bound so far. It names the placeholders that have none.
func (b bindings) expand(text string) (string, []string) {
	var unbound []string
	out := placeholder.ReplaceAllStringFunc(text, func(p string) string {
		value, ok := b[strings.Trim(p, "{}")]
		if !ok {
			unbound = append(unbound, p)
		}
		return value
	})
	return out, unbound
}

// match compares a text with one of the recording and binds the placeholders that have no value yet. Those of the kinds in
// rebind take the new value in any case.
func (b bindings) match(want, got string, rebind ...string) error {
	var pattern strings.Builder
	var names []string
	rest := want
	pattern.WriteString(`(?s)\A`)
	for {
		at := placeholder.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		pattern.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		kind, name := rest[at[2]:at[3]], strings.Trim(rest[at[0]:at[1]], "{}")
		value, bound := b[name]
		for _, k := range rebind {
			bound = bound && k != kind
		}
		switch {
		case bound:
			pattern.WriteString(regexp.QuoteMeta(value))
		case patterns[kind] == "":
			return fmt.Errorf("placeholder %s is of no known kind", name)
		default:
			pattern.WriteString("(" + patterns[kind] + ")")
			names = append(names, name)
		}
		rest = rest[at[1]:]
	}
	pattern.WriteString(regexp.QuoteMeta(rest) + `\z`)
	found := regexp.MustCompile(pattern.String()).FindStringSubmatch(got)
	if found == nil {
		for name, value := range b {
			want = strings.ReplaceAll(want, "{{"+name+"}}", value)
		}
		return fmt.Errorf("want %q\n     got %q", want, got)
	}
	fresh := bindings{}
	for i, name := range names {
		value := found[i+1]
		if earlier, ok := fresh[name]; ok && earlier != value {
			return fmt.Errorf("want the same for each %s\n     got %q and %q", name, earlier, value)
		}
		if strings.Contains(name, ".") {
			fresh[name] = value
		}
	}
	maps.Copy(b, fresh)
	return nil
}

func TestPlaceholdersAreBoundOnceAndEqualEverAfter(t *testing.T) {
	t.Parallel()
	const one, two = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	b := bindings{}
	if err := b.match("/x?id={{id.1}}&at={{time}}", "/x?id="+one+"&at=2026-11-23T03:43:06.2Z"); err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]string{
		"{{id.1}}":         two,                       // bound to another value
		"{{id.2}}":         "not-a-uuid",              // not of its kind
		"{{time}}":         "2026-11-23T03:43:06.20Z", // trailing zeros are dropped
		"x{{id.1}}":        one,                       // text around it
		"{{token.1}}":      "short",                   // too short
		"{{unheard of.1}}": "x",                       // no such kind
	} {
		if b.match(want, got) == nil {
			t.Errorf("%q matched %q", want, got)
		}
	}
	if err := b.match("{{id.3}} {{id.3}}", one+" "+two); err == nil || len(b) != 1 {
		t.Errorf("one placeholder took two values: %v", b)
	}
	if err := b.match("{{id.1}} {{id.2}} {{id.2}}", one+" "+two+" "+two); err != nil {
		t.Error(err)
	}
	if got, unbound := b.expand("{{id.2}} {{id.3}}"); got != two+" " || len(unbound) != 1 {
		t.Errorf("expanded to %q, unbound %v", got, unbound)
	}
}

func TestAContinuityCookieIsReboundByEachSetCookie(t *testing.T) {
	t.Parallel()
	b := bindings{"cont.1": "first-value-0123456789"}
	if err := b.match("c={{cont.1}}", "c=second-value-0123456789", "cont"); err != nil {
		t.Fatal(err)
	}
	if b["cont.1"] != "second-value-0123456789" {
		t.Errorf("still %q", b["cont.1"])
	}
}
