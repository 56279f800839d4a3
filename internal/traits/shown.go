package traits

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/symbolon/symbolon/internal/address"
)

// What an input shows of a value and sends back (HTML standard, section 4.10.5,
// value sanitization). A value that comes back as it was shown is the old value,
// which may hold more than the input: a time zone, a line break, digits.

// localTime is what an input of type datetime-local holds.
const localTime = "2006-01-02T15:04:05.999"

// shownAs returns the value that a form has for v. Times are shown in UTC.
func (l *leaf) shownAs(v any) any {
	if text, ok := v.(string); ok && l.typ == "string" && l.format == "date-time" {
		if t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text)); err == nil && t.Year() > 0 {
			return t.UTC().Format(localTime)
		}
	}
	return v
}

// shows reports whether the input of the leaf can show a value. An input that
// can't is left empty, and submitting it empty keeps the value.
func (l *leaf) shows(v any) bool {
	text, isText := v.(string)
	switch v.(type) {
	case nil, []any, map[string]any:
		return false
	}
	switch l.inputType() {
	case "number":
		_, isNumber := v.(json.Number)
		return isNumber || isText && decimal.MatchString(text)
	case "date":
		_, err := time.Parse(time.DateOnly, text)
		return isText && err == nil
	case "datetime-local":
		return isText && l.shownAs(v) != v
	}
	return true
}

// same reports whether a form sent text because it had been given v.
func (l *leaf) same(v any, text string) bool {
	if number, ok := v.(json.Number); ok && text != number.String() && decimal.MatchString(text) {
		// Scripts read numbers as float64 and write them in their own way.
		a, errA := number.Float64()
		b, errB := strconv.ParseFloat(text, 64)
		return errA == nil && errB == nil && a == b
	}
	shown := valueText(l.shownAs(v))
	if l.format == "date-time" && text == valueText(v) {
		return true
	}
	shown, text = oneLine(shown), oneLine(text)
	switch l.inputType() {
	case "email":
		return strings.TrimSpace(shown) == text || sameDomain(shown, text)
	case "url":
		return strings.TrimSpace(shown) == text
	}
	return shown == text
}

// givenBack reports whether a decoded value is old as forms show it: a time in UTC,
// or a number that became text where the schema takes both.
func (p *property) givenBack(old, decoded any) bool {
	text, isText := decoded.(string)
	if !isText || old == nil {
		return false
	}
	if shown, ok := p.leaf.shownAs(old).(string); ok {
		return shown != old && text == p.leaf.fromForm([]string{shown})
	}
	return text == valueText(old) && slices.ContainsFunc(p.schemas, func(s *jsonschema.Schema) bool { return s.Validate(old) == nil })
}

// valueText writes a scalar as forms do; what is not a scalar is empty.
func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// oneLine is text without line breaks, which inputs leave out and areas write as
// networks do.
func oneLine(text string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(text) }

// sameDomain reports whether a browser made sent of shown: inputs of type email
// send the ASCII form of the domain.
func sameDomain(shown, sent string) bool {
	local, domain, _ := address.Split(shown)
	sentLocal, sentDomain, _ := address.Split(sent)
	return local == sentLocal && domain != "" && address.ASCIIDomain(domain) == sentDomain
}

// allows reports whether the leaf's constant and enumeration have a value.
func (l *leaf) allows(v any) bool {
	return (l.constant == nil || *l.constant == v) && (l.enum == nil || slices.Contains(l.enum, v))
}
