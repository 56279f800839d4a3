package httpapi

import (
	"net/http"
	"strconv"

	"symbolon/internal/secret"
)

// whoami answers the session of the request. It is the most frequent request
// there is: the body comes ready-made from the session cache.
func (m *mount) whoami(w http.ResponseWriter, r *http.Request) error {
	live, err := m.sessions.Check(r.Context(), m.token(r))
	if err != nil {
		return err
	}
	body, err := live.Rendered(m.key(), m.wire.Session)
	if err != nil {
		return err
	}
	h := w.Header()
	h["X-Kratos-Authenticated-Identity-Id"] = []string{live.IdentityID}
	h["Content-Type"] = []string{jsonType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body)
	return nil
}

// revoke ends the session whose token is sent. Knowing the token is the only
// right it takes, and an unknown one is as good as ended.
func (m *mount) revoke(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		SessionToken string `json:"session_token"`
	}
	if err := decodeJSON(r, maxBody, &in); err != nil {
		return err
	}
	if err := m.sessions.Revoke(r.Context(), in.SessionToken); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// logout ends the browser's session and leads it on. A Bearer token is ended in
// place of the cookie's.
func (m *mount) logout(w http.ResponseWriter, r *http.Request) error {
	token, isBearer := bearer(r)
	if !isBearer {
		token = m.cookies.sessionToken(r)
	}
	if token != "" {
		if err := m.sessions.Revoke(r.Context(), token); err != nil {
			return err
		}
	}
	m.setCSRF(w, secret.NewCSRF())
	if c, err := r.Cookie(m.cookies.config.SessionName); err == nil && !isBearer {
		m.cookies.dropSession(w, c.Value)
	}
	to, err := m.engine.ValidateReturnTo(r.URL.Query().Get("return_to"), m.config.LogoutReturn)
	if err != nil {
		return m.toErrorPage(w, r, err)
	}
	return redirect(w, r, 0, to)
}
