package webauthn

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration, and the type of its credentials.
const ID = "webauthn"

// Names finds how people are called.
type Names interface {
	// NameFor returns what the schema marks as the name of an identity for a method; empty if it marks nothing.
	NameFor(ctx context.Context, i *identity.Identity, method string) (string, error)
}

// Method is the webauthn method.
type Method struct {
	party  *ceremony.Party
	names  Names
	public string // base URL, below which the script is
	now    func() time.Time
	log    *slog.Logger
}

// New returns the method.
func New(p *ceremony.Party, n Names, public string, now func() time.Time, log *slog.Logger) *Method {
	return &Method{party: p, names: n, public: public, now: now, log: log}
}

var _ flow.FactorCounter = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{
		flow.Login:    {Role: flow.SecondFactor, Begin: m.beginLogin, Show: m.showLogin, Submit: m.login},
		flow.Settings: {Role: flow.Management, Privileged: true, Begin: m.beginSettings, Show: m.showSettings, Submit: m.change},
	}
}

// CountFactors implements flow.FactorCounter.
func (*Method) CountFactors(_ *identity.Identity, credentials []identity.Credential, _ flow.Client) flow.Factors {
	keys, err := keyform.Keys(identity.Of(credentials, ID))
	if err != nil {
		return flow.Factors{}
	}
	return flow.Factors{Second: len(keys.Keys)}
}

func form() keyform.Form {
	return keyform.Form{
		Remove: "webauthn_remove", Rename: "webauthn_rename", Name: "webauthn_register_displayname", RemoveLabel: `Remove security key "%s"`,
	}
}

// answer is the field that the script puts the answer of a key into.
func answer(name string) ui.Node { return ui.Node{Name: name, Type: "hidden", Value: "", Once: true} }

// owner describes the account to the browser: the account's own handle, or the given one for an account without keys. A second factor
// never identifies an account, so browsers show the name of the site, where for a passkey they show that of the account.
func (m *Method) owner(keys ceremony.Keys, handle []byte) ceremony.Owner {
	if len(keys.Handle) > 0 {
		handle = keys.Handle
	}
	return ceremony.Owner{Handle: handle, Name: m.party.Name(), Display: m.party.Name(), Keys: keys.Keys}
}

// beginLogin asks for one of the person's keys.
func (m *Method) beginLogin(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil || len(keys.Keys) == 0 || s.Identity == nil {
		return nil, err
	}
	kept, err := m.request(keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

func (m *Method) request(keys ceremony.Keys) (keyform.Memory, error) {
	options, pending, err := m.party.Request(ceremony.SecondFactor, m.owner(keys, nil))
	return keyform.Memory{Options: options, Pending: pending}, err
}

func (m *Method) showLogin(ctx context.Context, v flow.View) ([]ui.Node, error) {
	var kept keyform.Memory
	if ok, err := v.Recall(&kept); err != nil || !ok || v.Identity == nil {
		return nil, err
	}
	name, err := m.names.NameFor(ctx, v.Identity, ID)
	if err != nil {
		return nil, err
	}
	return []ui.Node{
		ui.CSRF(),
		{Name: "identifier", Type: "hidden", Value: name},
		answer("webauthn_login"), keyform.Script(m.public),
		{Name: "webauthn_login_trigger", Type: "button", Value: kept.Options, Label: "Sign in with hardware key", OnClick: "oryWebAuthnLogin"},
	}, nil
}

// login judges the answer of a key of the person who is signed in.
func (m *Method) login(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	text := s.Input.Blob("webauthn_login")
	if text == "" {
		return nil, flow.Reject("webauthn_login", message.Missing("webauthn_login"))
	}
	c := s.Credential(ID)
	keys, err := keyform.Keys(c)
	if err != nil {
		return nil, err
	}
	var kept keyform.Memory
	ok, err := s.Recall(&kept)
	if err != nil {
		return nil, err
	}
	if !ok || s.Identity == nil || len(keys.Keys) == 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyNone))
	}
	if err := s.CountCode(ctx, s.Identity.ID); err != nil {
		return nil, err
	}
	judged, err := m.verify(ctx, s, keys, kept, text)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyInvalid)
	}
	next := *c
	next.Config, err = keys.With(judged.Key).Config()
	if err != nil {
		return nil, err
	}
	return flow.Authenticated{Identity: s.Identity, Factor: session.Factor{Method: ID}, Judged: c, Upgrade: &next, Spent: true}, nil
}

func (m *Method) verify(ctx context.Context, s flow.Submission, keys ceremony.Keys, kept keyform.Memory, text string) (ceremony.Judged, error) {
	parsed, err := ceremony.Read(text)
	if err != nil {
		return ceremony.Judged{}, err
	}
	judged, err := m.party.Judge(kept.Pending, m.owner(keys, nil), parsed, m.now())
	if errors.Is(err, ceremony.ErrCloned) {
		m.log.WarnContext(ctx, "the counter of a security key went back; it may be cloned",
			slog.String("identity_id", s.Identity.ID), slog.String("key", judged.Key.HexID()))
	}
	return judged, err
}

// beginSettings makes options for another key.
func (m *Method) beginSettings(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Identity == nil {
		return nil, nil
	}
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil {
		return nil, err
	}
	kept, err := m.creation(keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

// creation makes options for a key besides those there are.
func (m *Method) creation(keys ceremony.Keys) (keyform.Memory, error) {
	handle := keys.Handle
	if len(handle) == 0 {
		handle = []byte(secret.Token())
	}
	options, pending, err := m.party.Create(ceremony.SecondFactor, m.owner(keys, handle))
	return keyform.Memory{Options: options, Pending: pending, Handle: handle}, err
}

func (m *Method) showSettings(_ context.Context, v flow.View) ([]ui.Node, error) {
	keys, err := keyform.Keys(v.Credential(ID))
	if err != nil {
		return nil, err
	}
	var kept keyform.Memory
	ok, err := v.Recall(&kept)
	if err != nil || !ok {
		return nil, err
	}
	nodes := append([]ui.Node{ui.CSRF()}, form().List(keys.Keys, false)...)
	return append(nodes,
		ui.Node{Name: "webauthn_register_displayname", Type: "text", Value: "", Label: "Name of the security key", Autocomplete: "off"},
		answer("webauthn_register"),
		ui.Node{Name: "webauthn_register_trigger", Type: "button", Value: kept.Options, Label: "Add security key", OnClick: "oryWebAuthnRegistration"},
		keyform.Script(m.public)), nil
}

// change adds, renames or removes a key.
func (m *Method) change(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	fact, err := form().Change(ID, s.Credential(ID), s.Input)
	if err != nil {
		return nil, err
	}
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil {
		return nil, err
	}
	if gone, ok := fact.(flow.RemoveCredential); ok {
		rest, err := keyform.Keys(gone.Rest)
		if err != nil {
			return nil, err
		}
		gone.Memory, err = m.creation(rest)
		return gone, err
	}
	if fact != nil {
		return fact, nil
	}
	text := s.Input.Blob("webauthn_register")
	if text == "" {
		return nil, flow.Reject("", message.Of(message.KeyNoChanges))
	}
	return m.add(s, keys, text)
}

// made judges a new key. handle is the user handle that it was made with.
func (m *Method) made(s flow.Submission, keys ceremony.Keys, text string) (key ceremony.Key, handle []byte, err error) {
	kept, err := keyform.Asked(s.View)
	if err != nil {
		return key, nil, err
	}
	owner := m.owner(keys, kept.Handle)
	key, err = m.party.Created(kept.Pending, owner, text, m.now())
	return key, owner.Handle, err
}

func (m *Method) add(s flow.Submission, keys ceremony.Keys, text string) (flow.Fact, error) {
	made, handle, err := m.made(s, keys, text)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyNotAdded)
	}
	if keys.Find(made.HexID()) >= 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyTaken))
	}
	otherwise := made.Model()
	if otherwise == "" {
		otherwise = "Security key"
	}
	if made.Name, err = form().Named(s.Input, otherwise); err != nil {
		return nil, err
	}
	keys.Handle, keys.Keys = handle, append(slices.Clone(keys.Keys), made)
	c, err := keyform.Credential(ID, keys)
	if err != nil {
		return nil, err
	}
	next, err := m.creation(keys)
	if err != nil {
		return nil, err
	}
	return flow.NewCredential{Credential: c, Factor: session.Factor{Method: ID}, Memory: next}, nil
}
