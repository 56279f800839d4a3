package traits

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// place is where a violation stands among others: by field in document order,
// then by element, then by keyword. The library reports in the random order of a
// Go map.
type place struct {
	position int      // of the innermost known property
	rest     []string // steps below it
	rank     int      // of the keyword
	text     string
}

func (a place) compare(b place) int {
	return cmp.Or(
		cmp.Compare(a.position, b.position),
		slices.CompareFunc(a.rest, b.rest, compareSteps),
		cmp.Compare(a.rank, b.rank),
		strings.Compare(a.text, b.text),
	)
}

func compareSteps(a, b string) int {
	i, errA := strconv.Atoi(a)
	j, errB := strconv.Atoi(b)
	if errA == nil && errB == nil {
		return cmp.Compare(i, j)
	}
	return strings.Compare(a, b)
}

// placeOf finds the place of a value by its path in the instance.
func (s *Schema) placeOf(path []string, kind, text string) place {
	at := place{position: -1, rank: slices.Index(keywordOrder, kind), text: text}
	for n := len(path); n > 0; n-- {
		if p := s.known[dotted(path[:n])]; p != nil {
			at.position, at.rest = p.position, path[n:]
			break
		}
	}
	return at
}

// keywordOrder is the order in which violations of one value are listed.
var keywordOrder = []string{
	"type", "const", "enum", "required", "dependencies", "dependentRequired", "additionalProperties",
	"minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern",
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format", "via",
}

// dotted makes the path of a value the name of its field.
func dotted(path []string) string {
	steps := make([]string, len(path))
	for i, step := range path {
		steps[i] = escapeDots(step)
	}
	return strings.Join(steps, ".")
}

// pointer makes the path of a value a JSON pointer in a URL fragment, as the
// admin API writes it.
func pointer(path []string) string {
	var b strings.Builder
	b.WriteByte('#')
	for _, step := range path {
		b.WriteByte('/')
		b.WriteString(escapePointer(step))
	}
	return b.String()
}
