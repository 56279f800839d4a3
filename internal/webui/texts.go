package webui

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/reqctx"
)

//go:embed locales
var localeFiles embed.FS

// language is the texts of the pages in one language: a flat table by key, one
// file each under locales.
type language struct {
	Lang   string // BCP 47 tag
	Native string // its name in itself
	Dir    string // ltr or rtl
	texts  map[string]string
	own    map[string]bool // the keys that the operator worded
	plain  *language       // English, which schemas are taken to be written in
}

// readLanguages reads the texts of the languages on offer. dir is the operator's,
// with files like those under locales that have some of their keys; empty for
// none.
func readLanguages(offered []locale.Language, dir string) (map[string]*language, error) {
	all := map[string]*language{}
	english, err := readLanguage(locale.All[0], dir)
	if err != nil {
		return nil, err
	}
	for _, l := range offered {
		if l.Tag == english.Lang {
			all[l.Tag] = english
			continue
		}
		read, err := readLanguage(l, dir)
		if err != nil {
			return nil, err
		}
		read.plain = english
		all[l.Tag] = read
	}
	return all, nil
}

func readLanguage(l locale.Language, dir string) (*language, error) {
	raw, err := localeFiles.ReadFile("locales/" + l.Tag + ".json")
	if err != nil {
		return nil, err
	}
	read := &language{Lang: l.Tag, Native: l.Name, Dir: l.Dir, own: map[string]bool{}}
	read.plain = read
	if err := json.Unmarshal(raw, &read.texts); err != nil {
		return nil, fmt.Errorf("%s: %w", l.Tag, err)
	}
	if dir == "" {
		return read, nil
	}
	return read, read.overlay(filepath.Join(dir, l.Tag+".json"))
}

// overlay takes over the operator's wording of some texts.
func (l *language) overlay(file string) error {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var texts map[string]string
	if err == nil {
		err = json.Unmarshal(raw, &texts)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if err := l.checkOverride(key, texts[key]); err != nil {
			return fmt.Errorf("%s: %q: %w", file, key, err)
		}
		l.texts[key], l.own[key] = texts[key], true
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// placeholders lists what is filled into a text, in order of their names.
func placeholders(text string) []string {
	return slices.Sorted(slices.Values(placeholder.FindAllString(text, -1)))
}

// checkOverride checks a text of the operator's. Labels of one's own traits are new keys;
// every other key is one of ours, with what is filled in.
func (l *language) checkOverride(key, text string) error {
	ours, known := l.texts[key]
	if !known && strings.HasPrefix(key, "trait.") {
		return nil
	}
	if !known {
		return errors.New("there is no such text")
	}
	if !slices.Equal(placeholders(ours), placeholders(text)) {
		return fmt.Errorf("has the placeholders %v, where %v are filled in", placeholders(text), placeholders(ours))
	}
	return nil
}

// language chooses the language of the answer to a request: what the person
// chose, what their account says, what their browser asks for.
func (p *Pages) language(r *http.Request) *language {
	request := reqctx.From(r.Context())
	chosen := request.Language
	if chosen == "" && p.config.LanguageTrait != "" {
		// Code that needs the session meets the trouble again.
		if s, err := p.source.PageSession(r); err == nil && s != nil && s.Identity != nil {
			chosen = locale.Trait(s.Identity.Traits, p.config.LanguageTrait)
		}
	}
	return p.languages[p.choice.Best(chosen, request.Languages).Tag]
}

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

// Around returns what stands before and after a placeholder of a text, for
// templates that put an element there.
func (l *language) Around(key, name string) ([2]string, error) {
	text, err := l.T(key)
	before, after, _ := strings.Cut(text, "{"+name+"}")
	return [2]string{before, after}, err
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
// the pages, and the wire's where it alone knows what is wrong.
func (l *language) message(m message.Message) string {
	key := "message." + m.Key
	keys := []string{key}
	// What a format or a type should have been says more than that it was not.
	for _, name := range []string{"format", "want"} {
		if value, ok := m.Params[name].(string); ok {
			keys = []string{key + "." + value, key}
		}
	}
	if l != l.plain && strings.HasPrefix(m.Key, message.KeySchemaPrefix) {
		keys = append(keys, "message.schema")
	}
	if text := l.first(keys...); text != "" {
		return m.Render(text)
	}
	return m.English()
}

// ScriptTexts are the texts of the script by its own names, as JSON.
func (l *language) ScriptTexts() (string, error) {
	texts := map[string]string{}
	for key, text := range l.texts {
		if name, ok := strings.CutPrefix(key, "script."); ok {
			texts[name] = text
		}
	}
	raw, err := json.Marshal(texts)
	return string(raw), err
}
