package event

import (
	"context"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/reqctx"
)

// Name says what happened.
type Name string

// The names.
const (
	LoginSuccess    Name = "authn_login_success"        // a session was issued
	LoginFail       Name = "authn_login_fail"           // a login or re-authentication was rejected
	LoginLock       Name = "excess_rate_limit_exceeded" // attempts were refused for their number
	PasswordChange  Name = "authn_password_change"
	SessionRenewed  Name = "session_renewed"     // a session was raised or extended
	TokenRevoked    Name = "authn_token_revoked" // one session was ended, or all of an identity
	UserCreated     Name = "user_created"
	UserUpdated     Name = "user_updated" // traits, addresses, credentials or state
	UserArchived    Name = "user_archived"
	UserDeleted     Name = "user_deleted"
	SensitiveRead   Name = "sensitive_read"   // credentials were exported; the details say of how many identities
	AuditCheckpoint Name = "audit_checkpoint" // the heads of all chains at one time
)

// Names are all of them.
func Names() []Name {
	return []Name{
		LoginSuccess, LoginFail, LoginLock, PasswordChange, SessionRenewed, TokenRevoked,
		UserCreated, UserUpdated, UserArchived, UserDeleted, SensitiveRead, AuditCheckpoint,
	}
}

// Known reports whether the name is one of the list.
func (n Name) Known() bool { return slices.Contains(Names(), n) }

// Event is one record. Chain, Seq, KeyID and Hash are set when it is stored.
type Event struct {
	ID         string            `json:"id"` // UUID version 7
	At         time.Time         `json:"at"`
	Name       Name              `json:"name"`
	IdentityID string            `json:"identity_id,omitempty"`
	SessionID  string            `json:"session_id,omitempty"`
	FlowID     string            `json:"flow_id,omitempty"`
	Method     string            `json:"method,omitempty"`   // of authentication
	Address    string            `json:"address,omitempty"`  // of the client, judged by the trusted proxies
	Device     string            `json:"device,omitempty"`   // the client's User-Agent
	Operator   string            `json:"operator,omitempty"` // api, or console: and the name, where an operator acted; empty for people
	Details    map[string]string `json:"details,omitempty"`

	Chain int    `json:"chain"`
	Seq   int64  `json:"seq"` // 1 is the first of its chain
	KeyID string `json:"key_id"`
	Hash  string `json:"hash"`
}

// Query selects events for a list, the latest first.
type Query struct {
	IdentityID string    // only those of this identity
	Name       Name      // only those of this name
	Since      time.Time // only those since then
	Before     time.Time // only those before; zero for no bound
	Limit      int       // at most so many
}

// Origin is what the code that writes an effect does not know: who acts, and in which flow.
// One goroutine, the handler's, may change it.
type Origin struct {
	FlowID, Method, Operator string
	IdentityID               string // of the account that was attempted, if it is known
	Attempted                bool   // a guess was counted against the limits
}

type key struct{}

// With returns a context that carries an origin.
func With(ctx context.Context, o *Origin) context.Context { return context.WithValue(ctx, key{}, o) }

// From returns the origin of a context, an empty one if there is none.
func From(ctx context.Context) *Origin {
	if o, ok := ctx.Value(key{}).(*Origin); ok {
		return o
	}
	return &Origin{}
}

// Complete adds what the context knows to an event.
func Complete(ctx context.Context, e Event) Event {
	o, r := From(ctx), reqctx.From(ctx)
	e.Operator, e.Address, e.Device = o.Operator, r.Address, r.UserAgent
	if e.FlowID == "" {
		e.FlowID = o.FlowID
	}
	if e.Method == "" {
		e.Method = o.Method
	}
	return e
}
