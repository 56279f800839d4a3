package flow

import (
	"context"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// Method is one way to prove or set something. It is a value with a table of
// steps; a kind that is missing from the table is one it does not serve.
type Method interface {
	ID() string
	Steps() map[Kind]Step
}

// Role says what the proof of a step is worth.
type Role uint8

// The roles. The zero value is none of them, so that a login step without a role
// is never offered.
const (
	// FirstFactor proves who a person is: login and registration.
	FirstFactor Role = iota + 1
	// SecondFactor adds to a first factor of the same session.
	SecondFactor
	// Management changes what a signed-in person has.
	Management
	// AddressProof proves that a person reads an address: recovery and
	// verification.
	AddressProof
	// Naming says who a person is and proves nothing: the first step of a login that
	// asks for the identifier alone.
	Naming
)

// fits reports whether a step is of the rank that a login flow asks for. A step that is
// not offered is not taken either: a second factor alone does not sign in, and a first one
// is not a second.
func (s Step) fits(f *Flow) bool {
	if f.Kind != Login {
		return true
	}
	if f.RequestedAAL() == session.AAL2 {
		return s.Role == SecondFactor
	}
	return s.Role == FirstFactor || s.Role == Naming && !f.forSignedIn()
}

// stepFor returns what a method does in a flow: in a login, the step of the rank that the flow
// asks for.
func (e *Engine) stepFor(f *Flow, method string) (step Step, ok bool) {
	step, ok = e.steps[f.Kind][method]
	if step.Other != nil && !step.fits(f) {
		return *step.Other, ok
	}
	return step, ok
}

// Needs is what a login step needs of the person's identifier.
type Needs uint8

// The needs. Steps that need the identifier wait for it where a login asks for it first.
const (
	NeedsNothing      Needs = iota // the proof itself says whose it is
	NeedsIdentifier                // beside the proof
	SendsToIdentifier              // it alone makes the method send a secret
)

// Step is what a method does within one kind of flow. It reads, it never
// writes; it may hash and call out.
type Step struct {
	Role  Role
	Needs Needs
	// Other is the step of the other rank in a login, for a method whose credentials are of
	// either; nil for methods of one rank. New credentials are of the rank of Role.
	Other *Step
	// Privileged steps need a recently authenticated session of the level that its
	// identity can reach before they judge.
	Privileged bool
	// InBrowser steps take place in a browser. They are offered to API clients only where
	// those open one (ProviderRules.Apps).
	InBrowser bool
	// Traits steps ask for the identity's traits too; the engine adds the inputs
	// after those of Show, in the order of the schema, with the identity's values.
	Traits bool
	// Begin makes what a new flow must remember of the method, such as a secret to
	// enrol, or sends a code at once. It returns Prepared, Sent or nil; nil for
	// methods that need nothing.
	Begin func(context.Context, Submission) (Fact, error)
	// Show returns the inputs the method adds to the form; none means that it has
	// nothing to offer to this identity.
	Show func(context.Context, View) ([]ui.Node, error)
	// Submit judges a submission. The engine has already made the checks named
	// in the package comment.
	Submit func(context.Context, Submission) (Fact, error)
}

// Challenger is the optional capability of a method that can send a secret to an
// address and recognise it when it comes back.
type Challenger interface {
	Method
	// Challenge returns what to send and remember for an address, for a flow that
	// no person has started by hand: after registration, after a change of address,
	// or when an administrator asks. f is stored with what is returned.
	Challenge(f *Flow, a identity.Address, identityID string) (Challenge, error)
}

// Challenge is a secret on its way to an address: a link or a code.
type Challenge struct {
	Link       string // carries the token
	Code       string // to be typed into the form of the flow
	ResumeHash string // of a link: secret.Hash of its token; of a code: what tells the newest from older ones, if anything
	Memory     any    // for Flow.Private
	Mail       courier.Message
}

// FactorCounter is the optional capability of a method whose credentials are
// factors. The engine asks every enabled method, so that a method which is
// switched off neither counts nor locks people out.
type FactorCounter interface {
	Method
	// CountFactors counts what the identity can use with this method on that kind of
	// client.
	CountFactors(i *identity.Identity, credentials []identity.Credential, c Client) Factors
}

// Factors counts usable factors by rank.
type Factors struct {
	First, Second int
}

// View is what a step may look at.
type View struct {
	Flow     *Flow
	Identity *identity.Identity // nil unless the flow has one
	Session  *session.Session   // nil when anonymous
	// Credentials are the identity's, as they were when the view was made; nil
	// without an identity.
	Credentials []identity.Credential
	// FirstFactors counts the identity's usable first factors. The last one stays.
	FirstFactors int
	// Named are the credentials of the account that the person named and has proved
	// nothing about, where forms may tell what it has; nil otherwise.
	Named []identity.Credential

	method string
}

// Credential returns the identity's credential of a type, nil if there is none.
func (v View) Credential(typ string) *identity.Credential {
	for i := range v.Credentials {
		if v.Credentials[i].Type == typ {
			return &v.Credentials[i]
		}
	}
	return nil
}

// Recall reads the flow's memory for this method, which a fact has put there;
// ok is false if there is nothing. So methods need no tables.
func (v View) Recall(into any) (ok bool, err error) { return v.Flow.recall(v.method, into) }

// Submission is a View plus what was sent.
type Submission struct {
	View
	Input Input
	// Redeemed: the token of a link that the flow waits for has come back.
	Redeemed bool
	// Providers is how far the client's wire lets providers lead.
	Providers ProviderRules
	// Callback is what another site answered; nil unless the browser comes from
	// there.
	Callback *CallbackParams

	drafts   drafter
	attempts *attempts
	told     *told
	recovers mayProve
	signsIn  mayProve
}

// CallOut calls another program that the submission waits for. The time that the call takes counts
// against the limit that all hooks of the submission share; the context ends with it.
func (s Submission) CallOut(ctx context.Context, call func(context.Context) error) error {
	return s.told.within(ctx, call)
}

// mayProve reports what the proof of an address may do for its owner.
type mayProve func(ctx context.Context, owner *identity.Identity, via, normalized string) (bool, error)

// MayRecover reports whether a recovery address lets its owner back in now. A method
// treats one that does not as unknown.
func (s Submission) MayRecover(ctx context.Context, owner *identity.Identity, a *identity.Address) (bool, error) {
	return s.recovers(ctx, owner, a.Via, a.Normalized)
}

// MaySignIn reports whether a code to an address signs its owner in now. A method treats
// one that does not as unknown.
func (s Submission) MaySignIn(ctx context.Context, owner *identity.Identity, a *identity.Address) (bool, error) {
	return s.signsIn(ctx, owner, a.Via, a.Normalized)
}
