package courier

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
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
	// One-time codes, by mail and by text message. The invalid ones go to addresses
	// that no account has.
	LoginCode               Template = "login_code/valid"
	LoginCodeInvalid        Template = "login_code/invalid"
	RegistrationCode        Template = "registration_code/valid"
	RecoveryCode            Template = "recovery_code/valid"
	RecoveryCodeInvalid     Template = "recovery_code/invalid"
	VerificationCode        Template = "verification_code/valid"
	VerificationCodeInvalid Template = "verification_code/invalid"
	// RegistrationTaken tells the owner of an address that someone tried to
	// register with it.
	RegistrationTaken Template = "registration/taken"
	// CredentialsChanged and AddressChanged are security notices.
	CredentialsChanged Template = "security/credentials_changed"
	AddressChanged     Template = "security/address_changed"
	// KeyCopied says that a security key or passkey may be copied.
	KeyCopied Template = "security/key_copied"
	// AccountClosed says when an account will be deleted and how to keep it, and
	// AccountKept that it will not.
	AccountClosed Template = "account/closed"
	AccountKept   Template = "account/kept"
)

// Test is the message that an operator sends to try the delivery out.
const Test Template = "test"

// All lists every template.
var All = []Template{
	RecoveryValid, RecoveryInvalid, VerificationValid, VerificationInvalid,
	LoginCode, LoginCodeInvalid, RegistrationCode, RecoveryCode, RecoveryCodeInvalid, VerificationCode, VerificationCodeInvalid,
	RegistrationTaken, CredentialsChanged, AddressChanged, KeyCopied, AccountClosed, AccountKept, Test,
}

// WireName is the name that hooks, senders and v26 have for a template.
func (t Template) WireName() string { return strings.ReplaceAll(string(t), "/", "_") }

// TemplatesNamed returns the templates of the names, with a slash or as v26 writes
// them (login_code_valid); nil for none.
func TemplatesNamed(names []string) ([]Template, error) {
	var list []Template
	for _, name := range names {
		at := slices.IndexFunc(All, func(t Template) bool { return string(t) == name || t.WireName() == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no template %q", name)
		}
		list = append(list, All[at])
	}
	return list, nil
}

// Type is how a message travels.
type Type string

// The types.
const (
	Email Type = "email"
	SMS   Type = "sms"
)

// phone is a number in the form of ITU-T E.164, which no e-mail address has.
var phone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// TypeOf tells the type of a message from its recipient: a phone number in the form
// of E.164 gets a text message.
func TypeOf(recipient string) Type {
	if phone.MatchString(recipient) {
		return SMS
	}
	return Email
}

// Change is what a security notice is about.
type Change struct {
	// Method is the id of the method that was changed, such as "password" or "totp";
	// empty if none was.
	Method string
	At     time.Time
	Device string // header User-Agent of the client; empty if unknown
	// Address of the client; empty if unknown.
	Address string
}

// Message is one message: its template, its recipient and what it says.
type Message struct {
	Template Template
	To       string // e-mail address, or phone number in the form of E.164
	// Code is the one-time code the message is about; empty for links and notices. It
	// is never logged.
	Code string
	// Change is what a security notice is about; zero for other messages.
	Change Change
	// Created is when the account was created that asks an address to prove itself: its
	// owner may not be who created it. Zero for other messages.
	Created time.Time
	// URL is the link the message is about; empty for notices. It carries a live
	// token, so it is never logged.
	URL string
	// Expires is when the link or code ends, after which the message says nothing of use;
	// zero for messages without one.
	Expires time.Time
	// IdentityID is whom it is about; empty for unknown addresses.
	IdentityID string
	// Language is a wish, as in Accept-Language; empty for none.
	Language string

	// Request is the URL that started the flow which sends the message, and Transient the transient_payload of the
	// submission, a JSON object; empty for none. Traits are those of a person who has no account yet.
	Request           string
	Transient, Traits json.RawMessage

	// identity is the identity that the message is about, as Outbox.Describe shapes it; nil if there is none.
	identity  map[string]any
	described bool // the outbox has a function to describe identities
	// minutes that the link or code is valid for, from now.
	minutes int
}

// Queue is what flows see: Enqueue renders the message and stores it in the
// caller's transaction.
type Queue interface {
	Enqueue(context.Context, Message) error
}
