package pagekit

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The ways in which a field is drawn.
const (
	Hidden   = "hidden"
	Input    = "input"
	Checkbox = "checkbox"
	Select   = "select"
	Area     = "area"
)

// Field is one field of a form as the template "field" prints it.
type Field struct {
	ID, Name string
	// Control is one of Hidden, Input, Checkbox, Select and Area; Type is the type of an
	// input.
	Control, Type string
	Label         string
	Value         string
	Checked       bool
	Unset         bool // a checkbox that has no value yet, and keeps none unless it is ticked
	Options       []Option
	Required      bool
	Optional      string // the word that says so; empty if it is required, or goes without saying
	Disabled      bool
	Autofocus     bool
	Autocomplete  string
	InputMode     string
	Dir           string
	Verbatim      bool // browsers neither capitalise nor correct it
	MinLength     int  // of a new password, for the script
	Rows          int  // of an area
	Code          bool // in a monospaced font
	Hint          string
	Errors        []string
	Notices       []string
	// Aside is a link beside the label, such as "Forgot your password?".
	Aside Link
	// Load is the function of the WebAuthn script that runs when the form is shown.
	// Sends is where a script sends the form once the field has its answer; empty for where
	// the form says.
	Sends string
	Load  string
}

// Option is one of the values that a field may have.
type Option struct {
	Value, Text string
	Selected    bool
}

// Link leads somewhere; without a URL there is none.
type Link struct{ URL, Text string }

// Problem is one line of the summary of errors.
type Problem struct {
	ID, Label string // of the field it is about; empty for the form as a whole
	Colon     string // between label and text, with spaces as the language has them; empty if the page writes its own
	Text      string
	Next      Link // leads out of the problem; without a URL there is no such way
}

// Describers lists the ids of the texts that belong to the field.
func (f *Field) Describers() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if len(f.Notices) > 0 {
		ids = append(ids, f.ID+"-notice")
	}
	if len(f.Errors) > 0 {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Problems lists the errors of fields for the summary.
func Problems(fields []Field) []Problem {
	var out []Problem
	for i := range fields {
		for _, text := range fields[i].Errors {
			out = append(out, Problem{ID: fields[i].ID, Label: fields[i].Label, Text: text})
		}
	}
	return out
}

// ValueText writes a value of a form or a trait for people. Objects and arrays become
// indented JSON.
func ValueText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any, map[string]any:
		return Indented(v)
	default:
		return fmt.Sprint(v)
	}
}

// Indented writes a value as JSON for people to read.
func Indented(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // the template does that, for HTML
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}
