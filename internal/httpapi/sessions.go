package httpapi

import (
	"net/http"
	"strconv"
)

// whoami answers the session of the request. It is the most frequent request
// there is: the body comes ready-made from the session cache.
func (m *mount) whoami(w http.ResponseWriter, r *http.Request) error {
	live, err := m.checkLevel(r)
	if err != nil {
		return err
	}
	body, err := live.Rendered(m.key, m.wire.Session)
	if err != nil {
		return err
	}
	h := w.Header()
	values := [...]string{live.IdentityID, strconv.Itoa(len(body))}
	h["X-Kratos-Authenticated-Identity-Id"] = values[0:1:1]
	h["Content-Length"] = values[1:2:2]
	h["Content-Type"] = jsonContent
	// A shared cache must ask each time: the answer is the owner's of one of these.
	h["Cache-Control"] = privateAnswer
	if vary := h["Vary"]; len(vary) == 1 && vary[0] == varyByCookie[0] {
		h["Vary"] = varyBySession // the same without an allocation
	} else {
		h["Vary"] = append(vary, varyBySession[1:]...)
	}
	_, _ = w.Write(body)
	return nil
}

var (
	privateAnswer = []string{"private, no-cache"}
	varyBySession = []string{"Cookie", "Authorization", "X-Session-Token"}
)

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

// logout ends the browser's sessions and leads it on. A Bearer token is ended in
// place of the cookies'. A browser that has no session keeps its anti-CSRF cookie:
// a page of another site that leads it here must not break its open forms.
func (m *mount) logout(w http.ResponseWriter, r *http.Request) error {
	tokens := m.cookies.sessionTokens(r)
	token, isBearer := bearer(r)
	if isBearer {
		tokens = []string{token}
	}
	for _, token := range tokens {
		if err := m.sessions.Revoke(r.Context(), token); err != nil {
			return err
		}
	}
	if len(tokens) > 0 {
		// Not the cookies: that would end those of every site of the domain.
		w.Header().Set("Clear-Site-Data", `"cache"`)
		m.setCSRF(w, r, m.cookies.csrf.Issue(""))
	}
	if !isBearer {
		m.cookies.dropSession(w, r)
	}
	to, err := m.engine.ValidateReturnTo(r.URL.Query().Get("return_to"), m.config.LogoutReturn)
	if err != nil {
		return m.toErrorPage(w, r, err)
	}
	return redirect(w, r, 0, to)
}
