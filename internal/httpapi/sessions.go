package httpapi

import (
	"net/http"
	"strconv"

	"symbolon/internal/secret"
)

// whoami answers the session of the request. It is the most frequent request
// there is: the body comes ready-made from the session cache.
func (s *Server) whoami(w http.ResponseWriter, r *http.Request) error {
	live, err := s.sessions.Check(r.Context(), s.token(r))
	if err != nil {
		return err
	}
	body, err := live.Rendered("v0.5", s.wire.SessionJSON)
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
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		SessionToken string `json:"session_token"`
	}
	if err := decodeJSON(r, maxBody, &in); err != nil {
		return err
	}
	if err := s.sessions.Revoke(r.Context(), in.SessionToken); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// logout ends the browser's session and leads it on. A Bearer token is ended in
// place of the cookie's.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	token, isBearer := bearer(r)
	if !isBearer {
		token = s.cookies.sessionToken(r)
	}
	if token != "" {
		if err := s.sessions.Revoke(r.Context(), token); err != nil {
			return err
		}
	}
	s.cookies.setCSRF(w, secret.NewCSRF())
	if c, err := r.Cookie(s.cookies.config.SessionName); err == nil && !isBearer {
		s.cookies.dropSession(w, c.Value)
	}
	to, err := s.engine.ValidateReturnTo(r.URL.Query().Get("return_to"), s.config.LogoutReturn)
	if err != nil {
		return s.toErrorPage(w, r, err)
	}
	return redirect(w, r, to)
}
