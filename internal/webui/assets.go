package webui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/symbolon/symbolon/internal/pagekit"
)

// staticPath is where assets are served, below the public URL.
const staticPath = "/static/symbolon/"

// maxPicture bounds a logo, in bytes: it is on every page, for telephones too.
const maxPicture = 256 << 10

//go:embed static
var staticFiles embed.FS

// assets are the files that pages refer to. Their URLs carry a hash of their
// content, so browsers keep them for good.
type assets struct {
	Style, Script, Mark string // URL paths
	Logo, LogoDark      string // likewise; empty for none

	panelPicture string // likewise

	warnings []string
	prefix   string
	files    map[string]asset // by plain name
}

type asset struct {
	name    string // with the hash
	mime    string
	content []byte
}

// pictures are the formats that every browser shows.
var pictures = map[string]string{
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
	".webp": "image/webp", ".gif": "image/gif", ".ico": "image/x-icon",
}

// ignored is what browsers skip in the script: lines of comment, indentation and empty lines.
// No text of ours in it has more than one line.
var ignored = regexp.MustCompile(`(?m)^[ \t]*//.*\n|^[ \t]+|^\n`)

func newAssets(base string, t Theme) (*assets, error) {
	a := &assets{files: map[string]asset{}, prefix: strings.TrimSuffix(base, "/") + staticPath}
	mark, err := t.mark(pagekit.File(pagekit.Mark))
	if err != nil {
		return nil, err
	}
	a.Mark = a.add(pagekit.Mark, pagekit.SVG, mark)
	// The pictures come first: the style sheet refers to the mark.
	for _, own := range []struct {
		key, source string
		url         *string
	}{{"icon", t.Icon, &a.Mark}, {"logo", t.Logo, &a.Logo}, {"logo_dark", t.LogoDark, &a.LogoDark}, {"panel_picture", t.PanelPicture, &a.panelPicture}} {
		if err := a.picture(own.key, own.source, own.url); err != nil {
			return nil, err
		}
	}
	if err := a.style(t); err != nil {
		return nil, err
	}
	script, err := staticFiles.ReadFile("static/pages.js")
	if err != nil {
		return nil, err
	}
	a.Script = a.add("pages.js", "text/javascript; charset=utf-8", ignored.ReplaceAll(script, nil))
	return a, nil
}

// add keeps a file and returns the path of its URL.
func (a *assets) add(plain, mime string, content []byte) string {
	sum := sha256.Sum256(content)
	ext := path.Ext(plain)
	hashed := strings.TrimSuffix(plain, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.files[plain] = asset{name: hashed, mime: mime, content: content}
	return a.prefix + hashed
}

// picture takes over a picture of the operator's: a file is read and served from
// here, a path is left as it is.
func (a *assets) picture(key, source string, url *string) error {
	file, isFile := strings.CutPrefix(source, "file://")
	if !isFile {
		if source != "" {
			*url = source
		}
		return nil
	}
	ext := strings.ToLower(path.Ext(file))
	mime, known := pictures[ext]
	if !known {
		return fmt.Errorf("ui.%s: %s is no picture that browsers show (svg, png, jpg, webp, gif, ico)", key, file)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("ui.%s: %w", key, err)
	}
	if len(content) > maxPicture {
		return fmt.Errorf("ui.%s: %s has %d bytes, more than %d: take a smaller picture", key, file, len(content), maxPicture)
	}
	*url = a.add(key+ext, mime, content)
	return nil
}

func (a *assets) style(t Theme) error {
	pages, err := staticFiles.ReadFile("static/pages.css")
	if err != nil {
		return err
	}
	var own []byte
	if t.CSS != "" {
		if own, err = os.ReadFile(t.CSS); err != nil {
			return fmt.Errorf("ui.css: %w", err)
		}
	}
	css, warnings, err := t.style(string(pagekit.Style(pages))+panelPictureStyle(a.panelPicture), string(own))
	if err != nil {
		return err
	}
	a.warnings = warnings
	// Beside the style sheet, if it is ours: then the sheet is the same at any path.
	mark := strings.TrimPrefix(a.Mark, a.prefix)
	css = strings.ReplaceAll(css, "url("+pagekit.Mark+")", "url("+mark+")")
	for _, font := range []string{pagekit.FontLatin, pagekit.FontExt} {
		at := a.add(font, pagekit.WOFF2, pagekit.File(font))
		css = strings.ReplaceAll(css, "url("+font+")", "url("+strings.TrimPrefix(at, a.prefix)+")")
	}
	a.Style = a.add("pages.css", "text/css; charset=utf-8", []byte(css))
	return nil
}

// ServeHTTP answers an asset. A name with another hash belongs to a page of
// another release: it gets today's content, but not for good.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := path.Base(r.URL.Path)
	file, ok := a.files[plainName(asked)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.mime)
	h.Set("X-Content-Type-Options", "nosniff")
	// A picture may have styles of its own; opened by itself it can do nothing.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cache-Control", "no-cache")
	if asked == file.name {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(file.content)
}

// plainName takes the hash out of a name: pages.0123.css is pages.css.
func plainName(name string) string {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	return strings.TrimSuffix(stem, path.Ext(stem)) + ext
}

// panelPictureStyle shows a picture in the panel of wide windows, shaded so that the text
// on it can be read.
func panelPictureStyle(picture string) string {
	if picture == "" {
		return ""
	}
	return "@media (min-width: 60rem) {body:not(.account) .top{background:linear-gradient(rgb(0 0 0/.66),rgb(0 0 0/.5)),url(\"" + picture + "\") center/cover no-repeat var(--panel);--on-panel:#ffffff}}"
}
