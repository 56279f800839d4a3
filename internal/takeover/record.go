package takeover

import (
	"encoding/json"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// Record is one account of another system with everything that belongs to it, in the
// terms of this one.
type Record struct {
	// Identity has the id that the other system gave, or none, and no addresses.
	Identity    identity.Identity
	Name        string // what its owner is known by, for the report; may be empty
	Addresses   []Address
	Credentials []Credential
	Sessions    []session.Session
	Challenges  []Challenge
	// Verified are values of addresses that are proven, where Addresses are not known and
	// follow from the traits.
	Verified []string
	// Notes say what the reader could not take.
	Notes []string
}

// Address is a way to reach the owner, with the state that it had.
type Address struct {
	Purpose identity.Purpose
	identity.Address
}

// Credential is a way to sign in as the other system stored it. The converter of its
// type turns Config into the form of this system.
type Credential struct {
	Type        string
	Identifiers []string
	Config      json.RawMessage
}

// Challenge is a link or code that was sent and not used yet.
type Challenge struct {
	FlowID  string // of the flow that waits for a code
	API     bool   // that flow is one of a client without a browser
	Tries   int    // how many wrong codes were typed
	Kind    string // "recovery" or "verification"
	Code    bool   // a code to type, not a link
	Hash    string // what the other system stored of the secret
	Address identity.Address
	Expires time.Time
}

// name is what a person recognises the account by.
func (r *Record) name() string {
	if r.Name != "" {
		return r.Name
	}
	for _, c := range r.Credentials {
		if c.Type == identity.TypePassword && len(c.Identifiers) > 0 {
			return c.Identifiers[0]
		}
	}
	for _, a := range r.Addresses {
		return a.Value
	}
	return ""
}
