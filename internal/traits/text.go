package traits

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// params are the values in the text of a violation.
type params = map[string]any

// describe returns the keyword, the values and the English text of a cause. The
// texts are part of the wire; they are those of the validator that v0.5 used.
func describe(k jsonschema.ErrorKind) (keyword string, values params, text string) {
	switch k := k.(type) {
	case *kind.Type:
		want := strings.Join(k.Want, " or ")
		return "type", params{"want": want, "got": k.Got}, fmt.Sprintf("expected %s, but got %s", want, k.Got)
	case *kind.Const:
		return describeConst(k)
	case *kind.Enum:
		return describeEnum(k)
	case *kind.Format:
		value := shortened(fmt.Sprint(k.Got))
		return "format", params{"value": value, "format": k.Want}, fmt.Sprintf("%q is not valid %q", value, k.Want)
	case *kind.Pattern:
		return "pattern", params{"pattern": k.Want}, fmt.Sprintf("does not match pattern %q", k.Want)
	case *kind.MinLength:
		return count("minLength", "length must be >= %d, but got %d", k.Want, k.Got)
	case *kind.MaxLength:
		return count("maxLength", "length must be <= %d, but got %d", k.Want, k.Got)
	case *unknownVia:
		return "via", params{"use": k.use, "via": k.via}, k.text()
	}
	if keyword, values, text = describeNumber(k); keyword != "" {
		return keyword, values, text
	}
	if keyword, values, text = describeArray(k); keyword != "" {
		return keyword, values, text
	}
	if keyword, values, text = describeObject(k); keyword != "" {
		return keyword, values, text
	}
	return describeApplied(k)
}

func count(keyword, format string, want, got int) (string, params, string) {
	return keyword, params{"want": want, "got": got}, fmt.Sprintf(format, want, got)
}

func describeConst(k *kind.Const) (string, params, string) {
	if !scalar(k.Want) {
		return "const", params{}, "const failed"
	}
	want := literal(k.Want)
	return "const", params{"want": want}, "value must be " + want
}

func describeEnum(k *kind.Enum) (string, params, string) {
	if !slices.ContainsFunc(k.Want, func(v any) bool { return !scalar(v) }) {
		var options []string
		for _, v := range k.Want {
			options = append(options, literal(v))
		}
		text := "value must be one of " + strings.Join(options, ", ")
		if len(options) == 1 {
			text = "value must be " + options[0]
		}
		return "enum", params{"options": options}, text
	}
	return "enum", params{}, "enum failed"
}

func scalar(value any) bool {
	switch value.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

// literal writes a scalar as it stands in a schema.
func literal(value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(v)
	case json.Number:
		return v.String()
	case nil:
		return "null"
	default:
		return fmt.Sprint(v)
	}
}

func describeNumber(k jsonschema.ErrorKind) (string, params, string) {
	compare := func(keyword, sign string, want, got *big.Rat) (string, params, string) {
		w, g := number(want), number(got)
		return keyword, params{"want": w, "got": g}, fmt.Sprintf("must be %s %s but found %s", sign, w, g)
	}
	switch k := k.(type) {
	case *kind.Minimum:
		return compare("minimum", ">=", k.Want, k.Got)
	case *kind.Maximum:
		return compare("maximum", "<=", k.Want, k.Got)
	case *kind.ExclusiveMinimum:
		return compare("exclusiveMinimum", ">", k.Want, k.Got)
	case *kind.ExclusiveMaximum:
		return compare("exclusiveMaximum", "<", k.Want, k.Got)
	case *kind.MultipleOf:
		w, g := number(k.Want), number(k.Got)
		return "multipleOf", params{"want": w, "got": g}, fmt.Sprintf("%s not multipleOf %s", g, w)
	}
	return "", nil, ""
}

// number writes an exact number in the fewest digits.
func number(r *big.Rat) string {
	f, _ := r.Float64()
	if r.IsInt() && len(r.Num().String()) <= 21 {
		return r.Num().String()
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func describeArray(k jsonschema.ErrorKind) (string, params, string) {
	switch k := k.(type) {
	case *kind.MinItems:
		return count("minItems", "minimum %d items allowed, but found %d items", k.Want, k.Got)
	case *kind.MaxItems:
		return count("maxItems", "maximum %d items allowed, but found %d items", k.Want, k.Got)
	case *kind.UniqueItems:
		first, second := k.Duplicates[0], k.Duplicates[1]
		return "uniqueItems", params{"first": first, "second": second}, fmt.Sprintf("items at index %d and %d are equal", first, second)
	case *kind.AdditionalItems:
		return "additionalItems", params{"count": k.Count}, fmt.Sprintf("has %d items more than allowed", k.Count)
	case *kind.Contains:
		return "contains", params{}, "contains failed"
	case *kind.MinContains:
		return count("minContains", "must contain at least %d matching items, but found %d", k.Want, len(k.Got))
	case *kind.MaxContains:
		return count("maxContains", "must contain at most %d matching items, but found %d", k.Want, len(k.Got))
	}
	return "", nil, ""
}

func describeObject(k jsonschema.ErrorKind) (string, params, string) {
	switch k := k.(type) {
	case *kind.MinProperties:
		return count("minProperties", "minimum %d properties allowed, but found %d properties", k.Want, k.Got)
	case *kind.MaxProperties:
		return count("maxProperties", "maximum %d properties allowed, but found %d properties", k.Want, k.Got)
	case *kind.Required:
		return "required", params{"properties": few(k.Missing)}, "missing properties: " + quoted(k.Missing)
	case *kind.AdditionalProperties:
		names := slices.Sorted(slices.Values(k.Properties))
		return "additionalProperties", params{"properties": few(names)}, "additionalProperties " + quoted(names) + " not allowed"
	case *kind.PropertyNames:
		name := shortened(k.Property)
		return "propertyNames", params{"property": name}, fmt.Sprintf("property name %q is not allowed", name)
	case *kind.Dependency:
		return dependency("dependencies", k.Prop, k.Missing)
	case *kind.DependentRequired:
		return dependency("dependentRequired", k.Prop, k.Missing)
	}
	return "", nil, ""
}

func dependency(keyword, property string, missing []string) (string, params, string) {
	text := fmt.Sprintf("property %s is required, if %q property exists", quoted(missing), property)
	return keyword, params{"property": property, "missing": few(missing)}, text
}

// describeApplied describes failures of subschemas as a whole.
func describeApplied(k jsonschema.ErrorKind) (string, params, string) {
	switch k := k.(type) {
	case *kind.FalseSchema:
		return "false", params{}, "always fail"
	case *kind.Not:
		return "not", params{}, "not failed"
	case *kind.AllOf:
		return "allOf", params{}, "allOf failed"
	case *kind.AnyOf:
		return "anyOf", params{}, "anyOf failed"
	case *kind.OneOf:
		if len(k.Subschemas) == 2 {
			return "oneOf", params{}, fmt.Sprintf("valid against schemas at indexes %d and %d", k.Subschemas[0], k.Subschemas[1])
		}
		return "oneOf", params{}, "oneOf failed"
	case *kind.Reference:
		_, target := splitLocation(k.URL)
		return "$ref", params{}, fmt.Sprintf("doesn't validate with %q", "#"+target)
	}
	return "", params{}, "validation failed"
}

// Limits on what a text repeats of a submission.
const (
	maxQuoted = 256 // characters of a value
	maxNames  = 20
)

// shortened cuts a long value.
func shortened(value string) string {
	runes := 0
	for i := range value {
		if runes++; runes > maxQuoted {
			return value[:i] + "…"
		}
	}
	return value
}

// few cuts a long list of names, and the names in it.
func few(names []string) []string {
	names = slices.Clone(names[:min(len(names), maxNames)])
	for i, name := range names {
		names[i] = shortened(name)
	}
	return names
}

// quoted lists names for a text.
func quoted(names []string) string {
	list := few(names)
	for i, name := range list {
		list[i] = strconv.Quote(name)
	}
	text := strings.Join(list, ", ")
	if more := len(names) - len(list); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
