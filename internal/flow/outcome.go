package flow

import (
	"fmt"

	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/session"
)

// Outcome is how a request to the engine ended, if not in an error.
type Outcome uint8

// The outcomes.
const (
	FormShown    Outcome = iota + 1 // the form was fetched or started
	FormRejected                    // the submission was rejected; the form says why
	Pending                         // a secret was sent; the flow waits for it
	Completed                       // the effect of the kind has happened
	Redirected                      // the browser goes on at another URL
	Prepares                        // the method prepared something; the form shows it
)

// Result is what the transport renders.
type Result struct {
	Outcome  Outcome
	Flow     *Flow              // also beside an error, once the flow was found
	Identity *identity.Identity // subject of settings; the new identity of a registration
	Session  *session.Session   // the session issued, or the settings caller's own
	Token    string             // of the session issued; empty if none was
	Redirect string             // where a browser goes when Completed or Redirected
	// Cause is why a submission was rejected where the person must not learn it; for
	// the log, nil for none.
	Cause error
	// Next is the flow that a success leads to, such as the settings after a
	// recovery; nil if none.
	Next *Flow
	// Verification is the flow by which a new or unproven address is to be proven, where
	// that is configured; nil for none.
	Verification     *Flow
	VerificationPage string // that shows it to a browser
	// Unproven: no session was issued, since no address of the identity is proven. The
	// outcome is Redirected.
	Unproven bool
	// StepUp: the session that was issued is below what its check asks for; a second
	// factor comes before Redirect.
	StepUp bool
	// Enrol: the identity must set up a factor before its session counts; the settings
	// come before Redirect.
	Enrol bool
	// Continuity is what only this browser must keep until it is back; empty if
	// nothing.
	Continuity string
}

// LoggedIn says that a signed-in caller has no use for this kind of flow.
type LoggedIn struct {
	Kind     Kind
	Redirect string // where a browser goes instead
	// Enrol: the settings come before Redirect, as in Result.
	Enrol bool
}

func (e *LoggedIn) Error() string { return fmt.Sprintf("%s: a session exists already", e.Kind) }

// LoginRequired says that the caller must sign in first.
type LoginRequired struct{ Kind Kind }

func (e *LoginRequired) Error() string { return fmt.Sprintf("%s: no session", e.Kind) }

// Expired says that the flow is over and can't be shown.
type Expired struct{ Flow *Flow }

func (e *Expired) Error() string { return fmt.Sprintf("%s flow is over", e.Flow.Kind) }

// Restarted says that the flow was over and a fresh one, whose message says
// why, takes its place.
type Restarted struct{ Flow *Flow }

func (e *Restarted) Error() string { return fmt.Sprintf("%s flow was started again", e.Flow.Kind) }

// Reauthenticate asks a browser to sign in once more. The submission waits in
// the flow, sealed by Token, which only the browser keeps.
type Reauthenticate struct {
	Flow  *Flow
	Token string
	AAL   session.AAL // AAL2 if a second factor is missing, AAL1 if the session is too old
}

func (e *Reauthenticate) Error() string { return "session is too old to change credentials" }

// The errors that say what was wrong with a request as a whole.
var (
	errFlowOwnerMismatch = errs.New(errs.Invalid, "flow_of_another_identity", "You must restart the flow because the resumable session was initiated by another person.")
	errResumeExpired     = errs.New(errs.Invalid, "resumable_session_expired", "You must restart the flow because the resumable session has expired.")
	errPrivilege         = errs.New(errs.Forbidden, "session_not_privileged", "The login session is too old and thus not allowed to update these fields. Please re-authenticate.")
	errIdentifierMissing = errs.New(errs.Internal, "identifier_missing", "No login identifiers (e.g. email, phone number, username) were set. Contact an administrator, the identity schema is misconfigured.")
	errCredentialChanged = errs.New(errs.Conflict, "credential_changed", "The credential was changed by another request at the same time. Please try again.")
	errStateMissing      = errs.New(errs.Invalid, "state_missing", "Unable to complete OpenID Connect flow because the OpenID Provider did not return the state query parameter.")
	errStateMismatch     = errs.New(errs.Invalid, "state_mismatch", "Unable to complete OpenID Connect flow because the query state parameter does not match the state parameter from the session cookie.")
	errNotResumable      = &errs.Error{Code: errs.Invalid, ID: "not_resumable", Message: "session is not resumable", Reason: "No resumable session could be found in the HTTP Header."}
	errNothingToLink     = errs.New(errs.Invalid, "nothing_to_link", "There is nothing to link any more. Please sign up with the provider again.")
	errSessionChanged    = errs.New(errs.Conflict, "session_changed", "The session changed while the request was processed. Please try again.")
	errFlowMissing       = errs.New(errs.Invalid, "flow_missing", "The flow query parameter is missing or invalid.")
	errUnproven          = errs.New(errs.Forbidden, "session_verified_address_required", "Your account's email or phone address are not verified yet. Please check your email or phone inbox or re-request verification.")
	errNoRecoveryAddress = errs.New(errs.Invalid, "no_recovery_address", "The identity does not have any recovery addresses set.")
	// ErrNotFlowOwner says that a settings flow belongs to someone else.
	ErrNotFlowOwner = errs.New(errs.Forbidden, "flow_of_another_identity", "The request was made for another identity and has been blocked for security reasons.")
)

// errWrongFact is a programming error: a method established what the kind has no
// use for. The contract suite of flowtest finds it.
func errWrongFact(k Kind, fact Fact) error {
	return fmt.Errorf("no effect for %T in a %s flow", fact, k)
}
