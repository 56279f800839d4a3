package adminapi

import (
	"encoding/json"
	"time"
)

// Identity is an identity without its credentials.
type Identity struct {
	ID                  string              `json:"id"`
	SchemaID            string              `json:"schema_id"`
	SchemaURL           string              `json:"schema_url"`
	Traits              json.RawMessage     `json:"traits"`
	VerifiableAddresses []VerifiableAddress `json:"verifiable_addresses,omitempty"`
	RecoveryAddresses   []RecoveryAddress   `json:"recovery_addresses,omitempty"`
}

// VerifiableAddress is an address that its owner can prove.
type VerifiableAddress struct {
	ID         string     `json:"id"`
	Value      string     `json:"value"`
	Verified   bool       `json:"verified"`
	Via        string     `json:"via"`
	Status     string     `json:"status"` // pending, completed
	VerifiedAt *time.Time `json:"verified_at,omitempty"`
}

// RecoveryAddress is an address that lets its owner back in.
type RecoveryAddress struct {
	ID    string `json:"id"`
	Value string `json:"value"`
	Via   string `json:"via"`
}

// Message is an outgoing message. Text and HTML come with a single message alone, and
// only while the server keeps them.
type Message struct {
	ID         string     `json:"id"`
	Status     string     `json:"status"` // queued, sending, sent, dead
	Template   string     `json:"template"`
	Recipient  string     `json:"recipient"`
	Subject    string     `json:"subject"`
	IdentityID string     `json:"identity_id,omitempty"`
	Tries      int        `json:"tries"`
	CreatedAt  time.Time  `json:"created_at"`
	NextTry    *time.Time `json:"next_try,omitempty"` // while it waits
	SentAt     *time.Time `json:"sent_at,omitempty"`
	LastError  string     `json:"last_error,omitempty"`
	Text       string     `json:"text,omitempty"`
	HTML       string     `json:"html,omitempty"`
}

// Health is how the parts of the server are doing.
type Health struct {
	Status   string         `json:"status"` // ok, error
	Database DatabaseHealth `json:"database"`
	Courier  *CourierHealth `json:"courier,omitempty"` // unless the database is out of reach
	Hashing  Hashing        `json:"hashing"`

	UntrustedForwards UntrustedForwards `json:"untrusted_forwards"`
}

// UntrustedForwards is a proxy that is not trusted, whose headers the server ignores.
type UntrustedForwards struct {
	Requests int64  `json:"requests"` // since the node started
	Peer     string `json:"peer,omitempty"`
	Header   string `json:"header,omitempty"`
}

// DatabaseHealth is whether the server reaches its database.
type DatabaseHealth struct {
	Status string `json:"status"` // ok, error
	Error  string `json:"error,omitempty"`
}

// CourierHealth is how the outgoing messages are doing.
type CourierHealth struct {
	Channel   string     `json:"channel"` // smtp, mailbox
	Queued    int        `json:"queued"`
	Sending   int        `json:"sending"`
	Sent      int        `json:"sent"`
	Dead      int        `json:"dead"`
	Oldest    *time.Time `json:"oldest,omitempty"`   // of those that wait
	NextTry   *time.Time `json:"next_try,omitempty"` // in the past: delivery lags behind
	LastError string     `json:"last_error,omitempty"`
}

// Hashing is how the hashing of passwords is doing.
type Hashing struct {
	Running int64 `json:"running"`
	Waiting int64 `json:"waiting"`
	Memory  int64 `json:"memory_bytes"`
	Budget  int64 `json:"budget_bytes"`
}

// Fault is what an answer says of an error.
type Fault struct {
	Code    int            `json:"code"` // the HTTP status
	Status  string         `json:"status"`
	Request string         `json:"request,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Details map[string]any `json:"details,omitempty"`
	Message string         `json:"message"`
}

// Patch is one identity of an import.
type Patch struct {
	Create  json.RawMessage `json:"create"`
	PatchID string          `json:"patch_id,omitempty"`
}

// Patched is what became of a Patch, beside the error that refused it.
type Patched struct {
	Action   string `json:"action"` // create, error
	Identity string `json:"identity,omitempty"`
	PatchID  string `json:"patch_id,omitempty"`
}

// ExportPage is a page of an export.
type ExportPage struct {
	Identities []json.RawMessage `json:"identities"`
	Next       string            `json:"next,omitempty"` // what after is for the page that follows; empty at the end
}
