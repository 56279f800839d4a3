package identity

import (
	"encoding/json"
	"slices"
	"time"
)

// Identity is an account: what is known of a person, machine or thing.
type Identity struct {
	ID       string          // UUID, in the order of creation
	SchemaID string          // the schema that Traits obey
	Traits   json.RawMessage // a JSON object

	// Verifiable and Recovery are the addresses that the schema marks so, in the
	// schema's order.
	Verifiable []Address
	Recovery   []Address

	State          string    // Active or Inactive; empty stands for Active
	StateChangedAt time.Time // zero for the time of creation
	// MetadataPublic and MetadataAdmin are what operators note of an identity, JSON
	// objects; nil for none. Its owner sees the former.
	MetadataPublic json.RawMessage
	MetadataAdmin  json.RawMessage
	ExternalID     string // what another system calls it, unique; empty for none

	Version   int // optimistic lock: a save with an older version is stale
	CreatedAt time.Time
	UpdatedAt time.Time
}

// The states. An inactive identity can't sign in, and no session of it is valid.
const (
	Active   = "active"
	Inactive = "inactive"
)

// Disabled reports whether an operator has shut the identity out.
func (i *Identity) Disabled() bool { return i != nil && i.State == Inactive }

// Purpose is what an address is for.
type Purpose string

// The purposes, as stored.
const (
	ForVerification Purpose = "verification"
	ForRecovery     Purpose = "recovery"
)

// ViaEmail is the one way to reach an address in v0.5.
const ViaEmail = "email"

// Address is a way to reach the identity's owner.
type Address struct {
	ID         string // UUID; kept while the value stays the same
	Via        string // ViaEmail
	Value      string // as the owner typed it, trimmed
	Normalized string // traits.Normalize of Value; unique by purpose and via

	Verified   bool      // meaningless for recovery addresses
	VerifiedAt time.Time // zero until verified
	SentAt     time.Time // when its owner was last asked to prove it; zero if never
}

// The credential types of v0.5.
const (
	TypePassword = "password"
	TypeOIDC     = "oidc"
)

// Credential is one way to sign in.
type Credential struct {
	Type string // TypePassword, TypeOIDC, …; one of each type per identity
	// Identifiers are normalised and unique by type over all identities.
	Identifiers []string
	// Config belongs to the method. For a password it is {"hashed_password":"$argon2id$…"},
	// or {} while the identifier is reserved and no password is set. The subjects of
	// providers have none: each is an identifier, "provider:subject".
	Config json.RawMessage
	// Version guards against two requests using one credential state twice
	// (compare and set).
	Version int
}

// IsSet reports whether a password credential holds a password. Without one it only
// reserves its identifiers.
func (c *Credential) IsSet() bool { return string(c.Config) != `{}` && len(c.Config) > 0 }

// PasswordElsewhere is the credential of a password that only the system knows that the identity
// comes from. The first login with it stores its hash.
func PasswordElsewhere() Credential {
	return Credential{Type: TypePassword, Config: json.RawMessage(`{"use_password_migration_hook":true}`)}
}

// Find returns the address of via whose normalised value is given, nil if there is
// none.
func Find(in []Address, via, normalized string) *Address {
	for k := range in {
		if in[k].Via == via && in[k].Normalized == normalized {
			return &in[k]
		}
	}
	return nil
}

// Proven reports whether the owner of the identity has proven an address.
func (i *Identity) Proven() bool {
	return slices.ContainsFunc(i.Verifiable, func(a Address) bool { return a.Verified })
}

// Recovers reports whether an address lets the owner of the identity back in. One that
// could be confirmed and was not does so only while no other recovery address is confirmed:
// a stranger may have registered the identity with the owner's address and one of their own
// (Sudhodanan and Paverd, Pre-hijacked Accounts, 2022).
func (i *Identity) Recovers(via, normalized string) bool {
	if Find(i.Recovery, via, normalized) == nil {
		return false
	}
	confirmed := func(a Address) bool {
		v := Find(i.Verifiable, a.Via, a.Normalized)
		return v != nil && v.Verified
	}
	a := Address{Via: via, Normalized: normalized}
	return Find(i.Verifiable, via, normalized) == nil || confirmed(a) || !slices.ContainsFunc(i.Recovery, confirmed)
}

// Query selects identities for a listing, in the order of their ids.
type Query struct {
	After      string   // only ids greater than this one; "" starts at the beginning
	Offset     int      // rows to skip, for numbered pages
	Limit      int      // at most so many
	Identifier string   // only the owner of this credential identifier, normalised
	SchemaID   string   // only identities of this schema
	IDs        []string // only these, if there are any
	ExternalID string   // only the one that another system calls so
	Similar    string   // only those with an identifier, an address or a text among the traits that contains this
	Newest     bool     // in the opposite order; the page then has ids less than After
	None       bool     // nothing: what is asked for can't be
	NoTotal    bool     // the caller needs no total, which would cost reading all matches
}
