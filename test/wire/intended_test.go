package wire

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// intendedFile names, for the conformance program, the exchanges whose answer differs on purpose.
const intendedFile = "intended.txt"

// sourced is how a reason names where it is written down.
var sourced = regexp.MustCompile(`\((?:(?:surprises|decision|issue) \d+(?:\.\d+)?(?:, )?)+\)$`)

// readIntended reads intended.txt: a name and a reason a line.
func readIntended(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(intendedFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, _ := strings.Cut(line, " ")
		if lines[name] != "" {
			t.Errorf("%s: %s stands there twice", intendedFile, name)
		}
		lines[name] = strings.TrimSpace(reason)
	}
	return lines
}

func TestEveryIntendedDifferenceNamesAnExchangeAndASource(t *testing.T) {
	t.Parallel()
	all, err := recording()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range all {
		known[e.Name] = !e.Setup
	}
	for name, reason := range readIntended(t) {
		if !known[name] {
			t.Errorf("%s: no exchange is called %s", intendedFile, name)
		}
		if !sourced.MatchString(reason) {
			t.Errorf("%s: %s: the reason %q does not end with its source, such as (surprises 1.3)", intendedFile, name, reason)
		}
	}
}

// maxRules is how many rules the differences may need: each is something that an
// application of v0.5 may have to learn.
const maxRules = 70

func TestIntendedRules(t *testing.T) {
	t.Parallel()
	rules := map[string]int{}
	for _, reason := range readIntended(t) {
		for one := range strings.SplitSeq(strings.TrimSpace(sourced.ReplaceAllString(reason, "")), "; ") {
			rules[one]++
		}
	}
	t.Logf("%d rules", len(rules))
	if len(rules) > maxRules {
		t.Errorf("%s gives %d reasons, more than %d: %q", intendedFile, len(rules), maxRules, slices.Sorted(maps.Keys(rules)))
	}
}

// writeIntended writes the file.
func writeIntended(reasons map[string]string) error {
	var out strings.Builder
	out.WriteString("# Exchanges whose answer differs from the recorded one on purpose: the name, the reason (its source). Written from the rules\n" +
		"# of this package by go test ./test/wire -run Replay -args -update; conformance.sh hands it to the conformance program.\n")
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Fprintf(&out, "%s %s\n", name, reasons[name])
	}
	return os.WriteFile(intendedFile, []byte(out.String()), 0o644)
}
