package password

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration.
const ID = "password"

// Identities finds whom an identifier belongs to, and how they spell it.
type Identities interface {
	ByIdentifier(ctx context.Context, typ, typed string) (*identity.Identity, *identity.Credential, error)
	Spelling(ctx context.Context, i *identity.Identity, typed string) (string, error)
}

// Hasher judges and makes password hashes. *passhash.Hasher satisfies it.
type Hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	Verify(ctx context.Context, encoded, password string) (passhash.Result, error)
	VerifyNothing(ctx context.Context, password string) error
}

// Policy says which passwords may be chosen. *passpolicy.Policy satisfies it.
type Policy interface {
	Check(ctx context.Context, password string, identifiers []string) error
}

// Migration asks the system that an account comes from whether a password is right.
// *webhook.Migration satisfies it.
type Migration interface {
	Matches(ctx context.Context, c flow.HookCall, identifier, password string) (bool, error)
}

// Method is the password method.
type Method struct {
	identities Identities
	hasher     Hasher
	policy     Policy
	migration  Migration
	log        *slog.Logger
}

// New returns the method. migration is nil where no other system is asked for passwords.
func New(i Identities, h Hasher, p Policy, migration Migration, log *slog.Logger) *Method {
	return &Method{identities: i, hasher: h, policy: p, migration: migration, log: log}
}

var _ flow.FactorCounter = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{
		flow.Login:        {Role: flow.FirstFactor, Needs: flow.NeedsIdentifier, Show: showLogin, Submit: m.login},
		flow.Registration: {Role: flow.FirstFactor, Show: showRegistration, Submit: m.register, Traits: true},
		flow.Settings:     {Role: flow.Management, Show: showSettings, Submit: m.change, Privileged: true},
	}
}

// CountFactors implements flow.FactorCounter: a password that is set and can be
// named. One that another system knows counts while that is asked.
func (m *Method) CountFactors(_ *identity.Identity, credentials []identity.Credential, _ flow.Client) (f flow.Factors) {
	for i := range credentials {
		c := &credentials[i]
		if c.Type == identity.TypePassword && c.IsSet() && len(c.Identifiers) > 0 && (m.migration != nil || !c.IsElsewhere()) {
			f.First++
		}
	}
	return f
}

// config is the stored form of a password credential. An empty hash reserves
// the identifier without a password.
type config struct {
	Hash string `json:"hashed_password,omitempty"`
	// ByHook: the system that the account comes from knows the password. The name is that of v26.
	ByHook bool `json:"use_password_migration_hook,omitempty"`
}

// Credential returns a password credential for a hash in PHC format, without
// identifiers: the identity's schema yields those.
func Credential(hash string) identity.Credential {
	raw, err := json.Marshal(config{Hash: hash})
	if err != nil {
		panic(err) // a struct of one string always encodes
	}
	return identity.Credential{Type: identity.TypePassword, Config: raw}
}

func stored(c *identity.Credential) (config, error) {
	var kept config
	if err := json.Unmarshal(c.Config, &kept); err != nil {
		return kept, fmt.Errorf("read password credential: %w", err)
	}
	return kept, nil
}

// field is the input for a password. autocomplete tells password managers
// whether to fill in or to suggest one.
func field(autocomplete string) ui.Node {
	return ui.Node{Name: "password", Type: "password", Required: true, Label: message.LabelPassword, Autocomplete: autocomplete}
}

// Busy turns a full hashing queue into an answer that says when to come back.
func Busy(err error) error {
	if full, ok := errors.AsType[*passhash.Busy](err); ok {
		return &errs.Error{
			Code: errs.Unavailable, ID: "hashing_busy", RetryAfter: full.RetryAfter, Err: err,
			Reason: "The service is busy right now. Please try again in a moment.",
		}
	}
	return err
}

// rejected is the one answer to unknown identifiers, wrong passwords and
// accounts without a password (OWASP ASVS 6.3.8).
func rejected(cause error) error {
	r := flow.Reject("", message.Of(message.KeyInvalidCredentials))
	r.Cause = cause
	return r
}

func (m *Method) factor() session.Factor { return session.Factor{Method: ID} }
