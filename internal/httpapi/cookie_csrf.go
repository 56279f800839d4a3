package httpapi

import (
	"net/http"
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
)

// csrfYear is how long a browser keeps the anti-CSRF cookie, in seconds.
const csrfYear = 365 * 24 * 60 * 60

// csrfNames are the names of the anti-CSRF cookie of every wire, in the order in
// which they are looked at: a browser that meets two wires has one value.
func (s *Server) csrfNames() []string {
	var names []string
	for _, m := range s.mounts {
		if name := s.cookies.name(m.rules.CSRFCookie); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// csrfSent are the values of a request that could be ours, for any identity they were issued
// for.
func (s *Server) csrfSent(r *http.Request) []string {
	var sent []string
	for _, name := range s.csrfNames() {
		for _, value := range values(r, name) {
			if secret.IsCSRF(value) {
				sent = append(sent, value)
			}
		}
	}
	return sent
}

// csrfOf returns the first value of a request that was issued for the identity that
// is signed in, or for anonymous visitors; empty if there is none. A value under the name without
// the prefix, which another site of the domain could have set, counts only for who
// is signed in: its MAC then shows that this browser was given it.
func (s *Server) csrfOf(r *http.Request, owner string) string {
	for _, value := range s.csrfSent(r) {
		if s.cookies.csrf.Valid(value, owner) {
			return value
		}
	}
	if !s.cookies.config.HostPrefix || owner == "" {
		return ""
	}
	for _, m := range s.mounts {
		for _, value := range values(r, m.rules.CSRFCookie) {
			if s.cookies.csrf.Valid(value, owner) {
				return value
			}
		}
	}
	return ""
}

// setCSRF writes the anti-CSRF cookie under the wire's name, and under those of
// other wires that the browser has. It must reach us from a UI of another origin, so it is
// SameSite=None where browsers allow that, which is with Secure.
func (m *mount) setCSRF(w http.ResponseWriter, r *http.Request, value string) {
	own := m.rules.CSRFCookie
	written := map[string]bool{}
	for _, other := range m.mounts {
		rules := &other.rules
		name := m.cookies.name(rules.CSRFCookie)
		if written[name] || rules.CSRFCookie != own && len(values(r, name)) == 0 {
			continue
		}
		written[name] = true
		c := &http.Cookie{
			Name: name, Value: value, Path: m.cookies.csrfPath, Domain: m.cookies.csrfDomain,
			MaxAge: csrfYear, HttpOnly: true, Secure: m.cookies.config.Secure, SameSite: http.SameSiteLaxMode,
		}
		if c.Secure {
			c.SameSite = http.SameSiteNoneMode
		}
		if rules.CSRFHostOnly {
			c.Domain, c.Path = "", "/"
		}
		http.SetCookie(w, c)
	}
}

// ensureCSRF returns the browser's anti-CSRF value, giving it one if it has none, and
// the same under the name of this wire if it has one of another.
func (m *mount) ensureCSRF(w http.ResponseWriter, r *http.Request, c flow.Caller) string {
	value := c.CSRF
	if value == "" {
		value = c.NextCSRF(ownerOf(c))
	}
	if !slices.Contains(values(r, m.cookies.name(m.rules.CSRFCookie)), value) {
		m.setCSRF(w, r, value)
	}
	return value
}

// ownerOf is the identity that anti-CSRF values of a caller are bound to.
func ownerOf(c flow.Caller) string {
	if c.Session == nil {
		return ""
	}
	return c.Session.IdentityID
}

// hasFormToken reports whether a request to no flow carries the anti-CSRF token,
// as a header or as a form field.
func (s *Server) hasFormToken(r *http.Request, token string) bool {
	return slices.ContainsFunc(s.csrfSent(r), func(cookie string) bool { return secret.CheckCSRF(token, cookie) })
}
