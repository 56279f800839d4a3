package wire

import (
	"net/http"
	"strings"
)

// browserRules are about what answers tell browsers and caches beside their content.
func browserRules() []*rule {
	return []*rule{
		{
			source: "issue 13", reason: "every answer says how browsers may use it", masked: true,
			rewrite: func(_ *player, e entry, want *answer) bool {
				if isPreflight(e) {
					return false
				}
				want.setHeader("X-Content-Type-Options", "nosniff")
				want.setHeader("Referrer-Policy", "no-referrer")
				switch kind := want.header("Content-Type"); {
				case strings.HasPrefix(kind, "application/json"):
					want.setHeader("Cross-Origin-Resource-Policy", "same-origin")
				case strings.HasPrefix(kind, "text/html"):
					want.setHeader("Cross-Origin-Opener-Policy", "same-origin")
					want.setHeader("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
					want.setHeader("X-Frame-Options", "DENY")
				}
				return true
			},
		},
		{
			source: "issue 13", reason: "no cache keeps what administrators get",
			rewrite: func(_ *player, e entry, want *answer) bool {
				kept := e.Request.API != "admin" || want.header("Cache-Control") != "" || want.status != http.StatusNoContent && !strings.HasPrefix(want.header("Content-Type"), "application/json") ||
					strings.HasPrefix(e.Request.Path, "/health/") || e.Request.Path == "/version"
				if !kept {
					want.setHeader("Cache-Control", "no-store")
				}
				return !kept
			},
		},
		{
			source: "issue 13", reason: "no shared cache answers a session check",
			rewrite: func(_ *player, e entry, want *answer) bool {
				if isPreflight(e) || !strings.HasPrefix(e.Request.Path, "/sessions/whoami") || want.status != http.StatusOK {
					return false
				}
				want.setHeader("Cache-Control", "private, no-cache")
				want.addHeader("Vary", "Authorization, X-Session-Token")
				return true
			},
		},
		{
			source: "issue 13", reason: "a sign-out empties the browser's cache", masked: true,
			rewrite: func(_ *player, e entry, want *answer) bool {
				ended := strings.HasPrefix(e.Request.Path, "/self-service/browser/flows/logout") && len(want.headerValues("Set-Cookie", "csrf_token=")) > 0
				if ended {
					want.setHeader("Clear-Site-Data", `"cache"`)
				}
				return ended
			},
		},
		on(`createIdentity\.trailing-data`, "issue 13", "JSON that two readers could understand differently is refused", func(_ *player, want *answer) {
			want.status, want.headers = 400, nil
			want.setHeader("Content-Type", "application/json")
			want.setHeader("Cache-Control", "no-store")
			want.setHeader("X-Content-Type-Options", "nosniff")
			want.setHeader("Referrer-Policy", "no-referrer")
			want.setHeader("Cross-Origin-Resource-Policy", "same-origin")
			want.value = parse(`{"error":{"code":400,"status":"Bad Request","reason":"Unable to decode JSON payload: there is more than one JSON value",` +
				`"message":"The request was malformed or contained invalid parameters"}}`)
		}),
	}
}

// isPreflight tells whether a browser asks whether it may send a request.
func isPreflight(e entry) bool { return e.Request.Headers["Access-Control-Request-Method"] != "" }

// headerValues are the values of a header that begin with a prefix.
func (a *answer) headerValues(name, prefix string) []string {
	var out []string
	for _, h := range a.headers {
		if h[0] == name && strings.HasPrefix(h[1], prefix) {
			out = append(out, h[1])
		}
	}
	return out
}
