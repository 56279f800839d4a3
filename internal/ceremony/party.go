package ceremony

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// The reasons why an answer of an authenticator does not count.
var (
	// ErrMalformed says that it is not the answer of a ceremony at all.
	ErrMalformed = errors.New("not a WebAuthn response")
	// ErrRefused says that it is for another site, challenge or key, or that its signature is wrong.
	ErrRefused = errors.New("WebAuthn response refused")
	// ErrUnknownKey says that no account has the key that the answer names.
	ErrUnknownKey = fmt.Errorf("%w: unknown key", ErrRefused)
	// ErrCloned says that the key's signature counter went back: there may be two of it.
	ErrCloned = fmt.Errorf("%w: the signature counter went back, the key may be cloned", ErrRefused)
	// ErrReplayed says that the answer has counted already.
	ErrReplayed = fmt.Errorf("%w: the answer has counted already", ErrRefused)
	// ErrUnverified says that the key did not verify its user, although it must.
	ErrUnverified = fmt.Errorf("%w: the user was not verified", ErrRefused)
)

// maxResponse bounds what is parsed, in bytes. Attestation with certificates takes a few kilobytes.
const maxResponse = 32 << 10

// Config is what identifies this site to authenticators.
type Config struct {
	ID      string   // the RP id: the host of the site, or a domain above it
	Name    string   // shown by browsers
	Origins []string // from which ceremonies are accepted, such as "https://example.org"
}

// Party runs ceremonies for one site. It is safe for concurrent use.
type Party struct {
	library *webauthn.WebAuthn
	origins []string
}

// New returns a relying party; the error says what is wrong with the configuration.
func New(c Config) (*Party, error) {
	library, err := webauthn.New(&webauthn.Config{
		RPID: c.ID, RPDisplayName: c.Name, RPOrigins: c.Origins,
		// What a browser adds to the answer without being asked is not read.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("configure WebAuthn: %w", err)
	}
	if c.ID == "" || c.Name == "" {
		return nil, errors.New("configure WebAuthn: the RP id and the display name are needed")
	}
	return &Party{library: library, origins: c.Origins}, nil
}

// Name is what browsers show of this site.
func (p *Party) Name() string { return p.library.Config.RPDisplayName }

// Sort says what a key is for.
type Sort uint8

// The sorts: a security key of a person who is known already, the same where it is to verify its user, or a passkey that
// finds its owner by itself.
const (
	SecurityKey Sort = iota
	VerifyingKey
	Passkey
)

// Pending is an unanswered ceremony, to be kept where the client can't change it.
type Pending struct {
	Session webauthn.SessionData `json:"session"`
}

// Owner is whom a new key is for.
type Owner struct {
	Handle  []byte // 1 to 64 bytes, the same for all keys of a person, and nothing that tells who they are
	Name    string // what the authenticator shows
	Display string
	Keys    []Key    // which the authenticator must not create a second time
	Handles [][]byte // further ones by which keys may know the person
}

// WebAuthnID implements webauthn.User.
func (o Owner) WebAuthnID() []byte { return o.Handle }

// WebAuthnName implements webauthn.User.
func (o Owner) WebAuthnName() string { return o.Name }

// WebAuthnDisplayName implements webauthn.User.
func (o Owner) WebAuthnDisplayName() string { return o.Display }

// WebAuthnCredentials implements webauthn.User.
func (o Owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(o.Keys))
	for i := range o.Keys {
		out[i] = o.Keys[i].library()
	}
	return out
}

func (s Sort) selection() protocol.AuthenticatorSelection {
	switch s {
	case Passkey:
		required := true
		return protocol.AuthenticatorSelection{
			RequireResidentKey: &required, ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationPreferred,
		}
	case VerifyingKey:
		return protocol.AuthenticatorSelection{UserVerification: protocol.VerificationPreferred}
	case SecurityKey:
	}
	return protocol.AuthenticatorSelection{UserVerification: protocol.VerificationDiscouraged}
}

// Create begins a registration. options is JSON for navigator.credentials.create.
func (p *Party) Create(s Sort, o Owner) (options string, pending Pending, err error) {
	exclude := make([]protocol.CredentialDescriptor, 0, len(o.Keys))
	for _, c := range o.WebAuthnCredentials() {
		exclude = append(exclude, c.Descriptor())
	}
	creation, session, err := p.library.BeginRegistration(o,
		webauthn.WithAuthenticatorSelection(s.selection()), webauthn.WithExclusions(exclude))
	if err != nil {
		return "", Pending{}, fmt.Errorf("begin WebAuthn registration: %w", err)
	}
	return encode(creation, *session)
}

// Created judges the answer to Create. The error is ErrMalformed or wraps ErrRefused.
func (p *Party) Created(pending Pending, o Owner, answer string, now time.Time) (Key, error) {
	if len(answer) > maxResponse {
		return Key{}, ErrMalformed
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return Key{}, because(ErrMalformed, err)
	}
	if !p.served(parsed.Response.CollectedClientData) {
		return Key{}, because(ErrRefused, errors.New("wrong origin"))
	}
	made, err := p.library.CreateCredential(o, pending.Session, parsed)
	if err != nil {
		return Key{}, because(ErrRefused, err)
	}
	return newKey(made, now), nil
}

// Request begins an authentication with one of the keys given, or with any passkey if none are. options is JSON for
// navigator.credentials.get.
func (p *Party) Request(s Sort, o Owner) (options string, pending Pending, err error) {
	verification := webauthn.WithUserVerification(s.selection().UserVerification)
	var assertion *protocol.CredentialAssertion
	var session *webauthn.SessionData
	if len(o.Keys) == 0 {
		assertion, session, err = p.library.BeginDiscoverableLogin(verification)
	} else {
		assertion, session, err = p.library.BeginLogin(o, verification)
	}
	if err != nil {
		return "", Pending{}, fmt.Errorf("begin WebAuthn authentication: %w", err)
	}
	return encode(assertion, *session)
}

// Answer is what an authenticator answered to Request, parsed and not yet judged.
type Answer struct {
	parsed *protocol.ParsedCredentialAssertionData
}

// Read parses the answer to Request; ErrMalformed if it is none.
func Read(answer string) (Answer, error) {
	if len(answer) > maxResponse {
		return Answer{}, ErrMalformed
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Answer{}, because(ErrMalformed, err)
	}
	return Answer{parsed}, nil
}

// Handle is the user handle that the authenticator claims, empty if it named none.
func (a Answer) Handle() []byte { return a.parsed.Response.UserHandle }

// Judged is an answer that counts.
type Judged struct {
	Key      Key  // as it is to be stored now
	Verified bool // the authenticator verified its user in this ceremony
}

// Judge judges an answer against the keys of its owner. The error wraps ErrRefused; after ErrCloned the key, with its
// warning, is to be stored all the same.
func (p *Party) Judge(pending Pending, o Owner, a Answer, now time.Time) (Judged, error) {
	at := slices.IndexFunc(o.Keys, func(k Key) bool { return string(k.ID) == string(a.parsed.RawID) })
	if at < 0 {
		return Judged{}, because(ErrRefused, errors.New("the person has no such key"))
	}
	if !p.served(a.parsed.Response.CollectedClientData) {
		return Judged{}, because(ErrRefused, errors.New("wrong origin"))
	}
	after, err := p.validate(pending, o, o.Keys[at], a)
	if err != nil {
		return Judged{}, because(ErrRefused, err)
	}
	verified := a.parsed.Response.AuthenticatorData.Flags.HasUserVerified()
	missed := !verified && pending.Session.UserVerification != protocol.VerificationDiscouraged
	key, err := o.Keys[at].used(after, pending.Session.Challenge, missed, now)
	return Judged{Key: key, Verified: verified}, err
}

// validate verifies against the handle that the key was made with, which an older key may have for itself. Where the options
// named the keys it is known whose they are (section 7.2, step 6): an answer need not have a handle, and there is none to
// compare with for keys of another server that kept none.
func (p *Party) validate(pending Pending, o Owner, k Key, a Answer) (*webauthn.Credential, error) {
	owner := o
	if k.Flags.Unknown { // nothing to compare with (section 7.2, step 18)
		k.Flags.BackupEligible = a.parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
		owner.Keys = Keys{Keys: o.Keys}.With(k).Keys
	}
	older := slices.ContainsFunc(o.Handles, func(h []byte) bool { return string(h) == string(a.Handle()) })
	if len(pending.Session.AllowedCredentialIDs) > 0 {
		known := len(k.Handle)+len(o.Handle)+len(o.Handles) > 0
		if !known || older || string(a.Handle()) == string(k.Handle) {
			a = a.withoutHandle()
		}
		return p.library.ValidateLogin(owner, pending.Session, a.parsed)
	}
	if len(k.Handle) > 0 {
		owner.Handle = k.Handle
	}
	if older {
		owner.Handle = a.Handle()
	}
	find := func(_, _ []byte) (webauthn.User, error) { return owner, nil }
	return p.library.ValidateDiscoverableLogin(find, pending.Session, a.parsed)
}

// withoutHandle returns the answer without a handle that the library is not to compare.
func (a Answer) withoutHandle() Answer {
	copied := *a.parsed
	copied.Response.UserHandle = nil
	return Answer{&copied}
}

// served compares the origin as it is serialised: the library ignores case and paths.
func (p *Party) served(c protocol.CollectedClientData) bool {
	return slices.Contains(p.origins, c.Origin)
}

func encode(options any, session webauthn.SessionData) (string, Pending, error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return "", Pending{}, fmt.Errorf("encode WebAuthn options: %w", err)
	}
	return string(raw), Pending{session}, nil
}

// because keeps the sentinel and adds the library's reason, which is for the log.
func because(sentinel, err error) error {
	if known, ok := errors.AsType[*protocol.Error](err); ok {
		return fmt.Errorf("%w: %s (%s)", sentinel, known.Details, known.DevInfo)
	}
	return fmt.Errorf("%w: %w", sentinel, err)
}
