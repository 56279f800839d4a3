package console

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// spoken writes a stretch of time as people say it, rounded up.
func spoken(d time.Duration) string {
	switch {
	case d <= time.Minute:
		return plural(int(math.Ceil(d.Seconds())), "second", "seconds")
	case d <= time.Hour:
		return plural(int(math.Ceil(d.Minutes())), "minute", "minutes")
	case d <= 48*time.Hour:
		return plural(int(math.Ceil(d.Hours())), "hour", "hours")
	}
	return plural(int(math.Ceil(d.Hours()/24)), "day", "days")
}

// lasted writes how long something has lasted, rounded down.
func lasted(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return plural(int(d.Minutes()), "minute", "minutes")
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour", "hours")
	}
	return plural(int(d.Hours()/24), "day", "days")
}

// plural writes a number and what is counted.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// mebibytes writes an amount of memory.
func mebibytes(bytes int64) string { return grouped(int(bytes>>20)) + " MiB" }

// labelOf makes a label of a dotted name: traits.name.first_name is "Name, first
// name", traits.tags.0 is "Tags 1".
func labelOf(name string) string {
	const dot = "\x00"
	var words []string
	for step := range strings.SplitSeq(strings.ReplaceAll(strings.TrimPrefix(name, "traits."), `\.`, dot), ".") {
		step = strings.ReplaceAll(step, dot, ".")
		if number, err := strconv.ParseUint(step, 10, 16); err == nil {
			step = strconv.FormatUint(number+1, 10) // of an element
			if len(words) > 0 {
				words[len(words)-1] += " " + step
				continue
			}
		}
		words = append(words, strings.Join(strings.FieldsFunc(step, func(r rune) bool { return r == '_' || r == '-' || unicode.IsSpace(r) }), " "))
	}
	label := strings.Join(words, ", ")
	first, size := utf8.DecodeRuneInString(label)
	if size == 0 {
		return label
	}
	return string(unicode.ToUpper(first)) + label[size:]
}

// valueText writes a value as a form holds it.
func valueText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any, map[string]any:
		return indented(v)
	default:
		return fmt.Sprint(v)
	}
}

// indented writes a value as JSON for people to read.
func indented(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // the template does that, for HTML
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}
