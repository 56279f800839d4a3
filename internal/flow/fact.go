package flow

import (
	"encoding/json"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Fact is the sealed set of things that a method can establish.
type Fact interface{ fact() }

type (
	// Authenticated: this identity passed this factor.
	Authenticated struct {
		Identity *identity.Identity
		Factor   session.Factor // the engine sets its rank
		// Judged is the credential that was judged, nil if there is none. Should it
		// have changed when the effect happens, the submission is judged once more.
		Judged *identity.Credential
		// Upgrade replaces the credential's stored form, such as an outdated hash.
		// Another request may have done so already; then it is dropped.
		Upgrade *identity.Credential
		// Spent: Upgrade takes something away that counts once, such as a one-time
		// code. If another request changed the credential first, the submission is
		// judged once more.
		Spent bool
		// Memory replaces what the flow remembers of the method where Upgrade is stored
		// although a hook refuses the sign-in: what was asked is answered. Nil leaves it.
		Memory any
		// Link is an external account that becomes the identity's with this proof; nil
		// for none.
		Link *ExternalAccount
		// Again is what the flow keeps for the method, so that it can judge the same
		// submission once more; nil if it needs nothing.
		Again any
	}
	// ProvedAddress: the person who submitted controls this address of that identity.
	ProvedAddress struct {
		IdentityID string
		Via        string
		Normalized string
		Factor     session.Factor
	}
	// ProvedExternalAccount: a provider vouches for an account that no identity has.
	ProvedExternalAccount struct {
		Account ExternalAccount
		// Traits is what the provider's claims say about the person, a JSON object;
		// nil in settings, where a link changes no traits.
		Traits json.RawMessage
		// Fixed: what the person types can add to Traits but not replace them.
		Fixed bool
		// Vouched is what the operator lets the provider say of a newcomer beside the
		// traits: metadata and verified addresses.
		Vouched IdentityChange
		Factor  session.Factor
	}
	// NewCredential: the person chose this credential. It takes the place of the
	// one of its type.
	NewCredential struct {
		Credential identity.Credential
		// Factor is what the credential has proved by being set up. A registration
		// starts its session with it; in settings it is added to the session, unless
		// it names no method.
		Factor session.Factor
		// Memory replaces what the flow remembers of the method; nil leaves it.
		Memory any
	}
	// RemoveCredential: the person gives up a credential of a type: the one
	// identifier of it, or all of it if Identifier is empty. Rest is what the
	// credential becomes, for methods that keep several keys in one; nil if it goes.
	RemoveCredential struct {
		Type       string
		Identifier string
		Rest       *identity.Credential
		// Memory replaces what the flow remembers of the method; nil leaves it.
		Memory any
	}
	// Named: the person says who they are and has proved nothing. An empty identifier
	// takes back what was said.
	Named struct {
		Identifier string // as typed
		// Owner is whose methods alone are offered; nil to offer all, as for identifiers
		// that no account has.
		Owner *identity.Identity
	}
	// NewTraits: the person chose the profile values of the draft.
	NewTraits struct{ Draft *identity.Draft }
	// Sent: a secret is on its way; the flow waits for it to come back. Memory is
	// stored for unknown addresses as well, so that both do the same work.
	Sent struct {
		Notify     message.Message
		ResumeHash string // for a link: secret.Hash of its token; for a code: see Challenge
		Memory     any    // what the method must recall when the secret is back
		IdentityID string // whom the secret is about; empty for an unknown address
		Mail       []courier.Message
	}
	// Prepared: nothing is decided yet. The method remembers something, such as a
	// challenge or a list of codes to confirm, and its form shows it.
	Prepared struct {
		Memory any
		Notify []message.Message
	}
	// RedirectTo: the person goes on at another URL. If it is another site they come
	// back through Callback with the state whose hash is given.
	RedirectTo struct {
		URL        string
		ResumeHash string // empty if nothing is to come back
		Memory     any    // what the method must recall when they are back
	}
	// ClosedAccount: the person wants the account deleted, once the grace period is over.
	ClosedAccount struct{ Grace time.Duration }
	// DeclinedLink: the person does not want the external account that waits to be
	// linked.
	DeclinedLink struct{}
)

// ExternalAccount is an account at a provider.
type ExternalAccount struct {
	Type       string `json:"type"`           // of the credential, such as identity.TypeOIDC
	Identifier string `json:"identifier"`     // provider and subject, compared exactly
	Provider   string `json:"provider"`       // what people call the provider
	Name       string `json:"name,omitempty"` // what the person is called there, such as an address; may be empty
}

func (Authenticated) fact()         {}
func (ProvedAddress) fact()         {}
func (NewCredential) fact()         {}
func (NewTraits) fact()             {}
func (Named) fact()                 {}
func (Sent) fact()                  {}
func (Prepared) fact()              {}
func (ProvedExternalAccount) fact() {}
func (RemoveCredential) fact()      {}
func (RedirectTo) fact()            {}
func (ClosedAccount) fact()         {}
func (DeclinedLink) fact()          {}
