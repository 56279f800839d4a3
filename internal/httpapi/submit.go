package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/httpapi/wire05"
	"symbolon/internal/reqctx"
)

// submission is one request to a method's route.
type submission struct {
	kind   flow.Kind
	method string
	caller flow.Caller
}

// submitFlow takes the submission of a method's form.
func (s *Server) submitFlow(k flow.Kind, method string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if page, token := s.config.ConfirmLinks[k], r.URL.Query().Get("token"); page != nil && token != "" && r.Method == http.MethodGet {
			return redirect(w, r, withQuery(page, "token", token))
		}
		sub := submission{kind: k, method: method}
		var err error
		if sub.caller, err = s.caller(r); err != nil {
			return err
		}
		result, err := s.run(r, sub)
		if err == nil && k == flow.Settings && r.Method == http.MethodGet && sub.caller.Continuity != "" {
			s.cookies.setContinuity(w, "", s.now()) // what waited has been taken
		}
		return s.answerSubmission(w, r, sub, result, err)
	}
}

// answerSubmission notes how a submission ended and answers it.
func (s *Server) answerSubmission(w http.ResponseWriter, r *http.Request, sub submission, result flow.Result, err error) error {
	reqctx.Note(r.Context(), slog.String("flow", string(sub.kind)), slog.String("auth_method", sub.method), slog.String("outcome", flow.OutcomeName(result, err)))
	if err != nil {
		return s.submitRefused(w, r, sub, result.Flow, err)
	}
	if result.Cause != nil {
		reqctx.Note(r.Context(), slog.String("cause", result.Cause.Error()))
	}
	return s.submitted(w, r, sub, result)
}

// run hands the request to the engine: the token of a link, a submission that
// waited for a login, or a form.
func (s *Server) run(r *http.Request, sub submission) (flow.Result, error) {
	query := r.URL.Query()
	if token := query.Get("token"); token != "" && challenges(sub.kind) {
		return s.engine.RedeemToken(r.Context(), flow.RedeemRequest{Kind: sub.kind, Method: sub.method, Token: token, URL: s.requestURL(r), Caller: sub.caller})
	}
	request := flow.SubmitRequest{Kind: sub.kind, Method: sub.method, FlowID: query.Get("flow"), URL: s.requestURL(r), Caller: sub.caller}
	if err := s.engine.CheckSession(sub.kind, sub.caller); err != nil {
		return flow.Result{}, err
	}
	if err := missingFlow(sub.kind, request.FlowID); err != nil {
		return flow.Result{}, err
	}
	if r.Method == http.MethodGet && sub.kind == flow.Settings {
		return s.engine.ResumeSubmission(r.Context(), request, sub.caller.Continuity)
	}
	var err error
	if request.Input, err = decodeSubmission(r); err != nil {
		return flow.Result{}, err
	}
	return s.engine.Submit(r.Context(), request)
}

// challenges reports whether flows of the kind send secrets that come back by
// link.
func challenges(k flow.Kind) bool { return k == flow.Recovery || k == flow.Verification }

// missingFlow says in each kind's own words that the flow id is missing.
func missingFlow(k flow.Kind, id string) error {
	if id != "" {
		return nil
	}
	reason := ""
	switch k {
	case flow.Login:
		reason = "The flow query parameter is missing or invalid."
	case flow.Registration:
		reason = "The flow query parameter is missing."
	case flow.Settings:
		reason = "The request query parameter is missing or malformed."
	case flow.Recovery, flow.Verification:
		return errs.ErrNotFound
	}
	return errs.New(errs.Invalid, "flow_missing", reason)
}

// submitted answers what came of a submission.
func (s *Server) submitted(w http.ResponseWriter, r *http.Request, sub submission, result flow.Result) error {
	f := result.Flow
	switch {
	case result.Outcome == flow.Redirected:
		if result.Continuity != "" {
			s.cookies.setContinuity(w, result.Continuity, s.now())
		}
		return redirect(w, r, result.Redirect)
	case result.Outcome == flow.Completed && (f.Client == flow.Browser || challenges(f.Kind)):
		return s.finishBrowser(w, r, sub, result)
	case result.Outcome == flow.Completed:
		return s.finishAPI(w, result)
	case f.Client == flow.Browser:
		return redirect(w, r, s.engine.Page(f))
	case result.Outcome == flow.FormRejected:
		return writeJSON(w, http.StatusBadRequest, s.wire.Flow(f, result.Identity))
	}
	return writeJSON(w, http.StatusOK, s.wire.Flow(f, result.Identity))
}

// finishAPI answers a success to a client without a browser.
func (s *Server) finishAPI(w http.ResponseWriter, result flow.Result) error {
	switch result.Flow.Kind {
	case flow.Login:
		return writeJSON(w, http.StatusOK, wire05.LoginViaAPI{
			SessionToken: result.Token, Session: s.wire.Session(result.Session),
		})
	case flow.Registration:
		answer := wire05.RegistrationViaAPI{SessionToken: result.Token, Identity: s.wire.Identity(result.Identity)}
		if result.Session != nil {
			issued := s.wire.Session(result.Session)
			answer.Session = &issued
		}
		return writeJSON(w, http.StatusOK, answer)
	default:
		return writeJSON(w, http.StatusOK, wire05.SettingsViaAPI{
			Flow: s.wire.Flow(result.Flow, result.Identity), Identity: s.wire.Identity(result.Identity),
		})
	}
}

// finishBrowser signs a browser in where a session was issued, and leads it on.
// Scripts that ask for JSON get the session instead of the redirect.
func (s *Server) finishBrowser(w http.ResponseWriter, r *http.Request, sub submission, result flow.Result) error {
	if result.Token != "" {
		s.signIn(w, sub.caller, result.Session, result.Token)
	}
	if !acceptsJSON(r) || challenges(result.Flow.Kind) {
		return redirect(w, r, result.Redirect)
	}
	if result.Session == nil {
		return writeJSON(w, http.StatusOK, s.wire.Unborn(result.Flow, result.Identity))
	}
	return writeJSON(w, http.StatusOK, s.wire.Session(result.Session))
}

// submitRefused answers a submission that did not reach its method or was
// refused as a whole.
func (s *Server) submitRefused(w http.ResponseWriter, r *http.Request, sub submission, f *flow.Flow, err error) error {
	if in, ok := errors.AsType[*flow.LoggedIn](err); ok {
		if f != nil && f.Client == flow.API || f == nil && speaksJSON(r) {
			return loggedIn(in.Kind)
		}
		return redirect(w, r, in.Redirect)
	}
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
		return s.settingsWithoutSession(w, r, sub.method)
	}
	if again, ok := errors.AsType[*flow.Restarted](err); ok {
		return s.restarted(w, r, sub.caller, again.Flow)
	}
	if wait, ok := errors.AsType[*flow.Reauthenticate](err); ok {
		return s.reauthenticate(w, r, sub, wait)
	}
	if errors.Is(err, errs.ErrNotFound) && sub.kind == flow.Settings && f == nil {
		err = errs.New(errs.NotFound, "flow_not_found", "The settings request could not be found. Please restart the flow.")
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return s.refuseFlow(w, r, f, err)
}

// settingsWithoutSession asks to sign in first.
func (s *Server) settingsWithoutSession(w http.ResponseWriter, r *http.Request, method string) error {
	if !speaksJSON(r) {
		return s.toLogin(w, r, s.config.PublicURL.JoinPath("self-service/settings/browser").String())
	}
	if method == "profile" {
		return errNoSession
	}
	return &errs.Error{
		Code: errs.Unauthorized, ID: "session_missing",
		Message: "request does not have a valid authentication session", Reason: "No active session was found in this request.",
	}
}

// restarted leads to the flow that takes the place of one that was over.
func (s *Server) restarted(w http.ResponseWriter, r *http.Request, c flow.Caller, f *flow.Flow) error {
	if f.Client == flow.Browser {
		if c.CSRF == "" {
			s.cookies.setCSRF(w, c.NextCSRF)
		}
		return redirect(w, r, s.engine.Page(f))
	}
	return redirect(w, r, withQuery(s.config.PublicURL.JoinPath("self-service", string(f.Kind), "flows"), "id", f.ID))
}

// reauthenticate leads a browser to sign in once more and then back here, where
// its submission waits.
func (s *Server) reauthenticate(w http.ResponseWriter, r *http.Request, sub submission, wait *flow.Reauthenticate) error {
	s.cookies.setContinuity(w, wait.Token, s.now())
	login := s.config.PublicURL.JoinPath("self-service/login/browser")
	q := login.Query()
	q.Set("refresh", "true")
	q.Set("return_to", s.wire.Action(wait.Flow, sub.method))
	login.RawQuery = q.Encode()
	return redirect(w, r, login.String())
}
