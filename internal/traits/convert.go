package traits

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// fromForm converts the values that a form sent for p; there is at least one.
func (p *property) fromForm(values []string) any {
	if p.leaf.typ != "array" {
		return p.leaf.fromForm(values)
	}
	items := make([]any, len(values))
	for i, v := range values {
		item := leafAmong(itemSchemas(p.schemas, i))
		if prefixLength(p.schemas) == 0 {
			item.typ = p.leaf.items
		}
		items[i] = item.fromForm([]string{v})
	}
	return items
}

// fromForm converts the values that a form sent under one name; there is at least
// one.
func (l *leaf) fromForm(values []string) any {
	switch l.typ {
	case "array":
		items := make([]any, len(values))
		for i, v := range values {
			items[i] = convertText(l.items, v)
		}
		return items
	case "boolean":
		// The last one: a hidden "false" before the check box says it is not ticked.
		return convertText(l.typ, values[len(values)-1])
	case "string":
		if l.format == "email" && !strings.HasPrefix(values[0], " ") { // v0.5 refuses that in words
			return strings.TrimRight(values[0], " ") // keyboards of phones add a blank
		}
		if l.format == "date-time" && zoneless.MatchString(values[0]) || l.format == "time" && zonelessTime.MatchString(values[0]) {
			return inUTC(values[0])
		}
	}
	return convertText(l.typ, values[0])
}

// inUTC completes a time without a zone, and perhaps without seconds (RFC 3339, 5.6).
func inUTC(zoneless string) string {
	if strings.Count(zoneless, ":") == 1 {
		zoneless += ":00"
	}
	return zoneless + "Z"
}

// zoneless is what an input of type datetime-local sends: a time in UTC here.
var zoneless = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$`)

// zonelessTime is a time of day as people write it, in UTC here: JSON Schema wants a zone.
var zonelessTime = regexp.MustCompile(`^\d\d:\d\d(:\d\d(\.\d{1,3})?)?$`)

// fromJSON converts a JSON value. A single value makes an array of one element,
// as v0.5 has it.
func (l *leaf) fromJSON(value any) any {
	if text, ok := value.(string); ok && l.typ == "string" {
		return l.fromForm([]string{text})
	}
	if l.typ != "array" {
		return convert(l.typ, value)
	}
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	converted := make([]any, len(items))
	for i, item := range items {
		converted[i] = convert(l.items, item)
	}
	return converted
}

// convert makes a scalar the wanted type where that is possible.
func convert(typ string, value any) any {
	switch v := value.(type) {
	case string:
		return convertText(typ, v)
	case json.Number:
		return convertNumber(typ, v)
	case bool:
		if typ == "string" {
			return strconv.FormatBool(v)
		}
	}
	return value
}

func convertNumber(typ string, n json.Number) any {
	switch typ {
	case "string":
		return n.String()
	case "boolean":
		return convertText(typ, n.String())
	default:
		return canonicalNumber(n.String())
	}
}

// convertText reads typed text as the wanted type. It stays text if it can not be
// read.
func convertText(typ, text string) any {
	switch typ {
	case "integer", "number":
		if decimal.MatchString(text) && representable(text) {
			return canonicalNumber(text)
		}
	case "boolean":
		if text == "on" { // what a check box without a value sends
			return true
		}
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}

// decimal is what people write for numbers. strconv accepts more: infinities,
// hexadecimal and underscores.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// canonicalNumber writes a number in the one form in which it is stored: integers
// as digits (30.0 becomes 30), others in the shortest form that keeps the float64.
// Integers written as digits keep all of them.
func canonicalNumber(text string) json.Number {
	text = strings.TrimPrefix(text, "+")
	if !strings.ContainsAny(text, ".eE") {
		return json.Number(trimZeros(text))
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return json.Number(text)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return json.Number(strconv.FormatInt(int64(f), 10))
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

// trimZeros drops leading zeros, which JSON does not allow.
func trimZeros(digits string) string {
	digits, negative := strings.CutPrefix(digits, "-")
	digits = strings.TrimLeft(digits, "0")
	switch {
	case digits == "":
		return "0"
	case negative:
		return "-" + digits
	default:
		return digits
	}
}
