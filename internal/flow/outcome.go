package flow

import (
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
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
	// Onward is where a script leads on after a registration whose browser is to prove an
	// address first; empty for Redirect.
	Onward string
	// Next is the flow that a success leads to: the settings after a recovery, or
	// after a login the settings that ask whether to link an account; nil if none.
	Next *Flow
	// Verification is the flow by which a new or unproven address is to be proven, where
	// that is configured; nil for none.
	Verification     *Flow
	VerificationPage string // that shows it to a browser
	// Unproven: no session was issued, since no address of the identity is proven. The
	// outcome is Redirected.
	Unproven bool
	// StepUp: the level of the new session is lower than the session check asks for, so a
	// second factor comes before Redirect.
	StepUp bool
	// Enrol: the identity must set up a factor before its session counts; the settings
	// come before Redirect.
	Enrol bool
	// HandedOver: the session waits for an app, to which Redirect leads.
	HandedOver bool
	// Continuity is a secret that this browser must keep, and show when it returns from a
	// provider; empty if there is none.
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
// why, takes its place. After a registration it is a sign-in.
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

// The errors that say what was wrong with a request as a whole. Wires have words of
// their own for their ids.
var (
	errFlowOwnerMismatch = errs.New(errs.Invalid, "flow_of_another_identity", "The flow belongs to another identity. Start a new one.")
	errResumeExpired     = errs.New(errs.Invalid, "resumable_session_expired", "The flow waited too long for the browser to return. Start a new one.")
	errPrivilege         = errs.New(errs.Forbidden, "session_not_privileged", "The session is too old to change this. Sign in again.")
	errIdentifierMissing = errs.New(errs.Internal, "identifier_missing", "The identity has no login identifier. The operator must mark one in the identity schema.")
	errCredentialChanged = errs.New(errs.Conflict, "credential_changed", "The credential was changed by another request at the same time. Please try again.")
	errStateMissing      = errs.New(errs.Invalid, "state_missing", "The provider sent no state parameter back.")
	errStateMismatch     = errs.New(errs.Invalid, "state_mismatch", "No flow of this browser waits for the state that the provider sent back.")
	errNotResumable      = errs.New(errs.Invalid, "not_resumable", "The request lacks the cookie of the browser that left for the provider.")
	errNothingToLink     = errs.New(errs.Invalid, "nothing_to_link", "There is nothing to link any more. Please sign up with the provider again.")
	errSessionChanged    = errs.New(errs.Conflict, "session_changed", "The session changed while the request was processed. Please try again.")
	errFlowMissing       = errs.New(errs.Invalid, "flow_missing", "The request names no flow.")
	errNoRecoveryAddress = errs.New(errs.Invalid, "no_recovery_address", "The identity has no recovery address.")
	// ErrUnproven is the answer to a client that was not signed in for Result.Unproven.
	ErrUnproven = errs.New(errs.Forbidden, "session_verified_address_required", "No address of the account is verified yet. Verify one and sign in again.")
	// ErrNotFlowOwner says that a settings flow belongs to someone else.
	ErrNotFlowOwner = errs.New(errs.Forbidden, "flow_of_another_identity", "The flow belongs to another identity.")
)

// errWrongFact is a programming error: a method established what the kind has no
// use for. The contract suite of flowtest finds it.
func errWrongFact(k Kind, fact Fact) error {
	return fmt.Errorf("no effect for %T in a %s flow", fact, k)
}

// asksNamed reports whether a sign-in has named a person and is asked for a proof of theirs, or has
// answered with a wrong one. Both take as long for people who are unknown.
func asksNamed(q SubmitRequest, r Result, s Step) bool {
	if q.Kind != Login || s.Needs != NeedsIdentifier {
		return false
	}
	return r.Outcome == Prepares || r.Outcome == FormRejected && r.Flow.Remembers(q.Method)
}

// OutcomeName is the label of a submission in metrics and logs.
func OutcomeName(r Result, err error) string {
	var code errs.Code
	if err != nil {
		code = errs.Of(err)
	}
	switch {
	case err == nil && r.Outcome == FormRejected:
		return "rejected"
	case err == nil && r.Outcome == Pending:
		return "waiting"
	case err == nil:
		return "success"
	case code == errs.TooMany:
		return "throttled"
	case code == errs.Unavailable:
		return "unavailable"
	case code == errs.Internal && !isRedirect(err):
		return "error"
	}
	return "refused"
}
