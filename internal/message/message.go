package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Type says how a page shows a message.
type Type string

// The types.
const (
	Info  Type = "info"
	Error Type = "error"
)

// The labels of inputs that are not traits. Pages know them by the input's name; the
// text is for clients that show labels as they come.
const (
	LabelIdentifier = "E-mail or user name"
	LabelPassword   = "Password"
	LabelEmail      = "E-mail"
)

// Message is a text as it is kept: the key of its catalogue entry and the
// values to fill in. The text itself is never stored.
type Message struct {
	Key    string         `json:"k"`
	Params map[string]any `json:"p,omitempty"`
}

// Entry is a message as the catalogue knows it.
type Entry struct {
	Type Type
	// Text is English with {param} for values; {param:%.2f} formats one with fmt.
	Text string
	// Context names the parameters that API clients get beside the text. nil
	// leaves the context out, an empty list sends an empty object.
	Context []string
}

// Lookup returns the entry of a message. A key from a newer release, found in a
// stored flow, answers the generic error entry.
func (m Message) Lookup() Entry {
	if e, ok := catalogue[m.Key]; ok {
		return e
	}
	return catalogue[KeyReason]
}

// English returns the text of the wire.
func (m Message) English() string { return m.Render(m.Lookup().Text) }

// Context returns the parameters that belong to the wire, nil where the wire
// leaves the context out. It never holds a null: a parameter that is not there
// has no member.
func (m Message) Context() map[string]any {
	names := m.Lookup().Context
	if names == nil {
		return nil
	}
	out := make(map[string]any, len(names))
	for _, name := range names {
		if v, ok := m.Params[name]; ok {
			out[name] = v
		}
	}
	return out
}

// Render fills the parameters into a text in any language.
func (m Message) Render(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			out.WriteString("{" + rest)
			return out.String()
		}
		name, verb, _ := strings.Cut(name, ":")
		out.WriteString(m.value(name, verb))
		text = after
	}
}

func (m Message) value(name, verb string) string {
	v := m.Params[name]
	if v == nil {
		return ""
	}
	if n, stored := v.(json.Number); stored && verb != "" {
		if f, err := n.Float64(); err == nil {
			v = f
		}
	}
	if verb != "" {
		return fmt.Sprintf(verb, v)
	}
	return fmt.Sprint(v)
}

// instant formats a time as the wire does.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
