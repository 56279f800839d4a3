package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
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

// State is the position of a flow, as it is stored. Wires have names of their own.
type State string

// The states. Login and registration flows are Open until they are Passed.
// Settings flows alternate between Open and Passed.
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
	ReturnTo string
	// IdentityID is whom the flow is about: the owner of settings, the person who
	// signs in again or with a second factor, the owner of a recovery address.
	IdentityID string
	Refresh    bool   // a signed-in person proves their credentials once more
	Active     string // method that last handled a submission
	Form       ui.Form
	// CSRF is the masked token of the browser that the flow belongs to; empty for API
	// flows, and for those that a mail leads to until a browser does so.
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

// end consumes the flow: from now on it answers as an expired one does. What it
// asked for stays, and which session it made.
func (f *Flow) end(now time.Time) {
	f.State = Passed
	f.ExpiresAt = now
	f.ResumeHash = ""
	maps.DeleteFunc(f.Private, func(slot string, _ json.RawMessage) bool {
		return slot != levelMemory && slot != madeMemory && slot != registeredMemory
	})
}

// The engine's own slots of Flow.Private. A method's slot is its id, which has no
// dot.
const (
	levelMemory        = "engine.level"         // the level that was asked for
	madeMemory         = "engine.made"          // the session that the flow made
	registeredMemory   = "engine.registered"    // the flow ended as a registration does
	sessionMemory      = "engine.session"       // the session that the flow was started with
	redirectMemory     = "engine.redirect"      // a browser at another site
	pendingMemory      = "engine.pending"       // a submission that waits for a sign-in
	traitsMemory       = "engine.traits"        // traits that a provider did not tell
	linkMemory         = "engine.link"          // an external account that waits for its owner
	typedMemory        = "engine.typed"         // the secret that is outstanding is typed, and no link
	verifyReturnMemory = "engine.verify_return" // where the browser goes from proving an address that the flow asks to prove
	broughtMemory      = "engine.brought"       // the code that the link of a mail brought
	offeredMemory      = "engine.offered"       // the address for which an operator started the recovery
	namedMemory        = "engine.named"         // who the person says to be
	sendToMemory       = "engine.send_to"       // the address to which a second factor's code goes at once
	appMemory          = "engine.app"           // ProviderRules of the app that opens a browser for providers
	exchangeMemory     = "engine.exchange"      // the code by which an app gets the session of such a flow
	handoverMemory     = "engine.handover"      // the session that waits for the app
)

// RequestedAAL is the level that a login flow leads to: AAL2 asks a signed-in
// person for a second factor.
func (f *Flow) RequestedAAL() session.AAL {
	level := session.AAL1
	_, _ = f.recall(levelMemory, &level) // what can't be read asks for a first factor
	return level
}

// SendTo is the address to which the start of a login asked to send a second factor's code;
// empty for none.
func (f *Flow) SendTo() string { return f.recallText(sendToMemory) }

// forSignedIn reports whether the flow is for a person who is signed in: to prove it once
// more, or with a second factor.
func (f *Flow) forSignedIn() bool { return f.Refresh || f.RequestedAAL() == session.AAL2 }

func (f *Flow) remember(slot string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("remember for %s: %w", slot, err)
	}
	if f.Private == nil {
		f.Private = map[string]json.RawMessage{}
	}
	f.Private[slot] = raw
	return nil
}

func (f *Flow) recall(slot string, into any) (bool, error) {
	raw, ok := f.Private[slot]
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return false, fmt.Errorf("recall for %s: %w", slot, err)
	}
	return true, nil
}

// recallText returns a slot that holds a text, empty if there is none.
func (f *Flow) recallText(slot string) string {
	var text string
	_, _ = f.recall(slot, &text) // what can't be read is not there
	return text
}
