package internal_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// markdown lists the documents of the repository.
func markdown(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "node_modules" || name == ".git" || name == "dist" || name == "var" || name == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(name) == ".md":
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// anchors are what links may name after #: the headings of a document, as forges
// make ids of them, and ids in its HTML.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		heading := strings.TrimLeft(line, "#")
		if heading == line {
			continue
		}
		id := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
		found[strings.ReplaceAll(id, " ", "-")] = true
	}
	for _, id := range regexp.MustCompile(`id="([^"]+)"`).FindAllStringSubmatch(text, -1) {
		found[id[1]] = true
	}
	return found
}

var (
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeBlock  = regexp.MustCompile("(?ms)^ *```.*?^ *```|`[^`\n]+`")
)

// TestDocuments/links: a link to a file of this repository leads to one, and its
// anchor to a heading.
func TestDocuments(t *testing.T) {
	t.Parallel()
	t.Run("links", func(t *testing.T) {
		t.Parallel()
		checked := 0
		for _, document := range markdown(t) {
			text, err := os.ReadFile(document)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range linkTarget.FindAllStringSubmatch(codeBlock.ReplaceAllString(string(text), ""), -1) {
				target, err := url.Parse(found[1])
				if err != nil {
					t.Errorf("%s: %s is no link: %v", document, found[1], err)
					continue
				}
				if target.IsAbs() {
					continue
				}
				checked++
				file := document
				if target.Path != "" {
					file = filepath.Join(filepath.Dir(document), filepath.FromSlash(target.Path))
				}
				there, err := os.Stat(file)
				if err != nil {
					t.Errorf("%s links to %s, which is not there", document, found[1])
					continue
				}
				if target.Fragment == "" || there.IsDir() || filepath.Ext(file) != ".md" {
					continue
				}
				linked, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !anchors(string(linked))[target.Fragment] {
					t.Errorf("%s links to %s, and there is no such heading", document, found[1])
				}
			}
		}
		if checked < 50 {
			t.Errorf("%d links were found in all documents: the pattern of this test is wrong", checked)
		}
	})
}
