package pagekit

import "net/http"

// MailPolicy is the content security policy of a mail in a frame: it may style itself
// and open links outside of its frame, and nothing else.
const MailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// PagePolicy is the content security policy of a page of the admin listener, which loads
// its style, images, font and frames from there alone. forms says where its forms may
// go, as form-action does.
func PagePolicy(forms string) string {
	return "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-src 'self'; form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"
}

// SetHeaders makes an answer a page that no other site can embed, read or keep, and
// that tells none where people come from (OWASP ASVS 5.0, V3.4).
func SetHeaders(h http.Header, policy string) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
