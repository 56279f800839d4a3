package totp

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration, and the type of its credentials.
const ID = "totp"

// Names finds the account name that an authenticator app shows beside the issuer.
type Names interface {
	// NameFor returns what the schema marks as the name of an identity for a method; empty if it marks nothing.
	NameFor(ctx context.Context, i *identity.Identity, method string) (string, error)
}

// Method is the totp method.
type Method struct {
	names  Names
	sealer *secret.Sealer
	issuer string
	now    func() time.Time
}

// New returns the method. issuer is the name under which apps list the account.
func New(n Names, s *secret.Sealer, issuer string, now func() time.Time) *Method {
	return &Method{names: n, sealer: s, issuer: issuer, now: now}
}

var _ flow.FactorCounter = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{
		flow.Login:    {Role: flow.SecondFactor, Show: m.showLogin, Submit: m.login},
		flow.Settings: {Role: flow.Management, Privileged: true, Begin: m.begin, Show: m.showSettings, Submit: m.change},
	}
}

// CountFactors implements flow.FactorCounter.
func (*Method) CountFactors(_ *identity.Identity, credentials []identity.Credential, _ flow.Client) flow.Factors {
	if c := identity.Of(credentials, ID); c != nil {
		return flow.Factors{Second: 1}
	}
	return flow.Factors{}
}

// stored is the stored form of a totp credential.
type stored struct {
	Sealed   string `json:"totp_url_sealed,omitempty"` // the otpauth URL, bound to the identity
	LastStep int64  `json:"last_step"`                 // of the last code that counted
	AddedAt  string `json:"added_at"`
	// LastUsedAt is empty until a code was accepted at a login.
	LastUsedAt string `json:"last_used_at,omitempty"`
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func read(c *identity.Credential) (stored, error) {
	var out stored
	if err := json.Unmarshal(c.Config, &out); err != nil {
		return stored{}, fmt.Errorf("read totp credential: %w", err)
	}
	return out, nil
}

func (s stored) config() (json.RawMessage, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write totp credential: %w", err)
	}
	return raw, nil
}

// open returns the seed of a credential of that identity.
func (m *Method) open(s stored, identityID string) (seed, error) {
	text, err := m.sealer.Open(s.Sealed, bound(identityID))
	if err != nil {
		return seed{}, fmt.Errorf("totp credential of identity %s: %w", identityID, err)
	}
	return parseSeed(text)
}

// bound ties a sealed seed to its owner: copied to another row it opens nothing.
func bound(identityID string) string { return "identity " + strings.ToLower(identityID) }

// credential is a new credential. step is that of a code which must not count again.
func (m *Method) credential(identityID string, s seed, step int64) (identity.Credential, error) {
	raw, err := stored{Sealed: m.sealer.Seal(s.key.URL(), bound(identityID)), LastStep: step, AddedAt: moment(m.now())}.config()
	return identity.Credential{Type: ID, Identifiers: []string{identityID}, Config: raw}, err
}

// Import makes a credential of an otpauth URL that another system exported. The error is of code errs.Invalid where the
// URL can not be used.
func Import(sealer *secret.Sealer, identityID, totpURL string, now time.Time) (identity.Credential, error) {
	s, err := parseSeed(totpURL)
	if err != nil {
		return identity.Credential{}, err
	}
	m := &Method{sealer: sealer, now: func() time.Time { return now }}
	return m.credential(identityID, s, 0)
}

func factor() session.Factor { return session.Factor{Method: ID} }

func codeNode(label string) ui.Node {
	return ui.Node{Name: "totp_code", Type: "text", Required: true, Label: label, Autocomplete: "one-time-code", Once: true}
}

func wrong(cause error) error {
	r := flow.Reject("", message.Of(message.KeyFactorCodeInvalid))
	r.Cause = cause
	return r
}
