package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"symbolon/internal/flow"
	"symbolon/internal/httpapi/wire1"
	"symbolon/internal/secret"
	"symbolon/internal/session"
)

// token returns the session token of a request: Authorization: Bearer before
// X-Session-Token before the cookie. The first that is there decides, so a bad
// one is not rescued by a good one behind it.
func (s *Server) token(r *http.Request) string {
	if token, ok := bearer(r); ok {
		return token
	}
	if token := r.Header.Get("X-Session-Token"); token != "" {
		return bare(token)
	}
	return s.cookies.sessionToken(r)
}

// bearer returns the token of an Authorization header of exactly two parts.
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	return bare(token), true
}

// bare is a session token without the prefix that v1 hands it out with.
func bare(token string) string { return strings.TrimPrefix(token, wire1.TokenPrefix) }

// caller tells the engine who is asking. Storage trouble while checking the
// session is an error: nobody becomes anonymous by it.
func (m *mount) caller(r *http.Request) (flow.Caller, error) {
	c := flow.Caller{
		CSRF:       m.csrfCookie(r),
		Continuity: m.cookies.continuityToken(r),
		Cookie:     r.Header.Get("Cookie") != "",
		Origin:     r.Header.Get("Origin") != "",
	}
	live, err := m.session(r)
	switch {
	case err == nil:
		c.Session = live.Session
	case !errors.Is(err, session.ErrNone):
		return c, err
	}
	c.NextCSRF = secret.NewCSRF()
	return c, nil
}
