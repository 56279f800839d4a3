package wire05

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/session"
)

// Started implements wire.Wire.
func (w *Wire) Started(r wire.Request, result flow.Result, err error) wire.Answer {
	in, signedIn := errors.AsType[*flow.LoggedIn](err)
	_, signedOut := errors.AsType[*flow.LoginRequired](err)
	if r.Client == flow.API {
		switch {
		case signedIn:
			return wire.Fail(sessionExists(in.Kind))
		case signedOut:
			return wire.Fail(problem(errs.Forbidden, "session_required"))
		case err != nil:
			return wire.Fail(err)
		}
		return wire.JSON(http.StatusOK, w.Flow(result.Flow, result.Identity))
	}
	switch {
	case signedIn:
		return wire.Redirect(in.Redirect)
	case signedOut:
		return w.toLogin(r.URL)
	case errors.Is(err, flow.ErrSecondFactorRequired):
		return w.toSecondFactor(r.URL)
	case err != nil:
		return wire.FailOnPage(err)
	}
	return wire.Redirect(r.Page(result.Flow))
}

// Fetched implements wire.Wire.
func (w *Wire) Fetched(r wire.Request, result flow.Result, err error) wire.Answer {
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
		if wire.AcceptsJSON(r.Request) {
			return wire.Fail(problem(errs.Unauthorized, "session_missing"))
		}
		return w.toLogin(w.URL(wire.StartBrowser, r.Kind).String())
	}
	if over, ok := errors.AsType[*flow.Expired](err); ok {
		return wire.Fail(w.gone(over.Flow))
	}
	if r.Kind == flow.Settings && !r.Admin && errors.Is(err, errs.ErrNotFound) {
		return wire.Fail(problem(errs.Forbidden, "flow_forbidden").Because(err))
	}
	if err != nil {
		return wire.Fail(err)
	}
	return wire.JSON(http.StatusOK, w.Flow(result.Flow, result.Identity))
}

// Submitted implements wire.Wire.
func (w *Wire) Submitted(r wire.Request, result flow.Result, err error) wire.Answer {
	f := result.Flow
	switch {
	case err != nil:
		return w.refused(r, f, err)
	case result.Unproven && f.Client == flow.API:
		return wire.Fail(flow.ErrUnproven)
	case result.Outcome == flow.Redirected, result.HandedOver:
		return wire.Redirect(result.Redirect)
	case result.Outcome == flow.Completed && (f.Client == flow.Browser || byLink(f.Kind)):
		return w.finishedInBrowser(r, result)
	case result.Outcome == flow.Completed:
		return wire.JSON(http.StatusOK, w.finished(result))
	case f.Client == flow.Browser:
		return wire.Redirect(r.Page(f))
	case result.Outcome == flow.FormRejected:
		return wire.JSON(http.StatusBadRequest, w.Flow(f, result.Identity))
	}
	return wire.JSON(http.StatusOK, w.Flow(f, result.Identity))
}

// finished is the body of a success for a client without a browser.
func (w *Wire) finished(result flow.Result) any {
	switch result.Flow.Kind {
	case flow.Login:
		return LoginViaAPI{SessionToken: result.Token, Session: w.session(result.Session)}
	case flow.Registration:
		answer := RegistrationViaAPI{SessionToken: result.Token, Identity: w.identity(result.Identity)}
		if result.Session != nil {
			issued := w.session(result.Session)
			answer.Session = &issued
		}
		return answer
	default:
		return SettingsViaAPI{Flow: w.Flow(result.Flow, result.Identity), Identity: w.identity(result.Identity)}
	}
}

// finishedInBrowser signs a browser in where a session was issued, and leads it on.
// Scripts that ask for JSON get the session instead of the redirect.
func (w *Wire) finishedInBrowser(r wire.Request, result flow.Result) wire.Answer {
	answer := wire.Redirect(result.Redirect)
	if result.StepUp {
		answer = w.toSecondFactor(result.Redirect)
	}
	if wire.AcceptsJSON(r.Request) && !byLink(result.Flow.Kind) {
		if result.Session == nil {
			answer = wire.JSON(http.StatusOK, w.inactiveSession(result.Flow, result.Identity))
		} else {
			answer = wire.JSON(http.StatusOK, w.session(result.Session))
		}
	}
	answer.SignIn = result.Token != ""
	return answer
}

// refused answers a submission that did not reach its method or was refused as a
// whole. f is nil where the flow was not found.
func (w *Wire) refused(r wire.Request, f *flow.Flow, err error) wire.Answer {
	if in, ok := errors.AsType[*flow.LoggedIn](err); ok {
		if f != nil && f.Client == flow.API || f == nil && wire.SpeaksJSON(r.Request) {
			return wire.Fail(sessionExists(in.Kind))
		}
		return wire.Redirect(in.Redirect)
	}
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
		return w.settingsWithoutSession(r)
	}
	if again, ok := errors.AsType[*flow.Restarted](err); ok {
		if again.Flow.Client == flow.Browser {
			return wire.Redirect(r.Page(again.Flow))
		}
		return wire.Redirect(wire.WithQuery(w.URL(wire.FetchFlow, again.Flow.Kind), "id", again.Flow.ID))
	}
	if wait, ok := errors.AsType[*flow.Reauthenticate](err); ok {
		return w.reauthenticate(r, wait)
	}
	if missing, ok := errors.AsType[*errs.Error](err); ok && missing.ID == "flow_missing" {
		err = flowMissing(r.Kind)
	}
	if errors.Is(err, errs.ErrNotFound) && r.Kind == flow.Settings && f == nil {
		err = problem(errs.NotFound, "flow_not_found")
	}
	if errors.Is(err, context.Canceled) || f != nil && f.Client == flow.API || f == nil && wire.SpeaksJSON(r.Request) {
		return wire.Fail(err)
	}
	return wire.FailOnPage(err)
}

// settingsWithoutSession asks to sign in first.
func (w *Wire) settingsWithoutSession(r wire.Request) wire.Answer {
	switch {
	case !wire.SpeaksJSON(r.Request):
		return w.toLogin(w.URL(wire.StartBrowser, flow.Settings).String())
	case r.Method == "profile":
		return wire.Fail(problem(errs.Unauthorized, "session_missing"))
	}
	return wire.Fail(problem(errs.Unauthorized, "session_not_found"))
}

// toLogin leads a browser to sign in and back.
func (w *Wire) toLogin(back string) wire.Answer {
	return wire.Redirect(wire.WithQuery(w.URL(wire.StartBrowser, flow.Login), "return_to", back))
}

// toSecondFactor leads a browser to sign in with a second factor and on.
func (w *Wire) toSecondFactor(on string) wire.Answer {
	login := w.URL(wire.StartBrowser, flow.Login)
	login.RawQuery = url.Values{"aal": {session.AAL2.String()}, "return_to": {on}}.Encode()
	return wire.Redirect(login.String())
}

// reauthenticate leads a browser to sign in once more, or with a second factor, and
// then back to the submission that waits.
func (w *Wire) reauthenticate(r wire.Request, wait *flow.Reauthenticate) wire.Answer {
	login := w.URL(wire.StartBrowser, flow.Login)
	q := login.Query()
	if wait.AAL == session.AAL2 {
		q.Set("aal", wait.AAL.String())
	} else {
		q.Set("refresh", "true")
	}
	q.Set("return_to", w.Action(wait.Flow, r.Method))
	login.RawQuery = q.Encode()
	return wire.Redirect(login.String())
}
