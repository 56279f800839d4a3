package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// setHeaders writes what protects a page (OWASP ASVS 5.0, V3.4): nothing is
// loaded, framed or run but what this server itself serves, and no cache keeps
// it. targets are where its forms lead; leaves says that one of them leads to a provider.
func (p *Pages) setHeaders(h http.Header, targets []*url.URL, leaves bool) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	fonts := "font-src 'self'; "
	if p.config.Theme.CSS != "" {
		fonts = "font-src 'self' data:; "
	}
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "+fonts+
		"form-action "+strings.Join(p.formAction(targets, leaves), " ")+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
}

// formAction lists the origins that a form may be sent to or redirected to.
func (p *Pages) formAction(targets []*url.URL, leaves bool) []string {
	out := []string{"'self'"}
	for _, u := range slices.Concat(targets, p.config.FormTargets) {
		if o := origin(u); o != "" && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	if leaves && p.config.FormsLeave {
		out = append(out, "https:")
	}
	return out
}

// origin returns the origin of a web address as a source expression (CSP 3, section
// 2.3.1), the scheme of an app's deep link, or empty where there is neither.
func origin(u *url.URL) string {
	switch {
	case u == nil:
		return ""
	case isAppScheme(u.Scheme):
		return u.Scheme + ":"
	case u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(u.Host, " ;,'\"*"):
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// browserSchemes are the schemes that browsers themselves give a meaning. None of them
// is an app, and some run code.
var browserSchemes = []string{
	"http", "https", "javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "view-source", "ws", "wss", "ftp", "mailto", "tel", "sms",
	"chrome", "chrome-extension", "moz-extension", "resource", "jar", "content", "intent",
}

// isAppScheme reports whether a scheme is one that an app registers for itself, such as
// myapp or com.example.app (RFC 8252, section 7.1).
func isAppScheme(scheme string) bool {
	if scheme == "" || slices.Contains(browserSchemes, scheme) {
		return false
	}
	return !strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '-' && r != '.'
	})
}
