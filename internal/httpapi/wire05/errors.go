package wire05

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// sentence is what v0.5 says of an error. What is empty is as the error says.
type sentence struct {
	code    errs.Code
	id      string
	message string
	reason  string
}

// sentences are the words of v0.5 for the errors that the domain names by id.
// The same id can mean two things that v0.5 answers with two statuses.
var sentences = []sentence{
	{errs.Invalid, "csrf_token_invalid", "", "CSRF token is missing or invalid."},
	{errs.Forbidden, "csrf_token_invalid", "", "A request failed due to a missing or invalid csrf_token value."},
	{errs.Unauthorized, "session_missing", "", "A valid ORY Session Cookie or ORY Session Token is missing."},
	{errs.Unauthorized, "session_not_found", "request does not have a valid authentication session", "No active session was found in this request."},
	{errs.Forbidden, "session_required", "", "This endpoint can only be accessed with a valid session. Please log in and try again."},
	{errs.Forbidden, "flow_forbidden", "", "Access privileges are missing, invalid, or not sufficient to access this endpoint."},
	{errs.NotFound, "flow_not_found", "", "The settings request could not be found. Please restart the flow."},
	{errs.Invalid, "flow_malformed", "", "The session cookie contains invalid values and the flow could not be executed. Please try again."},
	{errs.Invalid, "flow_of_another_identity", "", "You must restart the flow because the resumable session was initiated by another person."},
	{errs.Forbidden, "flow_of_another_identity", "", "The request was made for another identity and has been blocked for security reasons."},
	{errs.Invalid, "resumable_session_expired", "", "You must restart the flow because the resumable session has expired."},
	{errs.Invalid, "not_resumable", "session is not resumable", "No resumable session could be found in the HTTP Header."},
	{errs.Forbidden, "session_not_privileged", "", "The login session is too old and thus not allowed to update these fields. Please re-authenticate."},
	{errs.Internal, "identifier_missing", "", "No login identifiers (e.g. email, phone number, username) were set. Contact an administrator, the identity schema is misconfigured."},
	{errs.Invalid, "state_missing", "", "Unable to complete OpenID Connect flow because the OpenID Provider did not return the state query parameter."},
	{errs.Invalid, "state_mismatch", "", "Unable to complete OpenID Connect flow because the query state parameter does not match the state parameter from the session cookie."},
	{errs.Unauthorized, "session_aal2_required", "", "The session was found, but this account has a second factor that was not used yet. Please sign in with it."},
	{errs.Unauthorized, "session_inactive", "", "No valid session cookie found."},
	{errs.Invalid, "no_recovery_address", "", "The identity does not have any recovery addresses set."},
	{errs.NotFound, "not_found", "Unable to locate the resource", ""},
	{errs.Conflict, "conflict", "Unable to insert or update resource because a resource with that value exists already", ""},
}

// problem is an error in the words of v0.5.
func problem(code errs.Code, id string) *errs.Error {
	for _, s := range sentences {
		if s.code == code && s.id == id {
			return &errs.Error{Code: code, ID: id, Message: s.message, Reason: s.reason}
		}
	}
	return &errs.Error{Code: code, ID: id}
}

// worded returns the error with the words that v0.5 has for its id.
func worded(e *errs.Error) *errs.Error {
	for _, s := range sentences {
		if s.code != e.Code || s.id != e.ID {
			continue
		}
		said := *e
		if s.message != "" {
			said.Message = s.message
		}
		if s.reason != "" {
			said.Reason = s.reason
		}
		return &said
	}
	return e
}

// sessionExists says that a signed-in client has no use for the flow.
func sessionExists(k flow.Kind) error {
	if k == flow.Login {
		return errs.New(errs.Invalid, "session_exists", "A valid session was detected and thus login is not possible. Did you forget to set `?refresh=true`?")
	}
	return errs.New(errs.Invalid, "session_exists", fmt.Sprintf("A valid session was detected and thus %s is not possible.", k))
}

// flowMissing says in each kind's own words that the flow id is missing.
func flowMissing(k flow.Kind) error {
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

// gone says where to start again.
func (w *Wire) gone(f *flow.Flow) error {
	e := &errs.Error{Code: errs.Gone, ID: "flow_expired"}
	if f.Client == flow.API {
		e.Reason = fmt.Sprintf("The %[1]s flow has expired. Call the %[1]s flow init API endpoint to initialize a new %[1]s flow.", f.Kind)
		e.Details = map[string]any{"api": w.URL(wire.StartAPI, f.Kind).String()}
		return e
	}
	e.Reason = fmt.Sprintf("The %[1]s flow has expired. Redirect the user to the %[1]s flow init endpoint to initialize a new %[1]s flow.", f.Kind)
	e.Details = map[string]any{"redirect_to": w.URL(wire.StartBrowser, f.Kind).String()}
	return e
}

// general is what an error of a status says when it has no message of its own.
var general = map[int]string{
	http.StatusBadRequest:            "The request was malformed or contained invalid parameters",
	http.StatusUnauthorized:          "The request could not be authorized",
	http.StatusForbidden:             "The requested action was forbidden",
	http.StatusNotFound:              "The requested resource could not be found",
	http.StatusConflict:              "The request conflicts with the current state of the resource",
	http.StatusGone:                  "The requested resource is no longer available because it has expired or is otherwise invalid.",
	http.StatusRequestEntityTooLarge: "The request is too large",
	http.StatusTooManyRequests:       "Too many requests were made in a short time",
	http.StatusInternalServerError:   "An internal server error occurred, please contact the system administrator",
	http.StatusServiceUnavailable:    "The service is temporarily unavailable",
}

// Fault implements wire.Wire.
func (*Wire) Fault(e *errs.Error, requestID string) wire.Fault {
	if errors.Is(e, flow.ErrSecondFactorRequired) || errors.Is(e, flow.ErrFactorRequired) {
		e = problem(errs.Unauthorized, e.ID) // v0.5 knows a session or none
	}
	e = worded(e)
	status := wire.Status(e.Code)
	out := Error{
		Code: status, Status: http.StatusText(status), Request: requestID,
		Reason: e.Reason, Details: e.Details, Message: e.Message,
	}
	if out.Message == "" {
		out.Message = general[status]
	}
	return wire.Fault{Status: status, Object: out}
}

// StoredError implements wire.Wire.
func (w *Wire) StoredError(kept *errs.Stored) (any, error) {
	var problems []wire.Problem
	if err := json.Unmarshal(kept.Payload, &problems); err != nil {
		return nil, fmt.Errorf("decode stored error: %w", err)
	}
	out := StoredError{ID: kept.ID, Errors: make([]Error, len(problems))}
	for i, p := range problems {
		out.Errors[i] = p.Error
	}
	return out, nil
}
