package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/ui"
)

// submitFlow takes the submission of a method's form; an empty method leaves it
// to the wire to say which.
func (m *mount) submitFlow(k flow.Kind, method string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if page, token := m.config.ConfirmLinks[k], r.URL.Query().Get("token"); page != nil && token != "" && r.Method == http.MethodGet {
			return m.answer(w, r, wire.Redirect(wire.WithQuery(page, "token", token)))
		}
		in, err := decodeSubmission(r)
		if err != nil {
			return err
		}
		chosen := method
		if chosen == "" {
			chosen, in = m.chosen(r, k, in)
		}
		caller, err := m.caller(r)
		if err != nil {
			return err
		}
		if m.config.ConfirmLinks[k] != nil && r.URL.Query().Has("token") && !confirmed(r, in, caller) {
			return m.answer(w, r, wire.FailOnPage(errs.ErrCSRF))
		}
		asked := m.request(r, k, caller)
		asked.Method, asked.AnyMethod, asked.Sent = chosen, method == "", in
		result, err := m.run(asked, in)
		if err == nil && k == flow.Settings && r.Method == http.MethodGet && caller.Continuity != "" {
			m.cookies.setContinuity(w, "", m.now()) // what waited has been taken
		}
		return m.answerSubmission(w, asked, result, err)
	}
}

// chosen names the method of a submission whose path does not. What a link brings
// is of the method that sends links. A submission of no method that serves the kind
// says so on the form.
func (m *mount) chosen(r *http.Request, k flow.Kind, in flow.Input) (string, flow.Input) {
	served := m.engine.Methods(k)
	for old, name := range m.rules.Aliases {
		in = in.Renamed(old, name)
	}
	if r.URL.Query().Get("token") != "" && sendsLinks(k) {
		return linkMethod, in
	}
	method := m.wire.Method(in)
	if m.rules.WholeTraits {
		in = in.Whole()
	}
	if slices.Contains(served, method) || len(served) == 0 {
		return method, in
	}
	if r.Method != http.MethodGet {
		in = in.Unfit(m.wire.NoMethod(k))
	}
	return served[0], in
}

// linkMethod is the method that sends links.
const linkMethod = "link"

// confirmed reports whether the button of the page before a link was pressed in
// this browser: a form with the anti-CSRF token of the browser's cookie. A page of
// another site can't sign a visitor in to an account of its own by posting a link.
func confirmed(r *http.Request, in flow.Input, c flow.Caller) bool {
	token, _, _ := in.Text(ui.CSRFName)
	return secret.CheckCSRF(token, c.CSRF) || r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// run hands the request to the engine: the token of a link, a submission that
// waited for a login, or a form.
func (m *mount) run(r wire.Request, in flow.Input) (flow.Result, error) {
	ctx, query := r.Context(), r.Request.URL.Query()
	if token := query.Get("token"); token != "" && sendsLinks(r.Kind) {
		return m.engine.RedeemToken(ctx, flow.RedeemRequest{Kind: r.Kind, Method: r.Method, Token: token, URL: r.URL, Caller: r.Caller})
	}
	if r.Request.Method == http.MethodGet && sendsLinks(r.Kind) && m.rules.ShowsOnGet {
		result, err := m.engine.Get(ctx, r.Kind, query.Get("flow"), r.Caller)
		if _, over := errors.AsType[*flow.Expired](err); !over {
			if code := query.Get("code"); err == nil && code != "" && r.Kind == flow.Verification {
				err = m.engine.BringCode(ctx, result.Flow.ID, code, r.Caller)
			}
			return result, err
		}
	}
	request := flow.SubmitRequest{Kind: r.Kind, Method: r.Method, FlowID: query.Get("flow"), URL: r.URL, Input: in, Caller: r.Caller, ByPage: !wire.SpeaksJSON(r.Request), ByLink: m.leavesByCookie(r, in)}
	if r.Request.Method == http.MethodGet && r.Kind == flow.Settings {
		request.AnyMethod = r.AnyMethod
		return m.engine.ResumeSubmission(ctx, request, r.Caller.Continuity)
	}
	return m.engine.Submit(ctx, request)
}

// leavesByCookie reports whether a submission only leads a browser to a provider and carries no form token. A token
// that is sent is checked.
func (m *mount) leavesByCookie(r wire.Request, in flow.Input) bool {
	_, sent, _ := in.Text(ui.CSRFName)
	return m.rules.LeavesByCookie && r.Method == providerMethod && r.Kind != flow.Settings && !sent
}

// sendsLinks reports whether flows of the kind send secrets that come back by
// link.
func sendsLinks(k flow.Kind) bool { return k == flow.Recovery || k == flow.Verification }

// answerSubmission notes how a submission ended, writes the cookies that go with
// it and answers it.
func (m *mount) answerSubmission(w http.ResponseWriter, r wire.Request, result flow.Result, err error) error {
	reqctx.Note(r.Context(), slog.String("flow", string(r.Kind)), slog.String("auth_method", r.Method), slog.String("outcome", flow.OutcomeName(result, err)))
	if result.Cause != nil {
		reqctx.Note(r.Context(), slog.String("cause", result.Cause.Error()))
	}
	if result.Continuity != "" && err == nil {
		m.cookies.setContinuity(w, result.Continuity, m.now())
	}
	if again, ok := errors.AsType[*flow.Restarted](err); ok && again.Flow.Client == flow.Browser && r.Caller.CSRF == "" {
		m.setCSRF(w, r.Request, r.Caller.NextCSRF(ownerOf(r.Caller)))
	}
	if err == nil && r.Kind == flow.Verification && r.Caller.CSRF == "" && result.Outcome == flow.Completed && result.Flow.Client == flow.Browser &&
		(m.rules.EagerCSRF || result.Redirect == r.Page(result.Flow)) {
		m.setCSRF(w, r.Request, r.Caller.NextCSRF(ownerOf(r.Caller))) // of the browser whose flow it is now
	}
	if m.rules.ShowsOnGet && r.Request.Method == http.MethodGet && sendsLinks(r.Kind) && r.Caller.CSRF == "" && result.Outcome == flow.FormShown {
		m.setCSRF(w, r.Request, r.Caller.NextCSRF(ownerOf(r.Caller)))
	}
	if wait, ok := errors.AsType[*flow.Reauthenticate](err); ok {
		m.cookies.setContinuity(w, wait.Token, m.now())
	}
	if err == nil {
		m.registered(r, &result)
	}
	if again, ok := errors.AsType[*flow.Restarted](err); ok && r.Kind == flow.Registration && again.Flow.Kind == flow.Login && m.config.Registered != nil {
		return m.answer(w, r.Request, wire.Redirect(m.registeredPage(again.Flow.ReturnTo)))
	}
	if result.Enrol && !result.HandedOver {
		result.Redirect = m.settingsFirst(result.Redirect)
	}
	if err == nil {
		m.offerPasskey(w, r, &result)
	}
	a := m.wire.Submitted(r, result, err)
	if a.KeepSignedIn && r.Caller.Session != nil {
		if found, token, err := m.checkCookies(r.Request); err == nil && found.ID == r.Caller.Session.ID {
			m.cookies.setSession(w, r.Caller.Session, token)
		}
	}
	if a.SignIn {
		m.signIn(w, r.Request, r.Caller, result.Session, result.Token)
	}
	return m.answer(w, r.Request, a)
}
