package courier

import (
	"embed"
	"encoding/json"
	"fmt"
	"html"
	htmltemplate "html/template"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/locale"
)

//go:embed locales
var localeFiles embed.FS

// texts are what mails say in one language.
type texts struct {
	locale.Language
	byKey map[string]string
}

// readTexts reads the texts of the languages, by tag.
func readTexts(offered []locale.Language) (map[string]*texts, error) {
	all := map[string]*texts{}
	for _, l := range offered {
		raw, err := localeFiles.ReadFile("locales/" + l.Tag + ".json")
		if err != nil {
			return nil, err
		}
		read := &texts{Language: l}
		if err := json.Unmarshal(raw, &read.byKey); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Tag, err)
		}
		all[l.Tag] = read
	}
	return all, nil
}

// Lang is the language of the mail, for its lang attribute.
func (d data) Lang() string { return d.texts.Tag }

// Dir is the direction of its writing, ltr or rtl.
func (d data) Dir() string { return d.texts.Dir }

// T returns a text of ours in the language of the mail, filled in. An unknown key
// is an error, which is found at the start.
func (d data) T(key string) (string, error) {
	text, ok := d.texts.byKey[key]
	if !ok {
		return "", fmt.Errorf("there is no text %q", key)
	}
	return strings.NewReplacer(
		"{to}", d.To, "{product}", d.Product, "{expires}", d.Expires, "{code}", d.Code, "{minutes}", strconv.Itoa(d.ExpiresInMinutes),
		"{created}", d.Created, "{method}", d.Method, "{when}", d.When, "{device}", d.isolate(d.Device), "{address}", d.isolate(d.Address),
	).Replace(text), nil
}

// isolate keeps the order of what may be written in another direction than the text around
// it (Unicode Standard Annex 9, 2.4.2).
func (d data) isolate(value string) string {
	if d.texts.Dir != "rtl" {
		return value
	}
	return "\u2068" + value + "\u2069"
}

// Heading is the subject for the top of the mail. Words such as E-mail are not broken there behind their first letter.
func (d data) Heading() string {
	words := strings.Fields(d.Subject)
	for i, word := range words {
		if before, after, ok := strings.Cut(word, "-"); ok && after != "" && utf8.RuneCountInString(before) == 1 {
			words[i] = before + "\u2011" + after
		}
	}
	return strings.Join(words, " ")
}

// Strong is T for HTML, with the recipient's address standing out. What is filled
// in is escaped here.
func (d data) Strong(key string) (htmltemplate.HTML, error) {
	text, ok := d.texts.byKey[key]
	if !ok {
		return "", fmt.Errorf("there is no text %q", key)
	}
	open := "<strong>"
	if d.texts.Dir == "rtl" {
		open = `<strong dir="ltr">` // addresses are written so everywhere
	}
	filled := strings.NewReplacer(
		"{to}", open+html.EscapeString(d.To)+"</strong>", "{product}", html.EscapeString(d.Product), "{expires}", html.EscapeString(d.Expires),
		"{when}", html.EscapeString(d.When),
	).Replace(html.EscapeString(text))
	return htmltemplate.HTML(filled), nil //nolint:gosec // every part of it has been escaped above
}

// breaks reports whether a line may end at a space: not at those that French has before a
// colon.
func breaks(space rune) bool { return space != '\u00a0' && space != '\u202f' && unicode.IsSpace(space) }

// lineLength is how wide plain text is set, in characters.
const lineLength = 76

// Lines is T for plain text, broken between words. Several texts make one paragraph.
func (d data) Lines(keys ...string) (string, error) {
	var words []string
	for _, key := range keys {
		text, err := d.T(key)
		if err != nil {
			return "", err
		}
		words = append(words, strings.FieldsFunc(text, breaks)...)
	}
	var out strings.Builder
	width := 0
	for _, word := range words {
		length := utf8.RuneCountInString(word)
		switch {
		case width == 0:
		case width+1+length > lineLength:
			out.WriteByte('\n')
			width = 0
		default:
			out.WriteByte(' ')
			width++
		}
		out.WriteString(word)
		width += length
	}
	return out.String(), nil
}
