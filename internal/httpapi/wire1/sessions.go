package wire1

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// whoami answers the session of the request. It is the most frequent request
// there is: the body comes ready-made from the session cache.
func (w *Wire) whoami(out http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet {
		out.Header()["Cache-Control"] = []string{neverStored}
	}
	live, err := w.host.Session(r)
	if err != nil {
		if w.config.Cacheable && isNone(err) && !w.host.HasCredentials(r) {
			out.Header()[cacheFor] = []string{"60"} // seconds
		}
		return notSignedIn(err, "No valid session credentials found in the request.")
	}
	if r.URL.RawQuery != "" {
		if as := r.URL.Query().Get("tokenize_as"); as != "" {
			return w.tokenize(out, r, live, as)
		}
	}
	body, err := live.Rendered(w.root, w.Session)
	if err != nil {
		return err
	}
	h := out.Header()
	if w.config.Cacheable {
		rest := live.ExpiresAt.Sub(w.parts.Now())
		if most := w.config.CacheableFor; most > 0 {
			rest = min(rest, most)
		}
		h[cacheFor] = []string{strconv.Itoa(int(rest.Seconds()))}
	}
	h["X-Kratos-Authenticated-Identity-Id"] = []string{live.IdentityID}
	h["Content-Type"] = []string{jsonUTF8}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = out.Write(body)
	return nil
}

// cacheFor tells callers for how many seconds they may keep the answer.
const cacheFor = "Ory-Session-Cache-For"

// notSignedIn puts the wire's words on session.ErrNone.
func notSignedIn(err error, why string) error {
	if err == nil || !isNone(err) {
		return err
	}
	return refusal(http.StatusUnauthorized, "", why, "")
}

// mine returns the session of a request and the others of its owner.
func (w *Wire) mine(r *http.Request) (own *session.Cached, others []*session.Session, err error) {
	own, err = w.host.Session(r)
	if err != nil {
		return nil, nil, notSignedIn(err, "No valid session cookie found.")
	}
	all, err := w.parts.Sessions.List(r.Context(), own.IdentityID)
	if err != nil {
		return nil, nil, err
	}
	others = slices.DeleteFunc(all, func(s *session.Session) bool { return s.ID == own.ID })
	return own, others, nil
}

// listMine lists the other sessions of the caller.
func (w *Wire) listMine(out http.ResponseWriter, r *http.Request) error {
	own, others, err := w.mine(r)
	if err != nil {
		return err
	}
	shown := make([]Session, len(others))
	for i, s := range others {
		s.Identity = own.Identity
		shown[i] = w.session(s)
		shown[i].Identity.VerifiableAddresses, shown[i].Identity.RecoveryAddresses = nil, nil
	}
	p := pageOfSessions(r.URL.Query())
	p.numbered(out.Header(), r, len(shown))
	return writeJSON(out, http.StatusOK, window(shown, p))
}

// endMine ends a session of the caller. One that is another identity's or unknown is
// answered alike and left as it is.
func (w *Wire) endMine(out http.ResponseWriter, r *http.Request) error {
	own, err := w.host.Session(r)
	if err != nil {
		return notSignedIn(err, "No valid session cookie found.")
	}
	id := r.PathValue("id")
	if !secret.IsID(id) {
		return malformedID(id)
	}
	if id == own.ID {
		return refusal(http.StatusBadRequest, "", "", "cannot revoke current session")
	}
	if err := w.parts.Sessions.RevokeByID(r.Context(), own.IdentityID, id); err != nil && !isNotFound(err) {
		return err
	}
	return noContent(out)
}

func malformedID(id string) *fault {
	if len(id) == 36 {
		return refusal(http.StatusBadRequest, "", "", fmt.Sprintf("uuid: incorrect UUID format in string %q", id))
	}
	return refusal(http.StatusBadRequest, "", "", fmt.Sprintf("uuid: incorrect UUID length %d in string %q", len(id), id))
}

// endOthers ends all sessions of the caller but the present one. The count has those
// that had ended before too.
func (w *Wire) endOthers(out http.ResponseWriter, r *http.Request) error {
	own, err := w.host.Session(r)
	if err != nil {
		return notSignedIn(err, "No valid session cookie found.")
	}
	all, err := w.parts.Sessions.OfIdentity(r.Context(), own.IdentityID)
	if err != nil {
		return err
	}
	if err := w.parts.Sessions.RevokeOthers(r.Context(), own.IdentityID, own.ID); err != nil {
		return err
	}
	return writeJSON(out, http.StatusOK, map[string]int{"count": len(all) - 1})
}

// exchangeToken hands an app the session that it has begun and a browser has finished.
func (w *Wire) exchangeToken(out http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	code, back := q.Get("init_code"), q.Get("return_to_code")
	if code == "" || back == "" {
		return badRequest("\"init_code\" and \"return_to_code\" query params must be set")
	}
	var live *session.Cached
	token, err := w.parts.Engine.Exchange(r.Context(), code, back)
	if err == nil {
		live, err = w.parts.Sessions.Check(r.Context(), token)
	}
	if isNotFound(err) || isNone(err) {
		return refusal(http.StatusNotFound, "", "no session yet for this \"code\"", "")
	}
	if err != nil {
		return err
	}
	shown := w.session(live.Session)
	shown.Devices = []Device{} // the browser that was used is none of the app
	return writeJSON(out, http.StatusOK, Exchanged{SessionToken: TokenPrefix + token, Session: &shown})
}
