package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
	"github.com/symbolon/symbolon/internal/session"
)

// check returns the session of a request, or session.ErrNone. Authorization: Bearer
// comes before X-Session-Token before the cookies, and the first that is there
// decides: a bad one is not rescued by a good one behind it. Storage trouble is an
// error of its own: no caller becomes anonymous by it.
//
// A wire with HeaderDecides looks at X-Session-Token first, and lets the cookies
// rescue a bad Bearer token.
func (m *mount) check(r *http.Request) (*session.Cached, error) {
	found, _, err := m.checkSent(r)
	return found, err
}

// checkSent is check, and reports whether the session is that of a header.
func (m *mount) checkSent(r *http.Request) (found *session.Cached, byHeader bool, err error) {
	header := r.Header.Get("X-Session-Token")
	token, isBearer := bearer(r)
	byHeader = isBearer || header != ""
	if header != "" && (m.rules.HeaderDecides || !isBearer) {
		token, isBearer = bare(header), false
	}
	if byHeader {
		found, err = m.sessions.Check(r.Context(), token)
		if !isBearer || !m.rules.HeaderDecides || !errors.Is(err, session.ErrNone) {
			return found, true, err
		}
	}
	found, _, err = m.checkCookies(r)
	return found, false, err
}

// checkLevel returns the session of a request, or flow.ErrSecondFactorRequired if it
// is below what a check asks for.
func (m *mount) checkLevel(r *http.Request) (*session.Cached, error) {
	found, err := m.check(r)
	if err != nil {
		return nil, err
	}
	client := flow.API
	if _, isBearer := bearer(r); !isBearer && r.Header.Get("X-Session-Token") == "" {
		client = flow.Browser
	}
	return found, m.engine.CheckLevel(r.Context(), found, client)
}

// checkCookies returns the session that a browser's cookies stand for, and its token:
// of several the first that holds. Where other sites of the domain can set cookies
// under the name, it accepts neither of two people's sessions: an attacker may have
// put one there, so that the victim acts in the attacker's account.
func (s *Server) checkCookies(r *http.Request) (found *session.Cached, token string, err error) {
	for _, sent := range s.cookies.sessionTokens(r) {
		next, err := s.sessions.Check(r.Context(), sent)
		switch {
		case errors.Is(err, session.ErrNone):
		case err != nil:
			return nil, "", err
		case found == nil:
			found, token = next, sent
		case !s.cookies.config.HostPrefix && next.IdentityID != found.IdentityID:
			return nil, "", session.ErrNone
		}
	}
	if found == nil {
		return nil, "", session.ErrNone
	}
	return found, token, nil
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

// caller tells the engine who is asking.
func (m *mount) caller(r *http.Request) (flow.Caller, error) {
	c := flow.Caller{
		Continuity: m.cookies.continuityToken(r),
		Cookie:     r.Header.Get("Cookie") != "",
		Origin:     r.Header.Get("Origin") != "",
		NextCSRF:   m.nextCSRF(),
		Devices:    m.cookies.devices(r),
		Rules:      m.rules.Flow,
	}
	found, byHeader, err := m.checkSent(r)
	switch {
	case err == nil:
		c.Session, c.KeepToken = found.Session, m.rules.KeepsTokens && byHeader
	case !errors.Is(err, session.ErrNone):
		return c, err
	}
	c.CSRF = m.csrfOf(r, ownerOf(c))
	return c, nil
}

// nextCSRF issues one value for each owner that it is asked for.
func (s *Server) nextCSRF() func(owner string) string {
	issued := map[string]string{}
	return func(owner string) string {
		if issued[owner] == "" {
			issued[owner] = s.cookies.csrf.Issue(owner)
		}
		return issued[owner]
	}
}
