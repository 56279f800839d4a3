package pagekit

import (
	"embed"
	"net/http"
	"regexp"
	"slices"
)

//go:embed static
var static embed.FS

// The parts of every style sheet, and the files that it refers to.
const (
	Mark      = "mark.svg"
	FontLatin = "figtree-latin.woff2"
	FontExt   = "figtree-latin-ext.woff2" // for Polish, Turkish and others

	SVG   = "image/svg+xml"
	WOFF2 = "font/woff2"
)

// ignored is what browsers skip in a style sheet: comments, indentation and empty lines.
// No sheet of ours has any of them inside a string.
var ignored = regexp.MustCompile(`(?s)/\*.*?\*/\n?|(?m:^[ \t]+|^\n)`)

// Style returns a style sheet: the tokens, what all pages share, and the caller's own,
// without what browsers skip.
func Style(own []byte) []byte {
	return ignored.ReplaceAll(slices.Concat(File("tokens.css"), File("base.css"), own), nil)
}

// AdminStyle is Style for the pages of the admin listener, with what these share.
func AdminStyle(own []byte) []byte { return Style(slices.Concat(File("admin.css"), own)) }

// File returns one of the embedded files. A name that does not exist is a mistake in the
// program.
func File(name string) []byte {
	content, err := static.ReadFile("static/" + name)
	if err != nil {
		panic("pagekit: " + err.Error())
	}
	return content
}

// Handlers serves the style sheet of pages below a path of the admin listener, with what
// it refers to: <path>/style.css and its neighbours. own is the pages' own part of it.
func Handlers(path string, own []byte) map[string]http.Handler {
	return map[string]http.Handler{
		path + "/style.css":    asset(AdminStyle(own), "text/css; charset=utf-8"),
		path + "/" + Mark:      asset(File(Mark), SVG),
		path + "/" + FontLatin: asset(File(FontLatin), WOFF2),
		path + "/" + FontExt:   asset(File(FontExt), WOFF2),
	}
}

// asset serves an embedded file, which browsers revalidate each time. It needs no access
// control: it holds no personal data.
func asset(content []byte, media string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		_, _ = w.Write(content)
	})
}
