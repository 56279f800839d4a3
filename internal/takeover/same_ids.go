package takeover

import (
	"encoding/json"
	"strings"

	"github.com/symbolon/symbolon/internal/identity"
)

// reportSameIDs returns a line for each record whose id is taken by an account with which it has no text of its traits in
// common: two systems that count their users have the same ids. The owner may also have changed everything since.
func reportSameIDs(records []Record, present map[string]*identity.Identity) []Line {
	var lines []Line
	for i := range records {
		r := &records[i]
		here := present[r.Identity.ID]
		if here == nil {
			continue
		}
		known, same := map[string]bool{}, false
		eachText(here.Traits, func(text string) { known[text] = true })
		texts := 0
		compare := func(text string) { texts++; same = same || known[text] }
		eachText(r.Identity.Traits, compare)
		for _, c := range r.Credentials {
			for _, identifier := range c.Identifiers {
				compare(strings.ToLower(identifier))
			}
		}
		if texts > 0 && len(known) > 0 && !same {
			lines = append(lines, Line{ID: here.ID, Name: r.name(), Text: "the account is not taken, because one with its id is here already; " +
				"they have nothing in common, so the file may be of another system with the same ids"})
		}
	}
	return lines
}

// eachText calls f with each text of traits, in lower case.
func eachText(traits json.RawMessage, f func(string)) {
	var value any
	if json.Unmarshal(traits, &value) != nil {
		return
	}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			f(strings.ToLower(v))
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for _, member := range v {
				walk(member)
			}
		}
	}
	walk(value)
}
