package wire1

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// fault is an error in the words of this wire.
type fault struct {
	body Envelope
	err  error // the cause, for the log; nil for none
}

func (f *fault) Error() string {
	text := cmp.Or(f.body.Error.Reason, f.body.Error.Message)
	if f.err != nil {
		text += ": " + f.err.Error()
	}
	return text
}

func (f *fault) Unwrap() error { return f.err }

// WireFault implements wire.Faulter.
func (f *fault) WireFault() wire.Fault {
	out := wire.Fault{Status: f.body.Error.Code, Object: f.body.Error, Beside: map[string]any{}}
	if f.body.RedirectBrowserTo != "" {
		out.Beside["redirect_browser_to"] = f.body.RedirectBrowserTo
	}
	if f.body.UseFlowID != "" {
		out.Beside["use_flow_id"] = f.body.UseFlowID
	}
	if f.body.ExpiredAt != nil {
		out.Beside["expired_at"], out.Beside["since"] = f.body.ExpiredAt, f.body.Since
	}
	return out
}

// refusal makes an error. An empty message is the status's own.
func refusal(status int, id, reason, message string) *fault {
	return &fault{body: Envelope{Error: Error{
		ID: id, Code: status, Status: http.StatusText(status), Reason: reason, Message: cmp.Or(message, general(status)),
	}}}
}

func badRequest(reason string) *fault { return refusal(http.StatusBadRequest, "", reason, "") }

// general is what an error of a status says when it has no message of its own.
func general(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request was malformed or contained invalid parameters"
	case http.StatusUnauthorized:
		return "The request could not be authorized"
	case http.StatusForbidden:
		return "The requested action was forbidden"
	case http.StatusNotFound:
		return "The requested resource could not be found"
	case http.StatusConflict:
		return "The resource could not be created due to a conflict"
	case http.StatusGone:
		return "The requested resource is no longer available because it has expired or is otherwise invalid."
	case http.StatusRequestEntityTooLarge:
		return "The request is too large"
	case http.StatusTooManyRequests:
		return "Too many requests were made in a short time"
	case http.StatusBadGateway:
		return "Upstream error"
	case http.StatusServiceUnavailable:
		return "The service is temporarily unavailable"
	}
	return "An internal server error occurred, please contact the system administrator"
}

// Fault implements wire.Wire: the words of this wire for an error of the domain.
func (w *Wire) Fault(e *errs.Error, requestID string) wire.Fault {
	f := w.faultOf(e)
	f.body.Error.Request = requestID
	return f.WireFault()
}

// faultOf returns what a client may know of an error.
func (w *Wire) faultOf(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	known, ok := errors.AsType[*errs.Error](err)
	if !ok {
		known = &errs.Error{}
	}
	known = worded(known)
	status := wire.Status(known.Code)
	switch known.ID {
	case errs.ErrCSRF.ID:
		return csrfFault(nil)
	case flow.ErrNotFlowOwner.ID:
		return foreign(known)
	case session.ErrNone.ID:
		return refusal(status, "", "No valid session credentials found in the request.", "")
	case flow.ErrFirstFactorRequired.ID:
		return withoutFirstFactor()
	case flow.ErrSecondFactorRequired.ID:
		return w.levelFault("")
	case flow.ErrFactorRequired.ID:
		return w.policyFault(known)
	case "upstream_error":
		return refusal(http.StatusBadGateway, known.ID, known.Reason, "")
	case "return_to_not_allowed":
		return returnForbidden(known)
	case errs.ErrNotFound.ID:
		return refusal(status, "", "", errs.ErrNotFound.Message)
	case "identity_disabled":
		f := refusal(http.StatusUnauthorized, "", "This account was disabled.", "identity is disabled")
		f.body.Error.Details = known.Details
		return f
	}
	f := refusal(status, "", known.Reason, known.Message)
	f.body.Error.Details, f.err = known.Details, known.Err
	return f
}

// levelFault says that a session lacks a second factor, and where to prove one. back is where a browser goes on then,
// empty for where it is led after every login.
func (w *Wire) levelFault(back string) *fault {
	to := w.URL(wire.StartBrowser, flow.Login)
	query := url.Values{"aal": {"aal2"}}
	if back != "" {
		query.Set("return_to", back)
	}
	to.RawQuery = query.Encode()
	f := refusal(http.StatusForbidden, "session_aal2_required", "An active session was found but it does not fulfill the requested Authenticator Assurance Level. "+
		"Please verify yourself with a second factor to resolve this issue.", "Session does not fulfill the requested Authenticator Assurance Level")
	f.body.Error.Details = map[string]any{"redirect_browser_to": to.String()}
	f.body.RedirectBrowserTo = to.String()
	return f
}

// toLevel asks for a second factor: it leads browsers to its form, and tells other clients where it is.
func (w *Wire) toLevel(back string, asJSON bool) wire.Answer {
	f := w.levelFault(back)
	if asJSON {
		return wire.Fail(f)
	}
	return see(f.body.RedirectBrowserTo)
}

// withoutFirstFactor says that a second factor was asked for, or proved, without the session that it raises.
func withoutFirstFactor() *fault {
	return refusal(http.StatusUnauthorized, flow.ErrFirstFactorRequired.ID,
		"You can not requested a higher AAL (AAL2/AAL3) without an active session.", "aal2 and aal3 can only be requested if a session exists already")
}

// foreign says that a settings flow belongs to another identity.
func foreign(e *errs.Error) *fault {
	return refusal(http.StatusForbidden, "security_identity_mismatch", e.Reason, "")
}

func returnForbidden(e *errs.Error) *fault {
	return refusal(http.StatusBadRequest, "self_service_flow_return_to_forbidden", replaceLast(e.Reason, "is not whitelisted.", "is not allowed."), "")
}

// replaceLast replaces the end of a text.
func replaceLast(text, old, by string) string {
	if n := len(text) - len(old); n >= 0 && text[n:] == old {
		return text[:n] + by
	}
	return text
}

const (
	csrfReason = "Please retry the flow and optionally clear your cookies. The request was rejected to protect you from Cross-Site-Request-Forgery (CSRF) " +
		"which could cause account takeover, leaking personal information, and other serious security issues."
	csrfMessage = "the request was rejected to protect you from Cross-Site-Request-Forgery"
	hintCall    = "We detected a regular browser or server-side call. To debug browser calls check your Browser's Network Tab to see what cookies are included or excluded. " +
		"If you are calling from a server ensure that the appropriate cookies are being forwarded and that the SDK method is called correctly."
	hintNoToken   = "The anti-CSRF cookie was found but the CSRF token was not included in the HTTP request body (csrf_token) nor in the HTTP Header (X-CSRF-Token)."
	whyNoCookie   = "The HTTP Cookie Header is empty or not set."
	whyOther      = "The HTTP Cookie Header was set and a CSRF token was sent but they do not match. We recommend deleting all cookies for this domain and retrying the flow."
	whyNoneOfOurs = "The HTTP Cookie Header was set but it holds no anti-CSRF cookie of this server."
)

// csrfFault says that a form came without the token of the browser that sent it.
func csrfFault(r *wire.Request) *fault {
	f := refusal(http.StatusForbidden, "security_csrf_violation", csrfReason, csrfMessage)
	details := map[string]any{"docs": "https://www.ory.sh/kratos/docs/debug/csrf", "hint": hintCall, "reject_reason": whyOther}
	switch {
	case r == nil:
	case r.Header.Get("Cookie") == "":
		details["reject_reason"] = whyNoCookie
	case r.Caller.CSRF == "":
		details["reject_reason"] = whyNoneOfOurs
	case r.Request.Method == http.MethodGet || !sendsJSON(r.Request) && !tokenSent(r):
		details["hint"] = hintNoToken
		delete(details, "reject_reason")
	}
	f.body.Error.Details = details
	return f
}

func isNone(err error) bool { return errors.Is(err, session.ErrNone) }

func isNotFound(err error) bool { return errors.Is(err, errs.ErrNotFound) }

// StoredError implements wire.Wire.
func (w *Wire) StoredError(kept *errs.Stored) (any, error) {
	var problems []wire.Problem
	if err := json.Unmarshal(kept.Payload, &problems); err != nil || len(problems) == 0 {
		return nil, fmt.Errorf("read stored error: %w", errors.Join(err, errors.New("the payload must be a list of errors")))
	}
	p := problems[0]
	shown := Error{Code: p.Code, Status: p.Status, Reason: p.Reason, Details: p.Details, Message: p.Message}
	if public(p.ID) {
		shown.ID = p.ID
	}
	return StoredError{ID: kept.ID, Error: shown, CreatedAt: kept.CreatedAt, UpdatedAt: kept.CreatedAt}, nil
}

// public reports whether an id is one that clients of this wire know.
func public(id string) bool {
	for _, prefix := range []string{"session_", "security_", "self_service_", "browser_", "invalid_configuration", "upstream_error"} {
		if strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}

// tokenSent reports whether a form carried an anti-CSRF token at all.
func tokenSent(r *wire.Request) bool {
	_, sent, _ := r.Sent.Text(ui.CSRFName)
	return sent
}

// policyFault says that an account must set up a factor first, and where. v26 has no such
// policies: the form of the answer is that of a level that is missing.
func (w *Wire) policyFault(e *errs.Error) *fault {
	to := w.URL(wire.StartBrowser, flow.Settings).String()
	f := refusal(http.StatusForbidden, e.ID, e.Reason, "")
	f.body.Error.Details = map[string]any{"redirect_browser_to": to}
	f.body.RedirectBrowserTo = to
	return f
}
