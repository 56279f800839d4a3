package webui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

// staticPath is where assets are served, below the public URL.
const staticPath = "/static/symbolon/"

//go:embed static
var staticFiles embed.FS

// assets are the files that pages refer to. Their URLs carry a hash of their
// content, so browsers keep them for good.
type assets struct {
	Style, Script, Mark string // URL paths

	files map[string]asset // by plain name
}

type asset struct {
	name    string // with the hash
	mime    string
	content []byte
}

func newAssets(base string) (*assets, error) {
	a := &assets{files: map[string]asset{}}
	prefix := strings.TrimSuffix(base, "/") + staticPath
	// The mark comes first: the style sheet refers to it.
	for _, f := range []struct {
		name, mime string
		url        *string
	}{
		{"mark.svg", "image/svg+xml", &a.Mark},
		{"pages.css", "text/css; charset=utf-8", &a.Style},
		{"pages.js", "text/javascript; charset=utf-8", &a.Script},
	} {
		content, err := staticFiles.ReadFile("static/" + f.name)
		if err != nil {
			return nil, err
		}
		content = []byte(strings.ReplaceAll(string(content), "url(mark.svg)", "url("+a.files["mark.svg"].name+")"))
		sum := sha256.Sum256(content)
		ext := path.Ext(f.name)
		hashed := strings.TrimSuffix(f.name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.files[f.name] = asset{name: hashed, mime: f.mime, content: content}
		*f.url = prefix + hashed
	}
	return a, nil
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
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
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
