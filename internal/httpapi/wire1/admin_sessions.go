package wire1

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// expansion is which members of a session operators want to see.
type expansion struct{ identity, devices bool }

func expansionOf(q url.Values) (out expansion, err error) {
	for _, wanted := range q["expand"] {
		switch strings.ToLower(wanted) {
		case "identity":
			out.identity = true
		case "devices":
			out.devices = true
		default:
			return out, badRequest("Could not parse expand option: " + wanted)
		}
	}
	return out, nil
}

// operatorSession renders a session as operators see it.
func (w *Wire) operatorSession(r *http.Request, s *session.Session, e expansion) (Session, error) {
	out := w.session(s)
	out.Active = s.Active && w.parts.Sessions.Valid(s)
	if !e.devices {
		out.Devices = []Device{}
	}
	if !e.identity {
		return out, nil
	}
	owner, err := w.parts.Identities.ByID(r.Context(), s.IdentityID)
	if err != nil {
		return out, err
	}
	shown := w.identity(owner)
	out.Identity = &shown
	return out, nil
}

// activeOf reads the parameter active; nil for none.
func activeOf(q url.Values) (*bool, error) {
	text := q.Get("active")
	if text == "" {
		return nil, nil
	}
	wanted, err := strconv.ParseBool(text)
	if err != nil {
		return nil, refusal(http.StatusBadRequest, "", "", "could not parse parameter active")
	}
	return &wanted, nil
}

// listSessions lists everyone's sessions, the latest first.
func (w *Wire) listSessions(out http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if size := q.Get("page_size"); size != "" {
		if _, err := strconv.Atoi(size); err != nil {
			return refusal(http.StatusBadRequest, "", "", "could not parse parameter page_size")
		}
	}
	after, err := sessionToken(q.Get("page_token"))
	if err != nil {
		return err
	}
	active, err := activeOf(q)
	if err != nil {
		return err
	}
	expand, err := expansionOf(q)
	if err != nil {
		return err
	}
	p := pageOf(q, defaultPage)
	found, err := w.parts.Sessions.All(r.Context(), session.Query{Active: active, After: after, Limit: p.size})
	if err != nil {
		return err
	}
	shown := make([]Session, len(found))
	for i, s := range found {
		one, err := w.operatorSession(r, s, expand)
		if err != nil {
			return err
		}
		shown[i] = briefly(one)
	}
	next := ""
	if len(found) == p.size {
		next = tokenOf(found[len(found)-1].ID)
	}
	p.tokens(out.Header(), r, tokenOf(zeroID), next)
	return writeJSON(out, http.StatusOK, shown)
}

// briefly leaves out of a session in a list what lists do not have: addresses.
func briefly(s Session) Session {
	if s.Identity != nil {
		s.Identity.VerifiableAddresses, s.Identity.RecoveryAddresses = nil, nil
	}
	return s
}

// tokenOf is the token of the page behind an entry.
func tokenOf(id string) string { return base64.RawURLEncoding.EncodeToString([]byte("id=" + id)) }

// sessionToken returns the id in a token of a page of sessions, empty for the first.
func sessionToken(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	id, found := strings.CutPrefix(string(raw), "id=")
	if err != nil || !found || !secret.IsID(id) {
		return "", refusal(http.StatusBadRequest, "", "", "could not parse parameter page_size")
	}
	if id == zeroID {
		return "", nil
	}
	return id, nil
}

// sessionNamed returns the session that the path names.
func (w *Wire) sessionNamed(r *http.Request) (*session.Session, error) {
	id := r.PathValue("id")
	if !secret.IsID(id) {
		return nil, malformedID(id)
	}
	return w.parts.Sessions.ByID(r.Context(), id)
}

func (w *Wire) getSession(out http.ResponseWriter, r *http.Request) error {
	expand, err := expansionOf(r.URL.Query())
	if err != nil {
		return err
	}
	found, err := w.sessionNamed(r)
	if err != nil {
		return err
	}
	shown, err := w.operatorSession(r, found, expand)
	if err != nil {
		return err
	}
	return writeJSON(out, http.StatusOK, shown)
}

// extendSession lets a session last its whole lifespan again.
func (w *Wire) extendSession(out http.ResponseWriter, r *http.Request) error {
	found, err := w.sessionNamed(r)
	if err != nil {
		return err
	}
	if found, err = w.parts.Sessions.Extend(r.Context(), found.ID); err != nil {
		return err
	}
	if w.config.FasterExtend {
		out.WriteHeader(http.StatusNoContent)
		return nil
	}
	shown, err := w.operatorSession(r, found, expansion{identity: true})
	if err != nil {
		return err
	}
	return writeJSON(out, http.StatusOK, shown)
}

func (w *Wire) disableSession(out http.ResponseWriter, r *http.Request) error {
	found, err := w.sessionNamed(r)
	if err != nil {
		return err
	}
	if err := w.parts.Sessions.RevokeByID(r.Context(), found.IdentityID, found.ID); err != nil && !errors.Is(err, errs.ErrNotFound) {
		return err
	}
	return noContent(out)
}

// listOf lists the sessions of an identity. One that is unknown has none.
func (w *Wire) listOf(out http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !secret.IsID(id) {
		return malformedID(id)
	}
	active, err := activeOf(r.URL.Query())
	if err != nil {
		return err
	}
	found, err := w.parts.Sessions.OfIdentity(r.Context(), id)
	if err != nil {
		return err
	}
	if active != nil {
		found = slices.DeleteFunc(found, func(s *session.Session) bool { return w.parts.Sessions.Valid(s) != *active })
	}
	p := pageOfSessions(r.URL.Query())
	shown := []Session{}
	for _, s := range window(found, p) {
		one, err := w.operatorSession(r, s, expansion{identity: true, devices: true})
		if err != nil {
			return err
		}
		shown = append(shown, briefly(one))
	}
	p.numbered(out.Header(), r, len(found))
	return writeJSON(out, http.StatusOK, shown)
}

// endAllOf ends all sessions of an identity that has any.
func (w *Wire) endAllOf(out http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !secret.IsID(id) {
		return malformedID(id)
	}
	found, err := w.parts.Sessions.List(r.Context(), id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errs.ErrNotFound
	}
	if err := w.parts.Sessions.RevokeOthers(r.Context(), id, ""); err != nil {
		return err
	}
	out.WriteHeader(http.StatusNoContent)
	return nil
}
