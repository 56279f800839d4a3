package wire1

import (
	"github.com/symbolon/symbolon/internal/errs"
)

// worded returns an error of the domain with the words that this wire has for its id.
func worded(e *errs.Error) *errs.Error {
	said := *e
	switch e.ID {
	case "flow_of_another_identity":
		said.Reason = "The request was made for another identity and has been blocked for security reasons."
		if e.Code == errs.Invalid { // a submission
			said.Reason = "The request was initiated by someone else and has been blocked for security reasons. Please go back and try again."
		}
	case "resumable_session_expired":
		said.Reason = "You must restart the flow because the resumable session has expired."
	case "not_resumable":
		said.Message = "no resumable session found"
		said.Reason = "The browser does not contain the necessary cookie to resume the session. This is a security violation and was blocked. Please clear your browser's cookies and cache and try again!"
	case "state_missing":
		said.Reason = "Unable to complete OpenID Connect flow because the OpenID Provider did not return the state query parameter."
	case "state_mismatch":
		said.Reason = "Unable to complete OpenID Connect flow because the state parameter is invalid."
	case "session_not_privileged":
		said.Reason = "The login session is too old and thus not allowed to update these fields. Please re-authenticate."
	case "session_verified_address_required":
		said.Reason = "Your account's email or phone address are not verified yet. Please check your email or phone inbox or re-request verification."
	case "identifier_missing":
		said.Reason = "No login identifiers (e.g. email, phone number, username) were set. Contact an administrator, the identity schema is misconfigured."
	case "flow_missing":
		said.Reason = "The flow query parameter is missing or invalid."
	case "no_recovery_address":
		said.Reason = "The identity does not have any recovery addresses set."
	}
	return &said
}
