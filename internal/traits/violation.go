package traits

import (
	"fmt"
	"slices"
)

// maxViolations bounds what one answer lists.
const maxViolations = 100

// Violation is one thing that is wrong with traits.
type Violation struct {
	// Field is the path of the value at fault, for example traits.name.first or
	// traits.tags.0. A missing property is named by its own path.
	Field string
	// Property is the name of a missing property, empty for other violations.
	Property string
	// Text is the English sentence of the v0.5 wire.
	Text string
	// Kind is the JSON Schema keyword that is violated ("format", "minLength"), "via"
	// for an unknown channel, or "limit" for a document refused before its schema was
	// asked. Params are the values in the text, for translation; they are strings,
	// ints and lists of strings.
	Kind   string
	Params map[string]any
}

// Invalid says that traits do not obey their schema.
type Invalid struct {
	// Violations has one entry for each cause, in the order of the fields.
	Violations []Violation
	// Dump is the report of the admin API, one line for each cause:
	//
	//	I[#/traits/age] S[#/properties/traits/properties/age/minimum] must be >= 18 but found 3
	Dump string
}

// Error names the number of violations alone: their texts repeat what was typed.
func (i *Invalid) Error() string {
	return fmt.Sprintf("traits do not match the identity schema: %d violations", len(i.Violations))
}

// refuse returns the error for a value that no schema was asked about.
func refuse(field string, why error) *Invalid {
	return &Invalid{
		Violations: []Violation{{Field: field, Text: why.Error(), Kind: "limit", Params: map[string]any{"reason": why.Error()}}},
		Dump:       fmt.Sprintf("I[%s] S[#] %s", pointer(splitName(field)), why),
	}
}

// tidy sorts violations by field and removes repetitions.
func (s *Schema) tidy(list []placed) []Violation {
	slices.SortStableFunc(list, func(a, b placed) int { return a.place.compare(b.place) })
	var out []Violation
	seen := map[[2]string]bool{}
	for _, p := range list {
		key := [2]string{p.Field, p.Text}
		if seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, p.Violation)
		if len(out) == maxViolations {
			break
		}
	}
	return out
}
