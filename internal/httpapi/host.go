package httpapi

import (
	"net/http"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
	"github.com/symbolon/symbolon/internal/session"
)

// host lends a mount to the operations that its wire alone has.
type host struct{ mount *mount }

var _ wire1.Host = host{}

// Caller implements wire1.Host.
func (h host) Caller(r *http.Request) (flow.Caller, error) { return h.mount.caller(r) }

// Session implements wire1.Host.
func (h host) Session(r *http.Request) (*session.Cached, error) { return h.mount.checkLevel(r) }

// HasCredentials implements wire1.Host.
func (h host) HasCredentials(r *http.Request) bool {
	_, isBearer := bearer(r)
	return isBearer || r.Header.Get("X-Session-Token") != "" || len(h.mount.cookies.sessionTokens(r)) > 0
}

// CookieToken implements wire1.Host.
func (h host) CookieToken(r *http.Request) string {
	_, token, err := h.mount.checkCookies(r)
	if err != nil {
		return ""
	}
	return token
}

// Logout implements wire1.Host.
func (h host) Logout(w http.ResponseWriter, r *http.Request) {
	h.mount.setCSRF(w, r, h.mount.cookies.csrf.Issue(""))
	h.mount.cookies.dropSession(w, r)
}

// ErrorPage implements wire1.Host.
func (h host) ErrorPage(w http.ResponseWriter, r *http.Request, err error) error {
	return h.mount.toErrorPage(w, r, err)
}

// EnsureCSRF implements wire1.Host.
func (h host) EnsureCSRF(w http.ResponseWriter, r *http.Request) {
	if c, err := h.mount.caller(r); err == nil {
		h.mount.ensureCSRF(w, r, c)
	}
}

func (s *Server) wire1Parts() wire1.Parts {
	return wire1.Parts{
		Engine: s.engine, Sessions: s.sessions, Identities: s.Identities, Passwords: s.Passwords, Errors: s.errors,
		Schemas: s.Schemas, Courier: s.Courier, Tokens: s.Tokens, Ended: s.Ended, CredentialConfig: s.CredentialConfig, Now: s.now,
	}
}

func (s *Server) wire1Config() wire1.Config {
	return wire1.Config{
		Public: s.config.PublicURL, Admin: s.config.AdminURL, LoginUI: s.config.LoginUI, DefaultReturn: s.config.DefaultReturn,
		LogoutReturn: s.config.LogoutReturn, Version: s.config.Version, DefaultSchema: s.config.DefaultSchema, TwoSteps: s.config.TwoSteps,
		Flags: s.config.V1, AsTyped: s.config.AsTyped,
	}
}
