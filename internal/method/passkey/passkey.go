package passkey

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration, and the type of its credentials.
const ID = "passkey"

// Identities finds whom a key belongs to, and what authenticators show of people.
type Identities interface {
	// ByCredential finds the owner of a credential by its identifier; errs.ErrNotFound if there is none.
	ByCredential(ctx context.Context, typ, identifier string) (*identity.Identity, *identity.Credential, error)
	// NameFor returns what the schema marks as the name of an identity for a method; empty if it marks nothing.
	NameFor(ctx context.Context, i *identity.Identity, method string) (string, error)
	// NameField returns the field of the registration form that holds that name; empty if the schema marks none.
	NameField(ctx context.Context, method string) (string, error)
}

// Config is what operators decide.
type Config struct {
	Name   string // of the site, shown where the person has no name yet
	Public string // base URL, below which the script is
	// TwoFactors lets a passkey that verified its user count as both factors.
	TwoFactors bool
	// RequireVerification refuses passkeys that did not verify their user.
	RequireVerification bool
	// Also are keys of another method that sign in here.
	Also Also
}

// Also are further credentials whose keys sign in here, if they are first factors and find their owner by themselves. The
// rules of their own method hold for them.
type Also struct {
	Type                            string // empty for none
	TwoFactors, RequireVerification bool   // as in Config
}

// Method is the passkey method.
type Method struct {
	party      *ceremony.Party
	identities Identities
	config     Config
	now        func() time.Time
	log        *slog.Logger
}

// New returns the method.
func New(p *ceremony.Party, i Identities, c Config, now func() time.Time, log *slog.Logger) *Method {
	return &Method{party: p, identities: i, config: c, now: now, log: log}
}

var _ flow.FactorCounter = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{
		flow.Login:        {Role: flow.FirstFactor, Begin: m.beginLogin, Show: m.showLogin, Submit: m.login},
		flow.Registration: {Role: flow.FirstFactor, Traits: true, Begin: m.beginRegistration, Show: m.showRegistration, Submit: m.register},
		flow.Settings:     {Role: flow.Management, Privileged: true, Begin: m.settings().Begin, Show: m.showSettings, Submit: m.settings().Submit},
	}
}

// CountFactors implements flow.FactorCounter. Each key is a way to sign in.
func (*Method) CountFactors(_ *identity.Identity, credentials []identity.Credential, _ flow.Client) flow.Factors {
	keys, err := keyform.Keys(identity.Of(credentials, ID))
	if err != nil {
		return flow.Factors{}
	}
	return flow.Factors{First: len(keys.Keys)}
}

// factor is what a ceremony with a key of a type of credential proves; ErrUnverified if the key had to verify its user.
func (m *Method) factor(typ string, verified bool) (session.Factor, error) {
	two, must := m.config.TwoFactors, m.config.RequireVerification
	if typ != ID {
		two, must = m.config.Also.TwoFactors, m.config.Also.RequireVerification
	}
	if must && !verified {
		return session.Factor{}, ceremony.ErrUnverified
	}
	return session.Factor{Method: ID, MultiFactor: verified && two}, nil
}

// hidden is a field for the script: options to read, or where the answer of a key goes.
func hidden(name string, value string) ui.Node {
	return ui.Node{Name: name, Type: "hidden", Value: value, Once: true}
}

// owner is a person with the keys that there are; handle is for a person without one.
func (m *Method) owner(ctx context.Context, i *identity.Identity, keys ceremony.Keys, handle []byte) (ceremony.Owner, error) {
	name, err := m.identities.NameFor(ctx, i, ID)
	if err != nil {
		return ceremony.Owner{}, err
	}
	if name == "" {
		name = i.ID
	}
	if len(keys.Handle) > 0 {
		handle = keys.Handle
	}
	return ceremony.Owner{Handle: handle, Name: name, Display: name, Keys: keys.Keys, Handles: keys.Handles}, nil
}

// newHandle draws a user handle of 64 letters and digits. It tells nothing about its owner (WebAuthn Level 3, 14.6.1).
func newHandle() []byte { return []byte(secret.Token() + secret.Token()) }

// made judges the answer to a creation, and what it proves.
func (m *Method) made(kept keyform.Memory, o ceremony.Owner, answer string) (ceremony.Key, session.Factor, error) {
	key, err := m.party.Created(kept.Pending, o, answer, m.now())
	if err != nil {
		return ceremony.Key{}, session.Factor{}, err
	}
	factor, err := m.factor(ID, key.Flags.Verified)
	key.Passwordless, key.Name = true, cmp.Or(key.Model(), "Passkey")
	return key, factor, err
}

// beginLogin asks for any passkey, or for one of the person who signs in again.
func (m *Method) beginLogin(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	kept, err := m.request(ctx, s.View)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

func (m *Method) request(ctx context.Context, v flow.View) (keyform.Memory, error) {
	var owner ceremony.Owner
	if v.Identity != nil {
		keys, err := keyform.Keys(v.Credential(ID))
		if err != nil {
			return keyform.Memory{}, err
		}
		if owner, err = m.owner(ctx, v.Identity, keys, nil); err != nil {
			return keyform.Memory{}, err
		}
	}
	options, pending, err := m.party.Request(ceremony.Passkey, owner)
	return keyform.Memory{Options: options, Pending: pending}, err
}

func (m *Method) showLogin(ctx context.Context, v flow.View) ([]ui.Node, error) {
	var kept keyform.Memory
	if ok, err := v.Recall(&kept); err != nil || !ok {
		return nil, err
	}
	nodes, answer := []ui.Node{ui.CSRF()}, hidden("passkey_login", "")
	if v.Identity != nil {
		if keys, err := keyform.Keys(v.Credential(ID)); err != nil || len(keys.Keys) == 0 {
			return nil, err
		}
		name, err := m.identities.NameFor(ctx, v.Identity, ID)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, ui.Node{Name: "identifier", Type: "hidden", Value: name})
	} else {
		answer.OnLoad = "oryPasskeyLoginAutocompleteInit"
	}
	return append(nodes, []ui.Node{
		{Name: "passkey_login_trigger", Type: "button", Value: "", Label: "Sign in with passkey", OnClick: "oryPasskeyLogin"},
		answer, hidden("passkey_challenge", kept.Options), keyform.Script(m.config.Public),
	}...), nil
}

// login judges the answer of a passkey and finds whose it is.
func (m *Method) login(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	text := s.Input.Blob("passkey_login")
	if text == "" {
		return nil, flow.Reject("passkey_login", message.Missing("passkey_login"))
	}
	if err := s.CountCode(ctx, ""); err != nil {
		return nil, err
	}
	fact, err := m.verify(ctx, s, text)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyInvalid)
	}
	return fact, nil
}

func (m *Method) verify(ctx context.Context, s flow.Submission, text string) (flow.Fact, error) {
	kept, err := keyform.Asked(s.View)
	if err != nil {
		return nil, err
	}
	answer, err := ceremony.Read(text)
	if err != nil {
		return nil, err
	}
	person, c, err := m.whose(ctx, s, answer)
	if err != nil {
		return nil, err
	}
	keys, err := keyform.Keys(c)
	if err != nil {
		return nil, err
	}
	owner, err := m.owner(ctx, person, keys, nil)
	if err != nil {
		return nil, err
	}
	if c.Type != ID {
		owner.Keys = keys.Of(true)
	}
	if len(owner.Keys) == 0 {
		return nil, ceremony.ErrUnknownKey
	}
	judged, err := m.party.Judge(kept.Pending, owner, answer, m.now())
	if errors.Is(err, ceremony.ErrCloned) {
		m.log.WarnContext(ctx, "the counter of a passkey went back; it may be cloned",
			slog.String("identity_id", person.ID), slog.String("key", judged.Key.HexID()))
		err = keyform.Copied(err, person.ID, c, keys, judged.Key)
	}
	if err != nil {
		return nil, err
	}
	factor, err := m.factor(c.Type, judged.Verified)
	if err != nil {
		return nil, err
	}
	another, err := m.request(ctx, s.View)
	if err != nil {
		return nil, err
	}
	return keyform.Used(person, c, keys, judged.Key, factor, another)
}

// whose finds the owner of a passkey: by its user handle, or the person who signs in again, whose keys need not send it.
func (m *Method) whose(ctx context.Context, s flow.Submission, a ceremony.Answer) (*identity.Identity, *identity.Credential, error) {
	if s.Identity != nil {
		if c := s.Credential(ID); c != nil {
			return s.Identity, c, nil
		}
		return nil, nil, ceremony.ErrUnknownKey
	}
	if len(a.Handle()) == 0 {
		return nil, nil, ceremony.ErrUnknownKey
	}
	handle := ceremony.HandleIdentifier(a.Handle())
	person, c, err := m.identities.ByCredential(ctx, ID, handle)
	if errors.Is(err, errs.ErrNotFound) && m.config.Also.Type != "" {
		person, c, err = m.identities.ByCredential(ctx, m.config.Also.Type, handle)
	}
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil, ceremony.ErrUnknownKey
	}
	return person, c, err
}
