package httpapi

import (
	"errors"
	"net/http"

	"symbolon/internal/flow"
	"symbolon/internal/httpapi/wire1"
	"symbolon/internal/session"
)

// host lends a mount to the operations that its wire alone has.
type host struct{ mount *mount }

var _ wire1.Host = host{}

// Caller implements wire1.Host.
func (h host) Caller(r *http.Request) (flow.Caller, error) { return h.mount.caller(r) }

// Session implements wire1.Host.
func (h host) Session(r *http.Request) (*session.Cached, error) { return h.mount.session(r) }

// CookieToken implements wire1.Host.
func (h host) CookieToken(r *http.Request) string { return h.mount.cookies.sessionToken(r) }

// Logout implements wire1.Host.
func (h host) Logout(w http.ResponseWriter, r *http.Request) {
	h.mount.newCSRF(w)
	if c, err := r.Cookie(h.mount.cookies.config.SessionName); err == nil {
		h.mount.cookies.dropSession(w, c.Value)
	}
}

// ErrorPage implements wire1.Host.
func (h host) ErrorPage(w http.ResponseWriter, r *http.Request, err error) error {
	return h.mount.toErrorPage(w, r, err)
}

// EnsureCSRF implements wire1.Host.
func (h host) EnsureCSRF(w http.ResponseWriter, r *http.Request) { h.mount.ensureCSRF(w, r) }

// session returns the session of a request by the rule of the wire.
func (m *mount) session(r *http.Request) (*session.Cached, error) {
	if !m.wire.Rules().HeaderDecides {
		return m.sessions.Check(r.Context(), m.token(r))
	}
	if token := r.Header.Get("X-Session-Token"); token != "" {
		return m.sessions.Check(r.Context(), bare(token))
	}
	if token, ok := bearer(r); ok {
		live, err := m.sessions.Check(r.Context(), token)
		if !errors.Is(err, session.ErrNone) {
			return live, err
		}
	}
	return m.sessions.Check(r.Context(), m.cookies.sessionToken(r))
}

func (s *Server) wire1Parts() wire1.Parts {
	return wire1.Parts{
		Engine: s.engine, Sessions: s.sessions, Identities: s.Identities, Passwords: s.Passwords, Errors: s.errors,
		Schemas: s.Schemas, Courier: s.Courier, Now: s.now,
	}
}

func (s *Server) wire1Config() wire1.Config {
	return wire1.Config{
		Public: s.config.PublicURL, Admin: s.config.AdminURL, LoginUI: s.config.LoginUI, DefaultReturn: s.config.DefaultReturn,
		LogoutReturn: s.config.LogoutReturn, Version: s.config.Version, DefaultSchema: s.config.DefaultSchema, TwoSteps: s.config.TwoSteps,
	}
}
