package flow

import (
	"encoding/json"
	"time"

	"symbolon/internal/ui"
)

// Kind names what the person is trying to do.
type Kind string

// The kinds. Logout is not one: it has neither method nor form.
const (
	Login        Kind = "login"
	Registration Kind = "registration"
	Settings     Kind = "settings"
	Recovery     Kind = "recovery"
	Verification Kind = "verification"
)

// Kinds lists every kind.
var Kinds = []Kind{Login, Registration, Settings, Recovery, Verification}

// Client is how the result travels.
type Client string

// The clients: tokens and JSON, or cookies and redirects.
const (
	API     Client = "api"
	Browser Client = "browser"
)

// State is the position of a flow.
type State string

// The states. Login and registration flows are Open until they are Passed.
// Settings flows alternate between Open and Passed, shown as show_form and
// success on the wire.
const (
	Open       State = "choose_method"
	Challenged State = "sent_email"
	Passed     State = "passed_challenge"
)

// Flow is one attempt. All kinds share this type and one table.
type Flow struct {
	ID        string // UUID version 4
	Kind      Kind
	Client    Client
	State     State
	IssuedAt  time.Time
	ExpiresAt time.Time
	Request   string // the URL the flow was started with
	// ReturnTo is where a browser goes after success, checked against the allow
	// list when the flow started; empty for the configured default.
	ReturnTo   string
	IdentityID string // whom it is about; set for settings, re-authentication and recovery by link
	Refresh    bool   // a signed-in person proves their credentials once more
	Active     string // method that last handled a submission
	Form       ui.Form
	// CSRF is the masked token of the browser that started the flow; empty for
	// API flows.
	CSRF string
	// Private is each method's memory, never rendered.
	Private map[string]json.RawMessage
	// ResumeHash is the SHA-256 of the link token or provider state that is
	// outstanding; a new one replaces the old. Empty if none is.
	ResumeHash string
	Version    int // optimistic lock: two submits, one winner
}

// Expired reports whether the flow is over at that time. Consumed flows expire
// at the moment of their success.
func (f *Flow) Expired(now time.Time) bool { return !now.Before(f.ExpiresAt) }

// end consumes the flow: from now on it answers as an expired one does.
func (f *Flow) end(now time.Time) {
	f.State = Passed
	f.ExpiresAt = now
	f.ResumeHash = ""
	f.Private = nil
}
