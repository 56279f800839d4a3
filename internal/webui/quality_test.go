package webui

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/pagekit"
)

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestPageWithAllItLoadsIsLight(t *testing.T) {
	t.Parallel()
	const (
		most  = 40_000 // bytes, uncompressed
		fonts = 30_000 // bytes, compressed as they are
	)
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	assets, letters := 0, 0
	for _, f := range p.assets.files {
		if f.mime == pagekit.WOFF2 {
			letters += len(f.content)
		} else {
			assets += len(f.content)
		}
	}
	if letters > fonts {
		t.Errorf("the font weighs %d bytes; the limit is %d", letters, fonts)
	}
	for _, s := range scenes() {
		draw := s.drawing(t)
		for _, l := range locale.All {
			if total := assets + len(draw(l.Tag)); total >= most {
				t.Errorf("%s in %s weighs %d bytes, of which assets %d; the limit is %d", s.name, l.Tag, total, assets, most)
			}
		}
	}
}

// A page is styled before its first pixel, and the script waits for it.
func TestNoPageFlashesWithoutItsStyles(t *testing.T) {
	t.Parallel()
	for _, s := range scenes() {
		head := find(mustParse(t, s.draw(t)), "head")[0]
		sheets, scripts := find(head, "link", "rel", "stylesheet"), find(head, "script")
		if len(sheets) != 1 || len(find(sheets[0], "", "media", "")) != 0 {
			t.Errorf("%s: %d style sheets in the head, want one for every medium", s.name, len(sheets))
		}
		if _, waits := attribute(scripts[0], "defer"); len(scripts) != 1 || !waits {
			t.Errorf("%s: the script does not wait for the page", s.name)
		}
	}
}

func TestEveryPageIsBuiltForEveryone(t *testing.T) {
	t.Parallel()
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			doc := mustParse(t, s.draw(t))
			ids := uniqueIDs(t, doc)
			for _, reference := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls"} {
				for _, n := range find(doc, "", reference, "") {
					value, _ := attribute(n, reference)
					for id := range strings.FieldsSeq(value) {
						if !ids[id] {
							t.Errorf("%s=%q refers to nothing", reference, id)
						}
					}
				}
			}
			for _, a := range find(doc, "a") {
				if to, _ := attribute(a, "href"); strings.HasPrefix(to, "#") && !ids[to[1:]] {
					t.Errorf("the summary of errors leads to %q, which is nowhere", to)
				}
			}
			for _, tag := range []string{"h1", "main", "title"} {
				if n := find(doc, tag); len(n) != 1 || tag != "main" && words(n[0]) == "" {
					t.Errorf("%d elements %s, want one with a text", len(n), tag)
				}
			}
			everyControlHasALabel(t, doc)
		})
	}
}

func uniqueIDs(t *testing.T, doc *html.Node) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range find(doc, "", "id", "") {
		id, _ := attribute(n, "id")
		if ids[id] {
			t.Errorf("the id %q is given twice", id)
		}
		ids[id] = true
	}
	return ids
}

func everyControlHasALabel(t *testing.T, doc *html.Node) {
	t.Helper()
	for _, n := range append(find(doc, "input"), find(doc, "select")...) {
		if kind, _ := attribute(n, "type"); kind == "hidden" {
			continue
		}
		if _, hidden := attribute(n, "hidden"); hidden {
			continue
		}
		id, _ := attribute(n, "id")
		if label := find(doc, "label", "for", id); len(label) != 1 || words(label[0]) == "" {
			t.Errorf("the control %q has no label", id)
		}
	}
}

func TestErrorOfAFieldIsTiedToItAndAnnounced(t *testing.T) {
	t.Parallel()
	doc := see(t, newPages(t, showing(wrong())), open("/registration"))
	field := find(doc, "input", "name", "password")[0]
	if invalid, _ := attribute(field, "aria-invalid"); invalid != "true" {
		t.Error("the field is not marked as invalid")
	}
	described, _ := attribute(field, "aria-describedby")
	var said []string
	for id := range strings.FieldsSeq(described) {
		said = append(said, words(find(doc, "", "id", id)[0]))
	}
	if text := strings.Join(said, " "); !strings.Contains(text, "Use at least 8 characters.") || !strings.Contains(text, "too close") {
		t.Errorf("the field is described by %q", text)
	}
	alerts := find(doc, "", "role", "alert")
	if len(alerts) != 1 || !strings.Contains(words(alerts[0]), "There is an account with these details already.") || !strings.Contains(words(alerts[0]), "one of them is needed") {
		t.Error("the summary does not say what is wrong with the whole")
	}
	if fine := find(doc, "input", "name", "traits.name.first")[0]; slices.ContainsFunc(fine.Attr, func(a html.Attribute) bool { return a.Key == "aria-invalid" }) {
		t.Error("a field that is fine is marked as invalid")
	}
	if title := words(find(doc, "title")[0]); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title %q does not tell of the error", title)
	}
}

func TestEveryTextInUseExistsAndEveryTextIsInUse(t *testing.T) {
	t.Parallel()
	l := mustEnglish(t)
	templates, err := templateFiles.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`\.(?:T|Around) "([^"]+)"`)
	var source strings.Builder
	for _, f := range templates {
		raw, err := templateFiles.ReadFile("templates/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		source.Write(raw)
		for _, m := range used.FindAllStringSubmatch(string(raw), -1) {
			if !l.has(m[1]) {
				t.Errorf("%s uses %q, which has no text", f.Name(), m[1])
			}
		}
	}
	for _, name := range []string{"account", "ceremony", "confirm", "data", "failure", "journey", "field", "flow", "form", "logout", "page", "sessions", "texts"} {
		raw, err := os.ReadFile(name + ".go")
		if err != nil {
			t.Fatal(err)
		}
		source.Write(raw)
	}
	// Keys of these families are composed at run time, from names in the domain.
	composed := []string{"page.", "script.", "field.", "group.", "submit.", "choice", "link.", "trait.", "cause.", "message.", "done.", "account.", "sessions."}
	for key := range l.texts {
		if !strings.Contains(source.String(), `"`+key+`"`) && !slices.ContainsFunc(composed, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("nothing uses the text %q", key)
		}
	}
}

func TestTextsOfMessagesBelongToTheCatalogue(t *testing.T) {
	t.Parallel()
	l := mustEnglish(t)
	outside := []string{message.KeyPasswordTooLong} // of the catalogue: v0.5 has no number for it
	for key := range l.texts {
		name, ok := strings.CutPrefix(key, "message.")
		if ok && name != "schema" && !strings.HasPrefix(name, message.KeySchemaPrefix) && !slices.Contains(outside, name) && !slices.Contains(message.Keys(), name) {
			t.Errorf("%q words a message that does not exist", key)
		}
	}
	for _, k := range flow.Kinds {
		for _, suffix := range []string{".title"} {
			if !l.has("page." + string(k) + suffix) {
				t.Errorf("the page of %s has no title", k)
			}
		}
	}
}

func TestMessageIsWordedForPeople(t *testing.T) {
	t.Parallel()
	l := mustEnglish(t)
	tests := map[string]message.Message{
		"Please fill this in.":                                 message.Missing("password"),
		"Use at least 12 characters.":                          message.PasswordTooShort(12, 3),
		"This password is too long. Please use a shorter one.": message.PasswordTooLong(72, 80),
		"Enter a number.":                                      message.Schema("type", "expected number, but got string", map[string]any{"want": "number", "got": "string"}),
		"Must be 18 or more.":                                  message.Schema("minimum", "must be >= 18 but found 3", map[string]any{"want": "18", "got": "3"}),
		"not failed":                                           message.Schema("not", "not failed", map[string]any{}),
		"what the author of a hook says":                       message.Reason("what the author of a hook says"),
	}
	for want, m := range tests {
		if got := l.message(m); got != want {
			t.Errorf("%s reads %q, want %q", m.Key, got, want)
		}
	}
}

// WCAG 2.2: 4.5 for text (1.4.3), 3 for the borders of controls (1.4.11).
func TestColoursHaveContrastInBothSchemes(t *testing.T) {
	t.Parallel()
	pages, err := staticFiles.ReadFile("static/pages.css")
	if err != nil {
		t.Fatal(err)
	}
	raw := pagekit.Style(pages)
	light, dark, ok := strings.Cut(string(raw), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("there is no dark scheme")
	}
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"ink", "paper", 4.5},
		{"ink", "raised", 4.5},
		{"ink", "bad-soft", 4.5},
		{"quiet", "paper", 4.5},
		{"quiet", "raised", 4.5},
		{"link", "paper", 4.5},
		{"link", "raised", 4.5},
		{"link-deep", "paper", 4.5},
		{"accent", "paper", 3},
		{"on-accent", "accent", 4.5},
		{"on-accent", "accent-deep", 4.5},
		{"on-panel", "panel", 4.5},
		{"bad", "paper", 4.5},
		{"bad", "bad-soft", 4.5},
		{"paper", "bad", 4.5},
		{"good", "paper", 4.5},
		{"good", "good-soft", 4.5},
		{"edge", "paper", 3},
		{"edge", "raised", 3},
		{"accent", "raised", 3},
	}
	for scheme, css := range map[string]string{"light": light, "dark": dark} {
		colours := tokens(t, css)
		for _, p := range pairs {
			if colours[p.front] == "" || colours[p.back] == "" {
				t.Fatalf("%s has no colour %s or %s", scheme, p.front, p.back)
			}
			if got := contrast(mustColour(t, colours[p.front]), mustColour(t, colours[p.back])); got < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than %g", scheme, p.front, p.back, got, p.least)
			}
		}
	}
}

// tokens reads the colours of the first block of declarations.
func tokens(t *testing.T, css string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func mustColour(t *testing.T, text string) colour {
	t.Helper()
	c, err := parseColour(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStylesDoNotAssumeADirectionOfWriting(t *testing.T) {
	t.Parallel()
	pages, err := staticFiles.ReadFile("static/pages.css")
	if err != nil {
		t.Fatal(err)
	}
	raw := pagekit.Style(pages)
	physical := regexp.MustCompile(`(?m)^\s*((margin|padding|border)-(left|right)|left|right|text-align: (left|right))\b.*$`)
	for _, line := range physical.FindAllString(string(raw), -1) {
		t.Errorf("%q is wrong in half of the languages", strings.TrimSpace(line))
	}
}
