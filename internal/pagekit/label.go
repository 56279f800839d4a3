package pagekit

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TraitsRoot is the object that holds the traits, and the first step of the names of
// their fields.
const TraitsRoot = "traits"

// Steps splits the dotted name of a trait; a dot that belongs to a step is written \. in
// the name.
func Steps(name string) []string {
	const dot = "\x00"
	steps := strings.Split(strings.ReplaceAll(strings.TrimPrefix(name, TraitsRoot+"."), `\.`, dot), ".")
	for i := range steps {
		steps[i] = strings.ReplaceAll(steps[i], dot, ".")
	}
	return steps
}

// PathLabel makes a label of the whole dotted name: traits.name.first_name is "Name, first
// name", traits.tags.0 is "Tags 1".
func PathLabel(name string) string {
	var words []string
	for _, step := range Steps(name) {
		if number, err := strconv.ParseUint(step, 10, 16); err == nil {
			step = strconv.FormatUint(number+1, 10) // of an element
			if len(words) > 0 {
				words[len(words)-1] += " " + step
				continue
			}
		}
		words = append(words, spaced(step))
	}
	return Capitalised(strings.Join(words, ", "))
}

// Label makes a label of the end of a dotted name: traits.name.first_name is "First name",
// traits.tags.0 is "Tags 1".
func Label(name string) string {
	steps := Steps(name)
	last := steps[len(steps)-1]
	if number, err := strconv.ParseUint(last, 10, 16); err == nil && len(steps) > 1 {
		last = steps[len(steps)-2] + " " + strconv.FormatUint(number+1, 10)
	}
	return Words(last)
}

// Words makes words of an identifier: first_name is "First name".
func Words(identifier string) string {
	if words := spaced(identifier); words != "" {
		return Capitalised(words)
	}
	return identifier
}

func spaced(identifier string) string {
	return strings.Join(strings.FieldsFunc(identifier, func(r rune) bool {
		return r == '_' || r == '-' || unicode.IsSpace(r)
	}), " ")
}

// Capitalised makes the first letter of a text a capital.
func Capitalised(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
