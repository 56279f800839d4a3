package httpapi

import (
	"net"
	"net/http"
	"strings"
)

// Values of the security headers (OWASP ASVS 5.0, V3.4). They are slices so that
// setting one allocates nothing on the path of session checks.
var (
	headerNosniff  = []string{"nosniff"}
	headerSameSite = []string{"same-origin"}
	headerNoSource = []string{"no-referrer"}
	headerDeny     = []string{"DENY"}
	headerNoPower  = []string{"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"}
	headerYear     = []string{"max-age=31536000"}
)

// secureHeaders completes the headers of an answer. What a page has set stays.
func secureHeaders(h http.Header) {
	setDefault(h, "X-Content-Type-Options", headerNosniff)
	setDefault(h, "Referrer-Policy", headerNoSource)
	if len(h["Content-Type"]) == 0 || !strings.HasPrefix(h["Content-Type"][0], "text/html") {
		if len(h["Content-Type"]) > 0 && strings.HasPrefix(h["Content-Type"][0], "application/json") {
			setDefault(h, "Cross-Origin-Resource-Policy", headerSameSite)
		}
		return
	}
	// A page of another site that opened this one keeps no handle on it, and none shows
	// it in a frame. Old browsers know only the latter of the two headers.
	setDefault(h, "Cross-Origin-Opener-Policy", headerSameSite)
	setDefault(h, "Permissions-Policy", headerNoPower)
	if policy := h.Get("Content-Security-Policy"); policy == "" || strings.Contains(policy, "frame-ancestors 'none'") {
		setDefault(h, "X-Frame-Options", headerDeny)
	}
}

func setDefault(h http.Header, name string, value []string) {
	if len(h[name]) == 0 {
		h[name] = value
	}
}

// strictTransport tells browsers to stay with https, where this process itself speaks it
// (RFC 6797). Names of this machine are left out: the rule would cover its other ports.
func strictTransport(h http.Header, r *http.Request) {
	if r.TLS == nil {
		return
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(strings.Trim(host, "[]")) != nil {
		return
	}
	h["Strict-Transport-Security"] = headerYear
}
