package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// setHeaders writes what protects a page (OWASP ASVS 5.0, V3.4): nothing is
// loaded, framed or run but what this server itself serves, and no cache keeps
// it. targets are where its forms lead.
func (p *Pages) setHeaders(h http.Header, targets []*url.URL) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	fonts := "font-src 'self'; "
	if p.config.Theme.CSS != "" {
		fonts = "font-src 'self' data:; "
	}
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "+fonts+
		"form-action "+strings.Join(p.formAction(targets), " ")+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
}

// formAction lists the origins that a form may be sent to or redirected to.
func (p *Pages) formAction(targets []*url.URL) []string {
	out := []string{"'self'"}
	for _, u := range slices.Concat(targets, p.config.FormTargets) {
		if o := origin(u); o != "" && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	if p.config.FormsLeave {
		out = append(out, "https:")
	}
	return out
}

// origin returns the origin of a web address as a source expression, empty if it
// has none or would end the directive.
func origin(u *url.URL) string {
	if u == nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(u.Host, " ;,'\"*") {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}
