package webauthn

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration, and the type of its credentials.
const ID = "webauthn"

// Identities finds people, their keys and how they are called.
type Identities interface {
	// ByIdentifier finds the owner of a login identifier; errs.ErrNotFound if there is none.
	ByIdentifier(ctx context.Context, typ, typed string) (*identity.Identity, *identity.Credential, error)
	ByID(ctx context.Context, id string) (*identity.Identity, error)
	// Credential returns the credential of a type; errs.ErrNotFound if there is none.
	Credential(ctx context.Context, id, typ string) (*identity.Credential, error)
	// HasCredential reports whether any identity has a credential of a type with an identifier that begins with prefix and a
	// configuration that contains text. It may take seconds where there are many keys.
	HasCredential(ctx context.Context, typ, prefix, text string) (bool, error)
	// NameFor returns what the schema marks as the name of an identity for a method; empty if it marks nothing.
	NameFor(ctx context.Context, i *identity.Identity, method string) (string, error)
}

// Config is what operators decide.
type Config struct {
	Public string // base URL, below which the script is
	// Passwordless makes new keys first factors and offers them at sign-up and sign-in. Keys that were made under the other
	// setting stay what they are.
	Passwordless bool
	// TwoFactors lets a first factor that verified its user count as both factors.
	TwoFactors bool
	// RequireVerification refuses first factors that did not verify their user.
	RequireVerification bool
	// Tells says to those who ask to sign in where there is no account or no key. Otherwise all identifiers are asked for
	// keys: those that have none for made-up ones.
	Tells bool
}

// Method is the webauthn method.
type Method struct {
	party      *ceremony.Party
	identities Identities
	decoys     *secret.Signer
	config     Config
	now        func() time.Time
	log        *slog.Logger
	firsts     firstFactors
}

// New returns the method. decoys makes up the keys of unknown people.
func New(p *ceremony.Party, i Identities, decoys *secret.Signer, c Config, now func() time.Time, log *slog.Logger) *Method {
	return &Method{party: p, identities: i, decoys: decoys, config: c, now: now, log: log}
}

var _ flow.FactorCounter = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	first := flow.Step{Role: flow.FirstFactor, Needs: flow.NeedsIdentifier, Begin: m.beginFirst, Show: m.showFirst, Submit: m.first}
	second := flow.Step{Role: flow.SecondFactor, Begin: m.beginSecond, Show: m.showSecond, Submit: m.second}
	steps := map[flow.Kind]flow.Step{
		flow.Settings: {Role: flow.Management, Privileged: true, Begin: m.settings().Begin, Show: m.showSettings, Submit: m.settings().Submit},
	}
	if m.config.Passwordless {
		first.Other = &second
		steps[flow.Login] = first
		steps[flow.Registration] = flow.Step{
			Role: flow.FirstFactor, Traits: true, Begin: m.beginRegistration, Show: m.showRegistration, Submit: m.register,
		}
		return steps
	}
	second.Other, second.Needs = &first, first.Needs // a sign-in that names its person takes as long for strangers
	steps[flow.Login] = second
	return steps
}

// CountFactors implements flow.FactorCounter. Each key keeps the role for which it was made, also when the option changes.
func (*Method) CountFactors(_ *identity.Identity, credentials []identity.Credential, _ flow.Client) flow.Factors {
	keys, err := keyform.Keys(identity.Of(credentials, ID))
	if err != nil {
		return flow.Factors{}
	}
	return flow.Factors{First: len(keys.Of(true)), Second: len(keys.Of(false))}
}

func form() keyform.Form {
	return keyform.Form{
		Remove: "webauthn_remove", Rename: "webauthn_rename", Name: "webauthn_register_displayname", RemoveLabel: `Remove security key "%s"`,
	}
}

// answer is the field that the script puts the answer of a key into.
func answer(name string) ui.Node { return ui.Node{Name: name, Type: "hidden", Value: "", Once: true} }

// owner describes the account to the browser. A security key never identifies an account, so browsers show the name of the
// site, where for a passkey they show that of the account.
func (m *Method) owner(handle []byte, keys []ceremony.Key) ceremony.Owner {
	return ceremony.Owner{Handle: handle, Name: m.party.Name(), Display: m.party.Name(), Keys: keys}
}

// sort is what is asked of first factors, where they are to verify their user.
func (m *Method) sort() ceremony.Sort {
	if m.config.TwoFactors || m.config.RequireVerification {
		return ceremony.VerifyingKey
	}
	return ceremony.SecurityKey
}

// factor is what a ceremony with a first factor proves.
func (m *Method) factor(verified bool) session.Factor {
	return session.Factor{Method: ID, MultiFactor: verified && m.config.TwoFactors}
}

// request asks for one of the keys.
func (m *Method) request(s ceremony.Sort, o ceremony.Owner) (keyform.Memory, error) {
	options, pending, err := m.party.Request(s, o)
	return keyform.Memory{Options: options, Pending: pending}, err
}

// asking are the nodes that ask for a key.
func (m *Method) asking(identifier string, kept keyform.Memory) []ui.Node {
	return []ui.Node{
		ui.CSRF(),
		{Name: "identifier", Type: "hidden", Value: identifier},
		answer("webauthn_login"), keyform.Script(m.config.Public),
		{Name: "webauthn_login_trigger", Type: "button", Value: kept.Options, Label: "Sign in with hardware key", OnClick: "oryWebAuthnLogin"},
	}
}

// check verifies the answer of one of a person's keys, of the first or the second factors.
func (m *Method) check(ctx context.Context, id string, c *identity.Credential, first bool, kept keyform.Memory, text string) (ceremony.Keys, ceremony.Judged, error) {
	keys, err := keyform.Keys(c)
	if err != nil {
		return keys, ceremony.Judged{}, err
	}
	parsed, err := ceremony.Read(text)
	if err != nil {
		return keys, ceremony.Judged{}, err
	}
	judged, err := m.party.Judge(kept.Pending, m.owner(keys.Handle, keys.Of(first)), parsed, m.now())
	if errors.Is(err, ceremony.ErrCloned) {
		m.log.WarnContext(ctx, "the counter of a security key went back; it may be cloned",
			slog.String("identity_id", id), slog.String("key", judged.Key.HexID()))
		err = keyform.Copied(err, id, c, keys, judged.Key)
	}
	return keys, judged, err
}
