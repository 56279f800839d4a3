package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"symbolon/internal/courier"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/session"
	"symbolon/internal/ui"
)

// Method is one way to prove or set something. It is a value with a table of
// steps; a kind that is missing from the table is one it does not serve.
type Method interface {
	ID() string
	Steps() map[Kind]Step
}

// Step is what a method does within one kind of flow. It reads, it never
// writes; it may hash and call out.
type Step struct {
	// Privileged steps need a recently authenticated session before they judge.
	Privileged bool
	// BrowserOnly steps are not offered to API clients.
	BrowserOnly bool
	// Traits steps ask for the identity's traits too; the engine adds the inputs
	// after those of Show, in the order of the schema, with the subject's values.
	Traits bool
	// Show returns the inputs the method adds to the form; none means that it has
	// nothing to offer to this subject.
	Show func(context.Context, View) ([]ui.Node, error)
	// Submit judges a submission. The engine has already made the checks named
	// in the package comment.
	Submit func(context.Context, Submission) (Fact, error)
}

// Challenger is the one optional capability: a method that can send a secret to
// an address and recognise it when it comes back.
type Challenger interface {
	Method
	// Challenge returns what to send and remember for an address, for a flow that
	// nobody has started by hand: after registration, after a change of address,
	// or when an administrator asks.
	Challenge(k Kind, a identity.Address, identityID string, expires time.Time) (Challenge, error)
}

// Challenge is a secret on its way to an address.
type Challenge struct {
	ResumeHash string // secret.Hash of the token
	Memory     any    // for Flow.Private
	URL        string // the link that carries the token
	Mail       courier.Message
}

// View is what a step may look at.
type View struct {
	Flow     *Flow
	Identity *identity.Identity // nil unless the flow has one
	Session  *session.Session   // nil when anonymous
	method   string
}

// Recall reads the flow's memory for this method, which a fact has put there;
// ok is false if there is nothing. So methods need no tables.
func (v View) Recall(into any) (ok bool, err error) { return v.Flow.recall(v.method, into) }

func (f *Flow) remember(method string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("remember for %s: %w", method, err)
	}
	if f.Private == nil {
		f.Private = map[string]json.RawMessage{}
	}
	f.Private[method] = raw
	return nil
}

func (f *Flow) recall(method string, into any) (bool, error) {
	raw, ok := f.Private[method]
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return false, fmt.Errorf("recall for %s: %w", method, err)
	}
	return true, nil
}

// Fact is the sealed set of things that a method can establish.
type Fact interface{ fact() }

type (
	// Authenticated: this identity passed this factor.
	Authenticated struct {
		Identity *identity.Identity
		Factor   session.Factor
		// Judged is the credential that was judged, nil if there is none. Should it
		// have changed when the effect happens, the submission is judged once more.
		Judged *identity.Credential
		// Upgrade replaces the credential's stored form, such as an outdated hash.
		// Another request may have done so already; then it is dropped.
		Upgrade *identity.Credential
		// Link is a provider's subject that becomes the identity's with this proof;
		// nil for none.
		Link *ExternalAccount
	}
	// ProvedAddress: whoever submitted controls this address of that identity.
	ProvedAddress struct {
		IdentityID string
		Via        string
		Normalized string
		Factor     session.Factor
	}
	// ProvedExternalAccount: a provider vouches for a subject that belongs to nobody here.
	ProvedExternalAccount struct {
		Account ExternalAccount
		// Traits is what the provider's claims say about the person, a JSON object;
		// nil in settings, where a link changes no traits.
		Traits json.RawMessage
		Factor session.Factor
	}
	// NewCredential: the person chose this credential.
	NewCredential struct {
		Credential identity.Credential
		Factor     session.Factor
	}
	// RemoveCredential: the person gave up the link to a provider's subject.
	RemoveCredential struct{ Account ExternalAccount }
	// NewTraits: the person chose the profile values of the draft.
	NewTraits struct{ Draft *identity.Draft }
	// Sent: a secret is on its way; the flow waits for it to come back.
	Sent struct {
		Notify     message.Message
		ResumeHash string // empty when nothing was sent to a known address
		Memory     any    // what the method must recall when the secret is back
		IdentityID string // whom the secret is about; empty for an unknown address
		Mail       []courier.Message
	}
	// RedirectTo: the person goes on at another URL. If it is another site they come back
	// through Return with the state whose hash is given.
	RedirectTo struct {
		URL        string
		ResumeHash string // empty if nothing is to come back
		Memory     any    // what the method must recall when they are back
	}
)

// ExternalAccount is an account at a provider.
type ExternalAccount struct {
	Type       string `json:"type"`       // of the credential, such as identity.TypeOIDC
	Identifier string `json:"identifier"` // provider and subject, compared exactly
	Provider   string `json:"provider"`   // what people call the provider
}

func (Authenticated) fact()         {}
func (ProvedAddress) fact()         {}
func (NewCredential) fact()         {}
func (NewTraits) fact()             {}
func (Sent) fact()                  {}
func (ProvedExternalAccount) fact() {}
func (RemoveCredential) fact()      {}
func (RedirectTo) fact()            {}

// Rejected is a wrong submission: it shows the form again, it is no failure.
type Rejected struct {
	Messages []FieldMessage
	// Cause is for the log: why, where the person must not learn it.
	Cause error
}

// FieldMessage is a message on a field, or on the method's form if Field is
// empty.
type FieldMessage struct {
	Field   string
	Message message.Message
}

// Reject returns a rejection with one message.
func Reject(field string, m message.Message) *Rejected {
	return &Rejected{Messages: []FieldMessage{{field, m}}}
}

func (r *Rejected) Error() string {
	var text strings.Builder
	text.WriteString("submission rejected")
	for _, m := range r.Messages {
		fmt.Fprintf(&text, "; %s %s", m.Field, m.Message.Key)
	}
	if r.Cause != nil {
		text.WriteString(": " + r.Cause.Error())
	}
	return text.String()
}

func (r *Rejected) Unwrap() error { return r.Cause }
