package traits

import (
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxDumpLines bounds the report of the admin API.
const maxDumpLines = 200

// dump writes the report of the admin API: one line for each cause, nested causes
// indented by two spaces.
func (s *Schema) dump(e *jsonschema.ValidationError) string {
	d := dumper{schema: s}
	d.write(e, "")
	if d.left > 0 {
		d.lines = append(d.lines, fmt.Sprintf("and %d more", d.left))
	}
	return strings.Join(d.lines, "\n")
}

type dumper struct {
	schema *Schema
	lines  []string
	left   int // lines not written
}

func (d *dumper) write(e *jsonschema.ValidationError, indent string) {
	_, _, text := describe(e.ErrorKind)
	if len(d.lines) < maxDumpLines {
		d.lines = append(d.lines, fmt.Sprintf("%sI[%s] S[%s] %s", indent, pointer(e.InstanceLocation), schemaPointer(e), text))
	} else {
		d.left++
	}
	for _, cause := range d.sorted(e.Causes) {
		d.write(cause, indent+"  ")
	}
}

func (d *dumper) sorted(causes []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	places := make(map[*jsonschema.ValidationError]place, len(causes))
	for _, c := range causes {
		keyword, _, text := describe(c.ErrorKind)
		places[c] = d.schema.placeOf(c.InstanceLocation, keyword, text)
	}
	return slices.SortedStableFunc(slices.Values(causes), func(a, b *jsonschema.ValidationError) int {
		return places[a].compare(places[b])
	})
}

// schemaPointer names the keyword that failed.
func schemaPointer(e *jsonschema.ValidationError) string {
	_, at := splitLocation(e.SchemaURL)
	var b strings.Builder
	b.WriteString("#" + at)
	for _, step := range e.ErrorKind.KeywordPath() {
		b.WriteString("/" + escapePointer(step))
	}
	return b.String()
}
