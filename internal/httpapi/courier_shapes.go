package httpapi

import (
	"time"

	"symbolon/internal/courier"
)

// The JSON shapes of the routes that v0.5 does not have. As on all others, what
// is not set is left out and nothing is null.

// courierMessage is a message as administrators get it. Text and HTML come with
// a single message alone, and only while they are kept.
type courierMessage struct {
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

func shapeMessage(m *courier.Stored, r courier.Rendered) courierMessage {
	out := courierMessage{
		ID: m.ID, Status: string(m.Status), Template: string(m.Template), Recipient: m.Recipient, Subject: m.Subject,
		IdentityID: m.IdentityID, Tries: m.Tries, CreatedAt: m.CreatedAt, LastError: m.LastError,
		Text: r.Text, HTML: r.HTML,
	}
	if m.Status == courier.Queued {
		out.NextTry = &m.NextTry
	}
	if !m.SentAt.IsZero() {
		out.SentAt = &m.SentAt
	}
	return out
}

// healthDetail is how the parts of the server are doing.
type healthDetail struct {
	Status   string         `json:"status"` // ok, error
	Database databaseDetail `json:"database"`
	Courier  *courierDetail `json:"courier,omitempty"` // unless the database is out of reach
	Hashing  Hashing        `json:"hashing"`

	UntrustedForwards untrustedForwards `json:"untrusted_forwards"`
}

type databaseDetail struct {
	Status string `json:"status"` // ok, error
	Error  string `json:"error,omitempty"`
}

type courierDetail struct {
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
