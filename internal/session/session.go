package session

import (
	"time"

	"github.com/symbolon/symbolon/internal/identity"
)

// Session says that someone proved to be an identity, and until when that holds.
type Session struct {
	ID         string // UUID version 4
	IdentityID string
	TokenHash  string // secret.Hash of the token
	Active     bool   // false once revoked

	IssuedAt        time.Time
	AuthenticatedAt time.Time // when credentials were last proved
	ExpiresAt       time.Time

	Factors []Factor // how it was authenticated, in order

	// Address and UserAgent are what the session was made with, empty if unknown: an IP
	// address, with the port unless a proxy stands between, and the header of that name in
	// at most 512 bytes.
	Address   string
	UserAgent string

	SeenAt time.Time // when it was last checked, as far as that was stored; see LastSeen

	Identity *identity.Identity // filled in by Check and Issue; not stored with the session
}

// Factor is one proof that was given.
type Factor struct {
	Method string `json:"method"` // "password", "oidc", "link"
	// AAL is the rank of the proof: AAL1 for a first factor, AAL2 for a second. The
	// flow engine sets it from the method's step; see Rank.
	AAL AAL `json:"aal,omitzero"`
	// MultiFactor marks a first factor that is two by itself, such as a passkey that
	// verified its user (NIST SP 800-63B-4, 3.1.7.3).
	MultiFactor bool `json:"multi_factor,omitempty"`
	// Via and Address say where the secret of this proof was sent, normalised; empty
	// if it was no secret sent anywhere.
	Via      string `json:"via,omitempty"`
	Address  string `json:"address,omitempty"`
	Provider string `json:"provider,omitempty"` // id of the provider that vouched
	// Recovery: the proof was a recovery and no ordinary sign-in.
	Recovery bool      `json:"recovery,omitempty"`
	At       time.Time `json:"at"`
}

// Recovered reports whether the session began with a recovery. Sessions of earlier
// releases name the method "link", which did nothing else.
func (s *Session) Recovered() bool {
	return len(s.Factors) > 0 && (s.Factors[0].Recovery || s.Factors[0].Method == "link")
}

// Valid reports whether the session may be used at that time.
func (s *Session) Valid(now time.Time) bool {
	return s.Active && now.Before(s.ExpiresAt)
}
