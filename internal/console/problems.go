package console

import (
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/traits"
)

// attachViolations puts what is wrong with the traits on their fields, and returns all of it
// in the order of the form.
func attachViolations(fields []field, invalid *traits.Invalid, wrong map[string]error) []pagekit.Problem {
	for name, err := range wrong {
		if f := find(fields, name); f != nil {
			f.Errors = append(f.Errors, sentence(err.Error()))
		}
	}
	var all []pagekit.Problem
	if invalid != nil {
		for _, v := range invalid.Violations {
			f := find(fields, v.Field)
			switch {
			case f == nil:
				all = append(all, pagekit.Problem{Label: pagekit.PathLabel(v.Field), Text: wording(v)})
			case wrong[bare(f.Name)] == nil: // what can't be read isn't there, which a schema complains about
				f.Errors = append(f.Errors, f.part(v.Field)+wording(v))
			}
		}
	}
	for i := range fields {
		all = append(all, pagekit.Problems([]pagekit.Field{fields[i].Field})...)
	}
	return all
}

// wording is what a schema objects to, in a sentence.
func wording(v traits.Violation) string {
	if v.Property != "" {
		return "This has to be filled in."
	}
	return sentence(v.Text)
}

// part says which part of the field a violation is about; nothing for the whole.
func (f *field) part(name string) string {
	rest, isPart := strings.CutPrefix(name, bare(f.Name)+".")
	if !isPart {
		return ""
	}
	if n, err := strconv.Atoi(rest); err == nil {
		return "Line " + strconv.Itoa(n+1) + ": "
	}
	return pagekit.PathLabel(rest) + ": "
}

// bare is the name of a trait, without how it is sent.
func bare(name string) string { return strings.TrimPrefix(strings.TrimPrefix(name, asLines), asJSON) }

// find returns the field of a trait, or the one that it is a part of.
func find(fields []field, name string) *field {
	for i := range fields {
		if own := bare(fields[i].Name); own == name || strings.HasPrefix(name, own+".") {
			return &fields[i]
		}
	}
	return nil
}

// sentence gives a text a capital letter and a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return text
	}
	if text[0] >= 'a' && text[0] <= 'z' {
		text = string(text[0]-'a'+'A') + text[1:]
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
