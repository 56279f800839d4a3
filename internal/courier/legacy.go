package courier

import (
	"html"
	"regexp"
	"strings"
)

// The bodies of v0.5 are texts with links in HTML, used for both parts alike: the
// plain part showed the markup and the HTML part had no paragraphs. Here each
// part gets what it needs.

var (
	block  = regexp.MustCompile(`(?i)<(p|br|div|table|ul|ol|h[1-6]|html|body)\b`)
	unseen = regexp.MustCompile(`(?is)<(head|style|script|title)\b.*?</(head|style|script|title)>|<!--.*?-->|<!doctype[^>]*>`)
	anchor = regexp.MustCompile(`(?is)<a\s[^>]*?href\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)[^>]*>(.*?)</a>`)
	broken = regexp.MustCompile(`(?i)<br\s*/?>|</(li|tr)>`)
	ended  = regexp.MustCompile(`(?i)</(p|div|table|ul|ol|h[1-6])>`)
	tag    = regexp.MustCompile(`(?s)</?[a-zA-Z][^>]*>`)
	blanks = regexp.MustCompile(`\n[ \t]*\n\s*`)
)

// legacyHTML gives a body without any blocks its paragraphs and line breaks.
func legacyHTML(body string) string {
	if block.MatchString(body) {
		return body
	}
	body = strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	paragraphs := blanks.Split(body, -1)
	for i, p := range paragraphs {
		paragraphs[i] = "<p>" + strings.ReplaceAll(p, "\n", "<br>\n") + "</p>\n"
	}
	return strings.Join(paragraphs, "")
}

// legacyText is what a body says without its markup. Links keep their address.
func legacyText(body string) string {
	laidOut := block.MatchString(body)
	text := unseen.ReplaceAllString(strings.ReplaceAll(body, "\r\n", "\n"), "")
	text = anchor.ReplaceAllStringFunc(text, func(link string) string {
		m := anchor.FindStringSubmatch(link)
		address, label := strings.Trim(m[1], `"'`), strings.TrimSpace(tag.ReplaceAllString(m[2], ""))
		if label == "" || html.UnescapeString(label) == html.UnescapeString(address) {
			return address
		}
		return label + ": " + address
	})
	if laidOut {
		// Where tags lay the text out, line breaks and runs of blanks mean nothing.
		text = strings.Join(strings.Fields(text), " ")
		text = ended.ReplaceAllString(broken.ReplaceAllString(text, "\n"), "\n\n")
	}
	text = html.UnescapeString(tag.ReplaceAllString(text, ""))
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i]) // what is nothing but white space, of any kind, is blank then
	}
	return strings.TrimSpace(blanks.ReplaceAllString(strings.Join(lines, "\n"), "\n\n")) + "\n"
}
