package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// The errors of requests that are refused before any route looks at them.
var (
	errHiddenDots = errs.New(errs.Invalid, "path_ambiguous", "The path has encoded dots or slashes that lead elsewhere. Send the path that you mean.")
	errPrefetch   = errs.New(errs.Forbidden, "prefetch_refused", "This address has an effect, so it is not fetched ahead of the person's click.")
)

// hidesDots reports whether a path changes its meaning when its escapes are
// decoded: "%2e%2e" or "..%2f". A proxy in front that allows paths by their prefix
// does not see them.
func hidesDots(u *url.URL) bool {
	if u.RawPath == "" {
		return false
	}
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == segment {
			continue
		}
		for part := range strings.FieldsFuncSeq(plain, func(r rune) bool { return r == '/' || r == '\\' }) {
			if part == "." || part == ".." {
				return true
			}
		}
	}
	return false
}

// prefetched reports whether a browser fetches ahead of a click that may never come
// (Fetch, Sec-Purpose).
func prefetched(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if value := strings.ToLower(r.Header.Get(name)); strings.Contains(value, "prefetch") || strings.Contains(value, "preview") {
			return true
		}
	}
	return false
}

// newCrossOrigin returns the second line against forged requests (decision 35, OWASP
// ASVS 5.0, V3.5): pages of other sites send nothing unsafe, except from the origins
// of the configured pages.
func newCrossOrigin(c Config) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	for _, u := range append([]*url.URL{c.PublicURL, c.ErrorUI, c.LoginUI}, c.UIs...) {
		if u == nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		if err := p.AddTrustedOrigin(u.Scheme + "://" + strings.ToLower(u.Host)); err != nil {
			return nil, fmt.Errorf("trust the origin of %s: %w", u, err)
		}
	}
	return p, nil
}

// checkOrigin refuses an unsafe request that a page of another site has sent. A
// request without cookies can use nothing of the browser's, so that flows of API
// clients keep their own rule; a link's token needs no cookie.
func (s *Server) checkOrigin(r *http.Request) error {
	if s.config.LaxAPI || safe(r.Method) || r.Header.Get("Cookie") == "" && !r.URL.Query().Has("token") {
		return nil
	}
	err := s.crossOrigin.Check(r)
	if err == nil || s.allowsOrigin(r) {
		return nil
	}
	return errForeignOrigin.Because(err)
}

// allowsOrigin reports whether CORS lets the pages of a request's origin call this
// listener with cookies. A browser that says neither the site nor the origin is left to
// the anti-CSRF token.
func (s *Server) allowsOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "null" && r.Header.Get("Sec-Fetch-Site") == "" {
		return true
	}
	return s.config.CORS != nil && s.config.CORS.Credentials && origin != "" && s.config.CORS.allows(origin)
}

// refuse answers a request that no wire has judged: JSON to those that speak it, the
// error page to browsers.
func (m *mount) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if !wire.SpeaksJSON(r) && strings.Contains(r.Header.Get("Accept"), "text/html") {
		err = m.toErrorPage(w, r, err)
	}
	if err != nil {
		m.writeError(w, r, err)
	}
}
