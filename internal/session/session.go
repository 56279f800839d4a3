package session

import (
	"time"

	"symbolon/internal/identity"
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

	Identity *identity.Identity // filled in by Check and Issue; not stored with the session
}

// Factor is one proof that was given.
type Factor struct {
	Method string    `json:"method"` // "password", "oidc", "link"
	At     time.Time `json:"at"`
}

// Valid reports whether the session may be used at that time.
func (s *Session) Valid(now time.Time) bool {
	return s.Active && now.Before(s.ExpiresAt)
}
