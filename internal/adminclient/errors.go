package adminclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// Error is an error that the server has answered.
type Error struct {
	adminapi.Fault
	// LogID names the server's log line with the cause; empty for errors whose
	// cause is the request.
	LogID string `json:"-"`
}

// MarshalJSON writes what commands print of an error.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Reason  string `json:"reason"`
	}{e.Code, e.Message, e.Reason})
}

func (e *Error) Error() string {
	text := legible(e.Reason)
	if text == "" {
		text = e.Message
	}
	if text == "" {
		text = fmt.Sprintf("the server answered %d %s", e.Code, http.StatusText(e.Code))
	}
	if e.LogID != "" {
		text += fmt.Sprintf(" (request id %s in the log of the server)", e.LogID)
	}
	return printable(text)
}

// violation is a line of the report about traits that break their schema:
// I[#/traits/email] S[#/properties/…] "x" is not valid "email"
var violation = regexp.MustCompile(`^I\[#/?([^\]]*)\] S\[[^\]]*\] (.*)$`)

// legible turns such a report into sentences, each cause once. Any other text
// stays as it is.
func legible(reason string) string {
	var causes []string
	for line := range strings.Lines(reason) {
		parts := violation.FindStringSubmatch(strings.TrimSpace(line))
		if parts == nil {
			return reason
		}
		field := strings.NewReplacer("/", ".", "~1", "/", "~0", "~").Replace(parts[1])
		cause := field + ": " + parts[2]
		// Lines above say only that something below them is wrong.
		if parts[2] != "validation failed" && !slices.Contains(causes, cause) {
			causes = append(causes, cause)
		}
	}
	if causes == nil {
		return reason
	}
	return strings.Join(causes, "; ")
}

// Is404 reports whether the server says that there is no such thing.
func Is404(err error) bool {
	answered, ok := errors.AsType[*Error](err)
	return ok && answered.Code == http.StatusNotFound
}

// UnreachableError says that no answer came from the server.
type UnreachableError struct {
	URL string
	Err error
}

func (e *UnreachableError) Error() string {
	return printable(fmt.Sprintf("no answer from %s: %v", e.URL, e.Err))
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// ForeignError says that something answered that is not the admin API.
type ForeignError struct {
	URL      string
	Status   string // of the answer
	Location string // where it redirects to, if it does
	Other    bool   // it has a version, and is another program or an older release
}

func (e *ForeignError) Error() string {
	if e.Other {
		return printable(e.URL + " is a server, but does not say that it is Symbolon; nothing was asked of it")
	}
	text := fmt.Sprintf("%s answered %q, and not as the admin API does", e.URL, e.Status)
	if e.Location != "" {
		text += "; it redirects to " + e.Location
	}
	return printable(text)
}

// printable keeps what a server or its users wrote from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
