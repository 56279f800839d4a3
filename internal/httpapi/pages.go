package httpapi

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// The built-in pages run in this process and reach the engine through these
// methods, with the same session, cookie and CSRF code as every other request.

// PageFlow returns the flow that a page is asked to show by its flow parameter,
// and sees to the anti-CSRF cookie as fetching a flow does. The error is
// errs.ErrCSRF, with the flow, if its form would be refused: the browser does not
// have the cookie that the form was made for.
func (s *Server) PageFlow(w http.ResponseWriter, r *http.Request, k flow.Kind) (flow.Result, error) {
	caller, err := s.pagesMount.caller(r)
	if err != nil {
		return flow.Result{}, err
	}
	s.pagesMount.ensureCSRF(w, r, caller)
	result, err := s.engine.Get(r.Context(), k, r.URL.Query().Get("flow"), caller)
	if f := result.Flow; err == nil && f.Client == flow.Browser && f.State == flow.Open && !secret.CheckCSRF(f.CSRF, caller.CSRF) {
		return result, errs.ErrCSRF
	}
	return result, err
}

// PageSession returns the session of the visitor of a page, nil for a visitor who is
// not signed in.
func (s *Server) PageSession(r *http.Request) (*session.Session, error) {
	live, err := s.pagesMount.checkLevel(r)
	if errors.Is(err, session.ErrNone) || errors.Is(err, flow.ErrSecondFactorRequired) {
		return nil, nil
	}
	if err != nil && !errors.Is(err, flow.ErrFactorRequired) {
		return nil, err
	}
	return live.Session, nil
}

// PageError returns the stored error that the error page is asked to show by its
// parameter error, which v1 calls id; errs.ErrNotFound for one that is unknown or
// belongs to another browser.
func (s *Server) PageError(r *http.Request) (*errs.Stored, error) {
	query := r.URL.Query()
	stored, err := s.storedError(r, cmp.Or(query.Get("error"), query.Get("id")))
	if err != nil {
		return nil, err
	}
	if s.foreignError(r, stored) {
		return nil, errs.ErrNotFound
	}
	return stored, nil
}

// Action is the URL that a method's form is sent to.
func (s *Server) Action(f *flow.Flow, method string) string {
	return s.pagesMount.wire.Action(f, method)
}

// StartURL is where a browser starts a flow of a kind.
func (s *Server) StartURL(k flow.Kind) *url.URL {
	return s.pagesMount.wire.URL(wire.StartBrowser, k)
}

// LinkURL is where the links in mails of a kind lead, without their token.
func (s *Server) LinkURL(k flow.Kind) *url.URL {
	return s.pagesMount.wire.URL(wire.LinkTarget, k)
}

// LinkAsked is when the link of a token was asked for, zero if it leads nowhere.
func (s *Server) LinkAsked(r *http.Request, k flow.Kind, token string) (time.Time, error) {
	return s.engine.LinkAsked(r.Context(), k, token)
}

// LogoutURL is where a browser signs out.
func (s *Server) LogoutURL() *url.URL {
	return s.pagesMount.wire.URL(wire.SignOut, "")
}

// PageSessions lists the sessions of the owner of one, the newest first.
func (s *Server) PageSessions(r *http.Request, of *session.Session) ([]*session.Session, error) {
	return s.sessions.List(r.Context(), of.IdentityID)
}

// EndSession ends the session of that id, or all of its owner's but the given one
// if the id is empty.
func (s *Server) EndSession(r *http.Request, of *session.Session, id string) error {
	if id == "" {
		return s.sessions.RevokeOthers(r.Context(), of.IdentityID, of.ID)
	}
	return s.sessions.RevokeByID(r.Context(), of.IdentityID, id)
}

// PageToken returns what a form of a page carries, and sees to the anti-CSRF
// cookie that goes with it.
func (s *Server) PageToken(w http.ResponseWriter, r *http.Request) string {
	caller, err := s.pagesMount.caller(r)
	if err != nil {
		return "" // the form will be refused, as it would be while storage is away
	}
	return secret.MaskCSRF(s.pagesMount.ensureCSRF(w, r, caller))
}

// FormToken reports whether a form carried the token that goes with the browser's
// cookie.
func (s *Server) FormToken(r *http.Request, token string) bool {
	caller, err := s.pagesMount.caller(r)
	return err == nil && secret.CheckCSRF(token, caller.CSRF)
}
