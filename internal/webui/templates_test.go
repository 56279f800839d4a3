package webui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func attributeOf(t *testing.T, list []html.Attribute, key string) string {
	t.Helper()
	for _, a := range list {
		if a.Key == key {
			return a.Val
		}
	}
	t.Fatalf("there is no %s", key)
	return ""
}

func TestTemplatesOfTheOperatorReplaceOnesOfTheSameName(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"known.html":  `{{define "content"}}<h1>{{.Heading}}</h1>{{template "seal"}}{{end}}`,
		"seal.html":   `{{define "seal"}}<p class="seal">✱</p>{{end}}`,
		"notes.txt":   `{{broken`,
		"layout.html": mustRead(t, "templates/layout.html") + `{{define "unused"}}{{end}}`,
	})
	pages := newPages(t, &server{session: newSession(adaTraits)}, func(c *Config) { c.Templates = dir })
	if doc := see(t, pages, "/login"); len(find(doc, "p", "class", "seal")) != 1 || len(find(doc, "footer")) != 1 {
		t.Error("the page is not the operator's in our frame")
	}
	if doc := see(t, pages, "/logout"); len(find(doc, "p", "class", "seal")) != 0 || len(find(doc, "h1")) != 1 {
		t.Error("a page that was not replaced is another one")
	}
}

func mustRead(t *testing.T, name string) string {
	t.Helper()
	raw, err := templateFiles.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestATemplateThatCanNotBeUsedIsFoundAtStartWithItsLine(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, content, want string }{
		"a syntax error":                    {"flow.html", "{{define \"content\"}}\n{{if}}{{end}}", "flow.html:2"},
		"a value that there is not":         {"welcome.html", "{{define \"content\"}}\n\n{{.Nowhere}}{{end}}", "welcome.html:3"},
		"a value of the body":               {"logout.html", "{{define \"content\"}}{{.Body.Nowhere}}{{end}}", "logout.html:1"},
		"a text that there is not":          {"failure.html", "{{define \"content\"}}\n{{.T \"nowhere\"}}{{end}}", "failure.html:2"},
		"a template that there is not":      {"known.html", "{{define \"content\"}}\n{{template \"nowhere\"}}{{end}}", "known.html:2"},
		"markup that can't be told from it": {"confirm.html", "{{define \"content\"}}\n<a href='{{if .Lang}}'{{end}}>{{end}}", "confirm.html:2"},
		"a file that all pages share":       {"own.html", "\n{{end}}", "own.html:2"},
	} {
		dir := files(t, map[string]string{tt.file: tt.content})
		_, err := New(Config{Templates: dir})
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, tt.want)) {
			t.Errorf("%s: error is %v, want one that names %s", name, err, tt.want)
		}
	}
	if _, err := New(Config{Templates: filepath.Join(t.TempDir(), "nowhere")}); err == nil || !strings.Contains(err.Error(), "ui.templates") {
		t.Errorf("no directory: error is %v", err)
	}
}

// What tries templates at the start must show what pages show.
func TestOurOwnTemplatesPassTheirTrial(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := New(Config{Templates: dir, Theme: Theme{Terms: "/t", Privacy: "/p", Logo: "/l", LogoDark: "/d"}}); err != nil {
		t.Error(err)
	}
}

func TestChangedFilesMakePagesStale(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"own.css": "a{}", "logo.svg": "<svg/>"})
	texts, templates := files(t, map[string]string{"de.json": "{}"}), t.TempDir()
	c := Config{Templates: templates, Texts: texts, Theme: Theme{CSS: filepath.Join(dir, "own.css"), Logo: "file://" + filepath.Join(dir, "logo.svg")}}
	for _, changed := range []string{filepath.Join(dir, "own.css"), filepath.Join(dir, "logo.svg"), filepath.Join(texts, "de.json"), filepath.Join(templates, "new.html")} {
		p, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if p.Stale() {
			t.Error("pages are stale at once")
		}
		if err := os.WriteFile(changed, []byte("{}       "), 0o600); err != nil {
			t.Fatal(err)
		}
		if !p.Stale() {
			t.Errorf("%s has changed, and no golden file was updated", changed)
		}
	}
}
