package pagekit

import (
	"regexp"
	"strings"
)

// Span is a piece of text, with a link on it where it is an address.
type Span struct{ Text, URL string }

var webAddress = regexp.MustCompile(`https?://[^\s<>"']+`)

// Linked finds the web addresses in a text.
func Linked(text string) []Span {
	var out []Span
	at := 0
	for _, found := range webAddress.FindAllStringIndex(text, -1) {
		address := strings.TrimRight(text[found[0]:found[1]], ".,;:!?)]}")
		if found[0] > at {
			out = append(out, Span{Text: text[at:found[0]]})
		}
		out = append(out, Span{Text: address, URL: address})
		at = found[0] + len(address)
	}
	if at < len(text) {
		out = append(out, Span{Text: text[at:]})
	}
	return out
}

// InNewTabs makes the links of a mail open outside of its frame, in which the
// pages they lead to would be refused.
func InNewTabs(html string) string {
	const base = `<base target="_blank">`
	if i := strings.Index(html, "<head>"); i >= 0 {
		return html[:i+len("<head>")] + base + html[i+len("<head>"):]
	}
	return "<!doctype html>" + base + html
}
