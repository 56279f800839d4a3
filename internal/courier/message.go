package courier

import (
	"context"
	"time"
)

// Template names a message. The name is also the path of its template files.
type Template string

// The templates.
const (
	RecoveryValid       Template = "recovery/valid"
	RecoveryInvalid     Template = "recovery/invalid"
	VerificationValid   Template = "verification/valid"
	VerificationInvalid Template = "verification/invalid"
	// RegistrationTaken tells the owner of an address that someone tried to
	// register with it.
	RegistrationTaken Template = "registration/taken"
	// CredentialsChanged and AddressChanged are security notices.
	CredentialsChanged Template = "security/credentials_changed"
	AddressChanged     Template = "security/address_changed"
)

// Test is the message that an operator sends to try the delivery out.
const Test Template = "test"

// All lists every template.
var All = []Template{
	RecoveryValid, RecoveryInvalid, VerificationValid, VerificationInvalid,
	RegistrationTaken, CredentialsChanged, AddressChanged, Test,
}

// Message is what is to be told to whom.
type Message struct {
	Template Template
	To       string // e-mail address
	// URL is the link the message is about; empty for notices. It carries a live
	// token, so it is never logged.
	URL string
	// Expires is when the link ends, after which the message says nothing of use;
	// zero for messages without one.
	Expires time.Time
	// IdentityID is whom it is about; empty for unknown addresses.
	IdentityID string
	// Language is a wish, as in Accept-Language; empty for none.
	Language string
}

// Queue is what flows see: Enqueue renders the message and stores it in the
// caller's transaction.
type Queue interface {
	Enqueue(context.Context, Message) error
}
