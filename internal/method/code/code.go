package code

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// ID is the method's name on the wire and in configuration, and the type of its credentials.
const ID = "code"

// DefaultPause is how long after a code the next one is sent at the earliest, where limits are on.
const DefaultPause = 20 * time.Second

// Identities finds owners of addresses.
type Identities interface {
	ByAddress(ctx context.Context, p identity.Purpose, via, typed string) (*identity.Identity, *identity.Address, error)
	ByID(ctx context.Context, id string) (*identity.Identity, error)
}

// Config is what operators decide.
type Config struct {
	Passwordless bool // sign in and register with a code
	SecondFactor bool // accept a code after another factor; not together with Passwordless
	Recovery     bool
	Choose       bool // who recovers chooses among the masked addresses of the account
	Verification bool
	Lifespan     time.Duration // of a code
	MaxTries     int           // wrong codes after which a flow needs another
	Pause        time.Duration // how long after a code the next one is sent at the earliest; 0 for at once
	// Fallback lets verified addresses of people without a code credential be a second factor, which is never asked for.
	Fallback bool
	// NotifyUnknown are the kinds in which the owner of an address without an account is
	// written to.
	NotifyUnknown map[flow.Kind]bool
	// Pages are the pages that show flows; mails link to them with the code filled in.
	Pages map[flow.Kind]*url.URL
	// ImportedHashes are the forms in which the server whose accounts were taken over may have stored a code; nil for
	// none.
	ImportedHashes func(code string) []string
}

// Method is the code method.
type Method struct {
	identities Identities
	sealer     *secret.Sealer
	config     Config
	now        func() time.Time
}

// New returns the method.
func New(i Identities, s *secret.Sealer, c Config, now func() time.Time) *Method {
	return &Method{identities: i, sealer: s, config: c, now: now}
}

var (
	_ flow.Challenger    = (*Method)(nil)
	_ flow.FactorCounter = (*Method)(nil)
)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	steps := map[flow.Kind]flow.Step{}
	switch {
	case m.config.SecondFactor:
		steps[flow.Login] = flow.Step{Role: flow.SecondFactor, Begin: m.beginSecond, Show: m.showSecond, Submit: m.second}
	case m.config.Passwordless:
		steps[flow.Login] = flow.Step{Role: flow.FirstFactor, Needs: flow.SendsToIdentifier, Show: m.showLogin, Submit: m.login}
		steps[flow.Registration] = flow.Step{Role: flow.FirstFactor, Traits: true, Show: m.showRegistration, Submit: m.register}
	}
	switch {
	case m.config.Recovery && m.config.Choose:
		steps[flow.Recovery] = flow.Step{Role: flow.AddressProof, Show: m.showChoice, Submit: m.choose}
	case m.config.Recovery:
		steps[flow.Recovery] = flow.Step{Role: flow.AddressProof, Show: m.showAddress, Submit: m.proveAddress}
	}
	if m.config.Verification {
		steps[flow.Verification] = flow.Step{Role: flow.AddressProof, Show: m.showAddress, Submit: m.proveAddress}
	}
	return steps
}

// CountFactors implements flow.FactorCounter. Only verified addresses count.
func (m *Method) CountFactors(i *identity.Identity, credentials []identity.Credential, _ flow.Client) flow.Factors {
	switch {
	case m.config.SecondFactor:
		return flow.Factors{Second: len(enrolled(i, identity.Of(credentials, ID)))}
	case m.config.Passwordless:
		return flow.Factors{First: len(verified(i))}
	}
	return flow.Factors{}
}

// verified are the addresses that the person has proved to read.
func verified(i *identity.Identity) []identity.Address {
	var out []identity.Address
	for _, a := range i.Verifiable {
		if a.Verified {
			out = append(out, a)
		}
	}
	return out
}

// enrolled are the verified addresses that the credential names.
func enrolled(i *identity.Identity, c *identity.Credential) []identity.Address {
	var out []identity.Address
	if c == nil {
		return nil
	}
	for _, a := range verified(i) {
		if slices.Contains(c.Identifiers, a.Normalized) {
			out = append(out, a)
		}
	}
	return out
}

func factor(via, address string) session.Factor {
	return session.Factor{Method: ID, Via: via, Address: address}
}

// template is the message that carries a code in a kind of flow.
func template(k flow.Kind) courier.Template {
	switch k {
	case flow.Registration:
		return courier.RegistrationCode
	case flow.Recovery:
		return courier.RecoveryCode
	case flow.Verification:
		return courier.VerificationCode
	case flow.Login, flow.Settings:
	}
	return courier.LoginCode
}
