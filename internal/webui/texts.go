package webui

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"symbolon/internal/message"
)

//go:embed locales
var localeFiles embed.FS

// language is the texts of the pages in one language: a flat table by key, one
// file each under locales.
type language struct {
	Lang  string // BCP 47 tag
	Dir   string // ltr or rtl
	texts map[string]string
}

// fallback is the language of whoever asks for none that there is.
const fallback = "en"

// readLanguages reads every file of texts; adding a language is adding a file.
func readLanguages() (map[string]*language, error) {
	files, err := localeFiles.ReadDir("locales")
	if err != nil {
		return nil, err
	}
	all := map[string]*language{}
	for _, f := range files {
		raw, err := localeFiles.ReadFile("locales/" + f.Name())
		if err != nil {
			return nil, err
		}
		l := &language{Lang: strings.TrimSuffix(f.Name(), ".json")}
		if err := json.Unmarshal(raw, &l.texts); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		if l.Dir, err = l.T("direction"); err != nil {
			return nil, err
		}
		all[l.Lang] = l
	}
	return all, nil
}

// language chooses the language of the answer to a request.
func (p *Pages) language(*http.Request) *language { return p.languages[fallback] }

func (l *language) has(key string) bool { return l.texts[key] != "" }

// T returns the text of a key with {name} replaced by the value that follows the
// name in args. An unknown key is an error: templates and tables grow together.
func (l *language) T(key string, args ...string) (string, error) {
	text, ok := l.texts[key]
	if !ok {
		return "", fmt.Errorf("no text for %q in %s", key, l.Lang)
	}
	if len(args) == 0 {
		return text, nil
	}
	pairs := make([]string, len(args))
	for i, arg := range args {
		if i%2 == 0 {
			arg = "{" + arg + "}"
		}
		pairs[i] = arg
	}
	return strings.NewReplacer(pairs...).Replace(text), nil
}

// first returns the text of the first key that has one, "" if none has.
func (l *language) first(keys ...string) string {
	for _, key := range keys {
		if text := l.texts[key]; text != "" {
			return text
		}
	}
	return ""
}

// message returns what a person reads for a message of a flow: the wording of
// the pages where the wire's is meant for developers, else the wire's.
func (l *language) message(m message.Message) string {
	key := "message." + m.Key
	keys := []string{key}
	// What a format or a type should have been says more than that it was not.
	for _, name := range []string{"format", "want"} {
		if value, ok := m.Params[name].(string); ok {
			keys = []string{key + "." + value, key}
		}
	}
	if text := l.first(keys...); text != "" {
		return m.Render(text)
	}
	return m.English()
}
