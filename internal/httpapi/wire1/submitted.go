package wire1

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Submitted implements wire.Wire.
func (w *Wire) Submitted(r wire.Request, result flow.Result, err error) wire.Answer {
	f := result.Flow
	asJSON := f != nil && f.Client == flow.API && !opened(r) || sendsJSON(r.Request)
	switch {
	case err != nil:
		return w.refused(r, result, err, asJSON)
	case w.asksForLinks(r):
		return fail(refusal(http.StatusNotFound, "", "This endpoint was disabled by system administrator. Please check your url or contact the system administrator to enable it.", ""), asJSON)
	case result.HandedOver:
		return see(result.Redirect)
	case result.Next != nil && f.Kind == flow.Registration:
		return w.toLink(r, result, asJSON)
	case result.Unproven && asJSON:
		return wire.Fail(w.unproven(result))
	case result.Outcome == flow.Redirected && asJSON:
		return wire.Fail(changeLocation(result.Redirect))
	case result.Outcome == flow.Redirected:
		return see(result.Redirect)
	case result.Outcome == flow.FormShown:
		return see(r.Page(f))
	case result.Outcome == flow.Completed:
		return w.finished(r, result, asJSON)
	case asJSON && result.Outcome == flow.FormRejected && choiceInput(f) != nil && !saysMissing(f):
		return w.show(r, result, http.StatusOK)
	case asJSON && result.Outcome == flow.FormRejected && provesAddress(f) && choiceInput(f) == nil:
		return w.goOn(r, result, http.StatusOK)
	case asJSON && result.Outcome == flow.FormRejected:
		return w.show(r, result, http.StatusBadRequest)
	case asJSON && asksForKey(r, result):
		return wire.Fail(changeLocation(r.Page(f)))
	case asJSON && leadsIn(f.Kind):
		return w.goOn(r, result, http.StatusBadRequest)
	case asJSON:
		return w.goOn(r, result, http.StatusOK)
	case f.Kind == flow.Registration && result.Outcome == flow.FormRejected:
		return wire.Redirect(r.Page(f))
	}
	return see(r.Page(f))
}

// asksForLinks reports whether a recovery was asked for by links where none are sent.
func (w *Wire) asksForLinks(r wire.Request) bool {
	method, _, _ := r.Sent.Text(methodName)
	return r.Kind == flow.Recovery && method == groupLink && r.Method != groupLink
}

// opened reports whether a browser has opened the link of a mail.
func opened(r wire.Request) bool {
	return r.Request.Method == http.MethodGet && sendsCodes(r.Kind)
}

// goOn renders a flow that has come a step further, with what came along for hooks.
func (w *Wire) goOn(r wire.Request, result flow.Result, status int) wire.Answer {
	v := w.viewOf(r.Context(), result.Flow)
	if result.Outcome == flow.FormRejected || result.Flow.Kind != flow.Verification {
		v.transient = transient(r.Sent)
	}
	return wire.JSON(status, w.flow(result.Flow, result.Identity, v))
}

// transient is what a submission carries for hooks, an empty object for nothing.
func transient(in flow.Input) json.RawMessage {
	if raw := in.Object()["transient_payload"]; len(raw) > 0 && raw[0] == '{' {
		return raw
	}
	return json.RawMessage("{}")
}

// provesAddress reports whether a flow waits for a secret that proves an address: a wrong
// one is not an error to scripts, which show the form again.
func provesAddress(f *flow.Flow) bool { return sendsCodes(f.Kind) && f.State == flow.Challenged }

// changeLocation asks a client to open a page in the browser.
func changeLocation(to string) *fault {
	f := refusal(http.StatusUnprocessableEntity, "browser_location_change_required",
		"In order to complete this flow please redirect the browser to: "+to, "browser location change required")
	f.body.RedirectBrowserTo = to
	return f
}

// finished answers a success.
func (w *Wire) finished(r wire.Request, result flow.Result, asJSON bool) wire.Answer {
	switch result.Flow.Kind {
	case flow.Login, flow.Registration:
		if result.StepUp && result.Flow.Client == flow.Browser {
			return w.toSecondFactor(result, asJSON)
		}
		if !asJSON {
			a := see(result.Redirect)
			a.SignIn = result.Token != ""
			return a
		}
		return w.signedIn(r, result)
	case flow.Settings:
		return w.changed(r, result, asJSON)
	case flow.Recovery:
		if asJSON && w.config.ContinueWith && !opened(r) {
			return w.recovered(r, result)
		}
		a := see(result.Redirect)
		if asJSON && !opened(r) {
			a = wire.Fail(changeLocation(result.Redirect))
		}
		a.SignIn = result.Token != "" && (opened(r) || result.Flow.Client == flow.Browser)
		return a
	case flow.Verification:
		if asJSON {
			return w.show(r, result, http.StatusOK)
		}
		return see(r.Page(result.Flow))
	}
	return see(result.Redirect)
}

// toSecondFactor signs a browser in whose session falls short, and leads it to the second
// factor.
func (w *Wire) toSecondFactor(result flow.Result, asJSON bool) wire.Answer {
	to := w.URL(wire.StartBrowser, flow.Login)
	query := url.Values{"aal": {"aal2"}}
	back := result.Flow.ReturnTo
	if result.Next != nil {
		back = result.Redirect // the page of that flow comes first
	}
	if back != "" {
		query.Set("return_to", back)
	}
	to.RawQuery = query.Encode()
	a := see(to.String())
	if asJSON {
		a = wire.Fail(changeLocation(to.String()))
	}
	a.SignIn = result.Token != ""
	return a
}

// recovered answers a recovery with what to do next: native clients get their token here.
func (w *Wire) recovered(r wire.Request, result flow.Result) wire.Answer {
	v, native := w.viewOf(r.Context(), result.Flow), result.Flow.Client == flow.API
	v.transient = transient(r.Sent)
	if native {
		v.next = append(v.next, ContinueWith{Action: actionToken, SessionToken: TokenPrefix + result.Token})
	}
	v.next = append(v.next, ContinueWith{Action: actionSettings, Flow: &NextFlow{ID: result.Next.ID, URL: result.Redirect}})
	a := wire.JSON(http.StatusOK, w.flow(result.Flow, result.Identity, v))
	a.SignIn = !native && result.Token != ""
	return a
}

// signedIn answers a login or a registration to a script or a native client.
func (w *Wire) signedIn(r wire.Request, result flow.Result) wire.Answer {
	native := result.Flow.Client == flow.API
	out := Signed{ContinueWith: rawNull()}
	var next []ContinueWith
	if !native {
		next = append(next, ContinueWith{Action: actionRedirect, RedirectBrowserTo: cmp.Or(result.Onward, result.Redirect)})
	}
	if result.Session != nil {
		shown := w.session(result.Session)
		if result.StepUp {
			shown.Identity = nil // the answer names the identity only after the second factor
		}
		out.Session = &shown
	}
	switch {
	case native && result.Token != "":
		out.SessionToken = TokenPrefix + result.Token
	case native && r.Caller.KeepToken && result.Session != nil:
		out.SessionToken = sentToken(r.Request) // the session was raised and keeps its token
	}
	if result.Flow.Kind == flow.Registration {
		created := w.identity(result.Identity)
		out.Identity = &created
		if out.SessionToken != "" {
			next = append(next, ContinueWith{Action: actionToken, SessionToken: out.SessionToken})
		}
		if result.Verification != nil {
			show := []ContinueWith{w.toVerification(result, !native)}
			if native {
				next = append(show, next...)
			} else {
				next = append(next, show...)
			}
		}
	}
	if next != nil {
		// A list of texts always encodes.
		out.ContinueWith, _ = json.Marshal(next)
	}
	a := wire.JSON(http.StatusOK, out)
	a.SignIn = !native && result.Token != ""
	return a
}

// sentToken is the session token that a native client has sent, empty for none.
func sentToken(r *http.Request) string {
	if token := r.Header.Get("X-Session-Token"); token != "" {
		return token
	}
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return token
}

// changed answers what settings have changed.
func (w *Wire) changed(r wire.Request, result flow.Result, asJSON bool) wire.Answer {
	if !asJSON {
		a := see(result.Redirect)
		keepSignedIn(&a, result)
		return a
	}
	v := w.viewOf(r.Context(), result.Flow)
	if result.Flow.Client == flow.Browser {
		v.next = []ContinueWith{{Action: actionRedirect, RedirectBrowserTo: result.Redirect}}
	}
	a := wire.JSON(http.StatusOK, w.flow(result.Flow, result.Identity, v))
	if result.Flow.Client == flow.Browser {
		keepSignedIn(&a, result)
	}
	return a
}

// keepSignedIn writes the cookie of the session that settings leave the browser with: a
// factor that was set up has given it another token.
func keepSignedIn(a *wire.Answer, result flow.Result) {
	a.SignIn = result.Token != ""
	a.KeepSignedIn = !a.SignIn && result.Session != nil
}

// refused answers a submission that did not reach its method or was refused as a
// whole. The result's flow is nil where it was not found.
func (w *Wire) refused(r wire.Request, result flow.Result, err error, asJSON bool) wire.Answer {
	f := result.Flow
	if in, ok := errors.AsType[*flow.LoggedIn](err); ok {
		return w.useless(r, result, in, asJSON)
	}
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok && r.Back {
		return fail(refusal(http.StatusUnauthorized, "session_inactive", "No active session was found in this request.", noSession), wire.AcceptsJSON(r.Request))
	} else if ok {
		return fail(withoutSession(), true)
	}
	if again, ok := errors.AsType[*flow.Restarted](err); ok {
		return w.restarted(r, again, f, asJSON && !opened(r))
	}
	if wait, ok := errors.AsType[*flow.Reauthenticate](err); ok && wait.AAL == session.AAL2 {
		return w.toLevel(w.action(wait.Flow), asJSON)
	} else if ok {
		return w.reauthenticate(wait.Flow, asJSON)
	}
	if errors.Is(err, flow.ErrSecondFactorRequired) && f != nil {
		return w.toLevel(w.action(f), asJSON)
	}
	if errors.Is(err, errs.ErrCSRF) {
		return w.notGenuine(r, result, asJSON)
	}
	if known, ok := errors.AsType[*errs.Error](err); ok && f == nil {
		switch {
		case known.ID == "flow_missing":
			return wire.Fail(badRequest("The flow query parameter is missing or malformed."))
		case known.Code == errs.NotFound:
			return wire.Fail(flowNotFound(r.Kind))
		}
	}
	if asJSON && f != nil && f.Kind == flow.Settings && errors.Is(err, errs.ErrConflict) {
		return w.sayOnForm(r, result, message.Of(message.KeyDuplicateIdentifier))
	}
	if known, ok := errors.AsType[*errs.Error](err); ok && known.ID == "session_not_privileged" {
		return w.reauthenticate(f, true)
	}
	return fail(err, asJSON)
}

// notGenuine answers a form without the token of the browser that sent it. A browser
// whose visitor has signed in meanwhile needs no login form and is redirected.
func (w *Wire) notGenuine(r wire.Request, result flow.Result, asJSON bool) wire.Answer {
	f := result.Flow
	if !asJSON && f != nil && f.Kind == flow.Login && !f.Refresh && r.Caller.Session != nil {
		return see(w.config.DefaultReturn.String())
	}
	if f != nil && opened(r) {
		return see(r.Page(f)) // which says that the flow is not this browser's
	}
	return fail(csrfFault(&r), asJSON)
}

func sendsCodes(k flow.Kind) bool { return k == flow.Verification || k == flow.Recovery }

// flowNotFound says that there is no such flow, in each kind's own words.
func flowNotFound(k flow.Kind) *fault {
	if k == flow.Login || k == flow.Registration {
		return refusal(http.StatusNotFound, "", "", "Unable to locate the resource")
	}
	return refusal(http.StatusNotFound, "", fmt.Sprintf("The %s request could not be found. Please restart the flow.", k), "")
}

// useless answers the submission of a person who is signed in already. A login says so
// on its form.
func (w *Wire) useless(r wire.Request, result flow.Result, in *flow.LoggedIn, asJSON bool) wire.Answer {
	if !asJSON && in.Kind == flow.Registration {
		return wire.Redirect(in.Redirect)
	}
	if !asJSON || in.Kind != flow.Login || result.Flow == nil {
		return signedInAlready(in, asJSON)
	}
	return w.sayOnForm(r, result, message.Reason("A valid session was detected and thus login is not possible. Did you forget to set `?refresh=true`?"))
}

// sayOnForm answers a submission that was refused as a whole by a form that says so. The
// form is not kept.
func (w *Wire) sayOnForm(r wire.Request, result flow.Result, m message.Message) wire.Answer {
	again := *result.Flow
	again.State, again.Form.Groups = flow.Open, slices.Clone(again.Form.Groups)
	for i := range again.Form.Groups {
		again.Form.Groups[i].Messages = nil
	}
	again.Form.Messages = []message.Message{m}
	result.Flow = &again
	if result.Identity == nil && r.Caller.Session != nil && again.Kind == flow.Settings {
		result.Identity = r.Caller.Session.Identity
	}
	return w.show(r, result, http.StatusBadRequest)
}

// restarted leads to the flow that takes the place of one that was over.
func (w *Wire) restarted(r wire.Request, again *flow.Restarted, old *flow.Flow, asJSON bool) wire.Answer {
	f := again.Flow
	if !asJSON {
		return see(r.Page(f))
	}
	e := refusal(http.StatusGone, "self_service_flow_replaced", "An error occurred, please use the new flow.", "self-service flow replaced")
	if old != nil && old.State != flow.Passed && old.Expired(w.parts.Now()) {
		e = w.over(old)
	}
	e.body.UseFlowID = f.ID
	return wire.Fail(e)
}

// over says since when a flow is over.
func (w *Wire) over(f *flow.Flow) *fault {
	since := w.parts.Now().Sub(f.ExpiresAt)
	e := refusal(http.StatusGone, "self_service_flow_expired",
		fmt.Sprintf("The self-service flow expired %.2f minutes ago, initialize a new one.", since.Minutes()), "self-service flow expired")
	e.body.ExpiredAt, e.body.Since = &f.ExpiresAt, since.Nanoseconds()
	return e
}

// reauthenticate asks to sign in once more; a browser's submission waits.
func (w *Wire) reauthenticate(f *flow.Flow, asJSON bool) wire.Answer {
	login := w.URL(wire.StartBrowser, flow.Login)
	q := login.Query()
	q.Set("refresh", "true")
	q.Set("return_to", w.action(f))
	login.RawQuery = q.Encode()
	if !asJSON {
		return see(login.String())
	}
	e := refusal(http.StatusForbidden, "session_refresh_required",
		"The login session is too old and thus not allowed to update these fields. Please re-authenticate.", "")
	e.body.RedirectBrowserTo = login.String()
	return wire.Fail(e)
}

// TokenPrefix marks session tokens as such, so that scanners of source code find
// those that leak.
const TokenPrefix = "ory_st_"
