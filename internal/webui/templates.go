package webui

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/pagekit"
)

//go:embed templates
var templateFiles embed.FS

// The templates that all pages share, and those of which each page has one.
var (
	sharedTemplates = []string{"layout", "form"}
	pageTemplates   = []string{pageWelcome, pageFlow, pageKnown, pageFailure, pageConfirm, pageLogout, pageDone}
)

// parseTemplates reads the templates of the pages. A file of the operator's takes
// the place of the embedded one of the same name; its other files are shared by
// all pages.
func parseTemplates(dir string) (map[string]*template.Template, error) {
	shared, err := template.New("").ParseFS(pagekit.Templates, "templates/field.html")
	if err != nil {
		return nil, err
	}
	for _, name := range sharedTemplates {
		if err := addTemplate(shared, dir, name); err != nil {
			return nil, err
		}
	}
	if err := addOthers(shared, dir); err != nil {
		return nil, err
	}
	all := map[string]*template.Template{}
	for _, name := range pageTemplates {
		t, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if err := addTemplate(t, dir, name); err != nil {
			return nil, err
		}
		all[name] = t
	}
	return all, nil
}

// addTemplate parses a template, the operator's if there is one. Errors name the
// file and the line.
func addTemplate(to *template.Template, dir, name string) error {
	file := filepath.Join(dir, name+".html")
	var raw []byte
	err := fs.ErrNotExist
	if dir != "" {
		raw, err = os.ReadFile(file)
	}
	if errors.Is(err, fs.ErrNotExist) {
		file = "templates/" + name + ".html"
		raw, err = templateFiles.ReadFile(file)
	}
	if err != nil {
		return err
	}
	_, err = to.New(file).Parse(string(raw))
	return err
}

// addOthers parses what else the operator's directory has.
func addOthers(to *template.Template, dir string) error {
	if dir == "" {
		return nil
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("ui.templates: %w", err)
	}
	for _, f := range files {
		name := f.Name()
		ours := slices.ContainsFunc(slices.Concat(sharedTemplates, pageTemplates), func(known string) bool { return name == known+".html" })
		if ours || filepath.Ext(name) != ".html" {
			continue
		}
		if err := addTemplate(to, dir, name[:len(name)-len(".html")]); err != nil {
			return err
		}
	}
	return nil
}

// stamps tells versions of the operator's files apart.
type stamps string

// stampsOf notes the files that a configuration names: their times and sizes.
func stampsOf(c Config) stamps {
	paths := []string{c.Theme.CSS}
	for _, source := range []string{c.Theme.Logo, c.Theme.LogoDark, c.Theme.Icon, c.Theme.PanelPicture} {
		if file, ok := strings.CutPrefix(source, "file://"); ok {
			paths = append(paths, file)
		}
	}
	for _, dir := range []string{c.Templates, c.Texts} {
		if dir == "" {
			continue
		}
		// What can't be listed can't be read either, which New has said.
		within, _ := filepath.Glob(filepath.Join(dir, "*"))
		paths = append(paths, within...)
	}
	var out stamps
	for _, path := range paths {
		if info, err := os.Stat(path); path != "" && err == nil {
			out += stamps(path + " " + info.ModTime().String() + " " + strconv.FormatInt(info.Size(), 10) + "\n")
		}
	}
	return out
}
