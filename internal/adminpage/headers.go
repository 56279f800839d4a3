package adminpage

import (
	"io/fs"
	"net/http"
)

// MailPolicy is the content security policy of a mail in a frame: it may style itself
// and open links outside of its frame, and nothing else.
const MailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// PagePolicy is the content security policy of a page that loads its style, images and
// frames from here alone. forms says where its forms may go, as form-action does.
func PagePolicy(forms string) string {
	return "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"
}

// SetHeaders makes an answer a page that no other site can embed, read or keep, and
// that tells none where people come from.
func SetHeaders(h http.Header, policy string) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// Asset serves one of the embedded files, which browsers ask about each time. It says
// nothing about anybody, so it needs no access.
func Asset(files fs.FS, name, media string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			http.NotFound(w, r)
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
