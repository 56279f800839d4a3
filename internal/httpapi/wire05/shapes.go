package wire05

import (
	"time"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// Flow is a flow of any kind.
type Flow struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	ExpiresAt  time.Time         `json:"expires_at"`
	IssuedAt   time.Time         `json:"issued_at"`
	RequestURL string            `json:"request_url"`
	Active     string            `json:"active,omitempty"`
	Messages   []Message         `json:"messages"`
	Methods    map[string]Method `json:"methods"`
	Identity   *Identity         `json:"identity,omitempty"` // settings
	State      string            `json:"state,omitempty"`    // settings, recovery, verification
	Forced     *bool             `json:"forced,omitempty"`   // login
}

// Method is one method's form within a flow.
type Method struct {
	Method string `json:"method"`
	Config Config `json:"config"`
}

// Config says where a method's form goes and what is in it.
type Config struct {
	Action   string    `json:"action"`
	Method   string    `json:"method"`
	Fields   []Field   `json:"fields"`
	Messages []Message `json:"messages,omitempty"`
}

// Field is one input. Value is a string, number or boolean, and nil where the
// field has none.
type Field struct {
	Name     string    `json:"name"`
	Type     string    `json:"type"`
	Pattern  string    `json:"pattern,omitempty"`
	Disabled bool      `json:"disabled,omitempty"`
	Required bool      `json:"required,omitempty"`
	Value    any       `json:"value,omitempty"`
	Messages []Message `json:"messages,omitempty"`
}

// Message is a numbered text.
type Message struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
	Type string `json:"type"`
	// Context points to a map so that an empty one is sent and an absent one is
	// not.
	Context *map[string]any `json:"context,omitempty"`
}

// Session is a session with its identity.
type Session struct {
	ID              string    `json:"id"`
	Active          bool      `json:"active"`
	ExpiresAt       time.Time `json:"expires_at"`
	AuthenticatedAt time.Time `json:"authenticated_at"`
	IssuedAt        time.Time `json:"issued_at"`
	Identity        Identity  `json:"identity"`
}

// The shapes that administrators see too.
type (
	Identity          = adminapi.Identity
	VerifiableAddress = adminapi.VerifiableAddress
	RecoveryAddress   = adminapi.RecoveryAddress
)

// LoginViaAPI answers an API login. A registration's answer has the identity
// beside it, and neither token nor session where none was made.
type LoginViaAPI struct {
	SessionToken string  `json:"session_token"`
	Session      Session `json:"session"`
}

// RegistrationViaAPI answers an API registration.
type RegistrationViaAPI struct {
	SessionToken string   `json:"session_token,omitempty"`
	Session      *Session `json:"session,omitempty"`
	Identity     Identity `json:"identity"`
}

// SettingsViaAPI answers a settings submission of an API client.
type SettingsViaAPI struct {
	Flow     Flow     `json:"flow"`
	Identity Identity `json:"identity"`
}

// StoredError is what the error page of a browser flow shows.
type StoredError struct {
	ID     string  `json:"id"`
	Errors []Error `json:"errors"`
}

// Error is an error as clients get it.
type Error = wire.Error
