package wire1

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

const logoutPrefix = "ory_lo_"

// logoutToken is derived from the session's own token, which only its browser has,
// so that nothing needs to be stored.
func logoutToken(sessionToken string) string {
	return logoutPrefix + secret.Hash("logout:" + sessionToken)[:32]
}

// startLogout tells a browser where it signs out.
func (w *Wire) startLogout(out http.ResponseWriter, r *http.Request) error {
	w.host.EnsureCSRF(out, r)
	token, err := w.browserSession(r)
	if err != nil {
		return w.refuse(out, r, err)
	}
	back := r.URL.Query().Get("return_to")
	if back != "" {
		if _, err := w.parts.Engine.ValidateReturnTo(back, nil); err != nil {
			return w.refuse(out, r, err)
		}
	}
	q := url.Values{"token": {logoutToken(token)}}
	if back != "" {
		q.Set("return_to", back)
	}
	to := w.base.JoinPath("self-service/logout")
	to.RawQuery = q.Encode()
	return writeJSON(out, http.StatusOK, map[string]string{"logout_url": to.String(), "logout_token": logoutToken(token)})
}

// refuse answers an error to a browser or a script in one.
func (w *Wire) refuse(out http.ResponseWriter, r *http.Request, err error) error {
	if wire.AcceptsJSON(r) {
		return err
	}
	return w.host.ErrorPage(out, r, err)
}

func noActiveSession() *fault {
	return refusal(http.StatusUnauthorized, "session_inactive", "No active session was found in this request.", noSession)
}

// browserSession returns the session token of a browser that is signed in.
func (w *Wire) browserSession(r *http.Request) (string, error) {
	token := w.host.CookieToken(r)
	_, err := w.parts.Sessions.Check(r.Context(), token)
	if errors.Is(err, session.ErrNone) {
		return "", noActiveSession()
	}
	return token, err
}

// logout ends the browser's session and leads it on.
func (w *Wire) logout(out http.ResponseWriter, r *http.Request) error {
	w.host.EnsureCSRF(out, r)
	query := r.URL.Query()
	token, err := w.browserSession(r)
	if err != nil {
		return w.refuse(out, r, err)
	}
	given := query.Get("token")
	switch {
	case given == "":
		return w.refuse(out, r, badRequest("Please include a token in the URL query."))
	case !secret.Equal(given, logoutToken(token)):
		return w.refuse(out, r, refusal(http.StatusForbidden, "", "Unable to log out because the logout token in the URL query does not match the session cookie.", ""))
	}
	if err := w.parts.Sessions.Revoke(r.Context(), token); err != nil {
		return err
	}
	w.host.Logout(out, r)
	if wire.AcceptsJSON(r) {
		out.WriteHeader(http.StatusNoContent)
		return nil
	}
	to, err := w.parts.Engine.ValidateReturnTo(query.Get("return_to"), w.config.LogoutReturn)
	if err != nil {
		return w.host.ErrorPage(out, r, err)
	}
	return redirect(out, r, to)
}

// logoutNative ends the session of a native client. Ending it twice is not an error.
func (w *Wire) logoutNative(out http.ResponseWriter, r *http.Request) error {
	var in struct {
		SessionToken string `json:"session_token"`
	}
	if err := decodeObject(r, maxBody, &in); err != nil {
		return err
	}
	token := strings.TrimPrefix(in.SessionToken, TokenPrefix)
	if len(token) != secret.TokenLength {
		return refusal(http.StatusForbidden, "", "The provided Ory Session Token could not be found, is invalid, or otherwise malformed.", "")
	}
	if err := w.parts.Sessions.Revoke(r.Context(), token); err != nil {
		return err
	}
	out.WriteHeader(http.StatusNoContent)
	return nil
}
