package flow

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// Store is what the engine needs from storage.
type Store interface {
	CreateFlow(context.Context, *Flow) error
	Flow(ctx context.Context, id string) (*Flow, error)
	FlowByResume(ctx context.Context, hash string) (*Flow, error)
	SaveFlow(context.Context, *Flow) error // errs.ErrStale when Version moved
	// ClearResumeHashes takes the outstanding secrets from an identity's other flows of a
	// kind.
	ClearResumeHashes(ctx context.Context, k Kind, subject, exceptID string) error
	// LockIdentity keeps an identity and its credentials as they are until the
	// context's transaction ends.
	LockIdentity(ctx context.Context, id string) error
	InTx(context.Context, func(context.Context) error) error
}

// Identities is what the engine needs to know and change of identities.
type Identities interface {
	ByID(ctx context.Context, id string) (*identity.Identity, error)
	Draft(ctx context.Context, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	DraftFrom(ctx context.Context, i *identity.Identity, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	DraftUnchanged(context.Context, *identity.Identity) (*identity.Draft, error)
	Create(context.Context, *identity.Draft) (*identity.Identity, error)
	Save(context.Context, *identity.Draft) (*identity.Identity, error)
	Credentials(ctx context.Context, id string) ([]identity.Credential, error)
	Credential(ctx context.Context, id, typ string) (*identity.Credential, error)
	UpdateCredential(ctx context.Context, id string, c identity.Credential) error
	DropRetained(ctx context.Context, id string) error
	MarkVerified(ctx context.Context, id, addressID string) error
	MarkSent(ctx context.Context, id, addressID string) error
	// ProvenBefore reports whether the owner confirmed an address that the identity no
	// longer has, if that is known.
	ProvenBefore(ctx context.Context, id string) (proven, known bool, err error)
	Schema(ctx context.Context, id string) (*traits.Schema, error)
	Deletions
}

// Deletions ends identities.
type Deletions interface {
	// ScheduleDeletion has an identity deleted at a time, and Keep withdraws that;
	// kept reports whether there was anything to withdraw.
	ScheduleDeletion(ctx context.Context, id string, at time.Time) error
	Keep(ctx context.Context, id string) (kept bool, err error)
	// Delete deletes an identity at once.
	Delete(ctx context.Context, id string) error
}

// Sessions is what the engine needs from sessions.
type Sessions interface {
	Issue(context.Context, *identity.Identity, session.Factor) (*session.Session, string, error)
	// Lock returns a session that stays valid until the context's transaction ends;
	// session.ErrNone if it has ended.
	Lock(ctx context.Context, id string) (*session.Session, error)
	Upgrade(context.Context, *session.Session, session.Proof) (*session.Session, string, error)
	RevokeOthers(ctx context.Context, identityID, exceptID string) error
}

// Observer is told how submissions end, for metrics.
type Observer interface {
	Submitted(k Kind, method, outcome string)
	Started(k Kind, c Client)
}

// Config is immutable: a reload builds a new engine.
type Config struct {
	PublicURL     *url.URL   // where browsers and apps reach the public listener
	DefaultReturn *url.URL   // the last resort of redirects
	ClosedPage    *url.URL   // says that an account was closed
	Allowed       []*url.URL // return_to must lie below one of these
	Kinds         map[Kind]KindConfig
	// SentAfter is how long it takes at least to answer a submission that asks for a link
	// or code, names the person who is to use a security key, or brings a wrong answer of one. Known and unknown addresses
	// are the same work but for some reads and a signature, which a client could measure (OWASP ASVS 5.0, 6.3.8); 0 for no
	// bound.
	SentAfter time.Duration
	// PrivilegedAge is how long after authentication a session may change
	// credentials.
	PrivilegedAge time.Duration
	// DefaultSchema is the schema of registrations.
	DefaultSchema string
	// RevokeOnRecovery and RevokeOnCredentialChange end an identity's other
	// sessions.
	RevokeOnRecovery         bool
	RevokeOnCredentialChange bool
	// KeepAddress lets an address that was changed sign in until the new one is
	// proven.
	KeepAddress bool
	// Notices tells the owner of credential and address changes by mail.
	Notices bool
	// ShowVerification: every registration says by which flow its address is proven.
	ShowVerification bool
	// UnprovenOnForm says on the form of a login that no address is proven, and asks to prove none.
	UnprovenOnForm bool
	// HideExisting answers a registration for a taken identifier as if it had
	// worked, and tells the owner by mail.
	HideExisting bool
	// SettingsAAL is the level that settings ask for, SessionAAL the one that the check
	// of a session asks for.
	SettingsAAL, SessionAAL Requirement
	// Policies say which factors identities must have, by the id of their schema.
	Policies map[string]Policy
	// LaxAPI accepts cookies and Origin headers in API flows. For development.
	LaxAPI bool
	// ImportedHashes are the forms in which a flow that was taken over from another server
	// waits for a token; nil for none.
	ImportedHashes func(token string) []string
}

// KindConfig is what differs by kind.
type KindConfig struct {
	Enabled  bool
	Lifespan time.Duration
	// Use names the method that sends secrets for flows of the kind; empty for any of
	// them, and for the first that can where no person started the flow.
	Use string
	UI  *url.URL // the page that shows the flow
	// SendsEmpty: the page sends an empty value for every trait that was not filled
	// in, as browsers do; they count as absent. In settings they clear a trait.
	SendsEmpty bool
	Return     *url.URL // where a browser goes after success; nil for the default
	// Before are called when a flow starts, and with each submission of settings; AfterAll after a
	// success of a method that has no entry in After.
	Before, AfterAll []Hook
	// Revokes: a recovery ends the person's other sessions.
	Revokes bool
	// After overrides by method.
	After map[string]AfterConfig
}

// AfterConfig is what follows a success of one method.
type AfterConfig struct {
	Return *url.URL
	Hooks  []string // HookSession, HookRevoke
	Web    []Hook   // in their order
}

// webAfter are the web hooks that follow a success of a method.
func (c KindConfig) webAfter(method string) []Hook {
	if after, ok := c.After[method]; ok {
		return after.Web
	}
	return c.AfterAll
}

// The hooks of v0.5.
const (
	HookSession = "session"                // registration: sign in at once
	HookRevoke  = "revoke_active_sessions" // login and settings: end the other sessions
	// HookVerified: login signs in only people who have proven an address.
	HookVerified = "require_verified_address"
	// HookVerify: registration leads on to proving the address.
	HookVerify = "show_verification_ui"
)

// Engine runs flows.
type Engine struct {
	store      Store
	identities Identities
	sessions   Sessions
	limiter    Limiter
	mail       courier.Queue
	observer   Observer
	config     Config
	now        func() time.Time

	methods     []Method
	steps       map[Kind]map[string]Step
	counters    []FactorCounter
	raises      bool                // one of them takes second factors at login
	challengers map[Kind]Challenger // what sends secrets for flows that were not started by hand
}

// Deps are what an engine is made of.
type Deps struct {
	Store      Store
	Identities Identities
	Sessions   Sessions
	Limiter    Limiter
	Mail       courier.Queue
	Observer   Observer
	Methods    []Method // in the order in which forms show them
	Now        func() time.Time
}

// New returns an engine. Methods that are switched off are simply not among the
// parts.
func New(p Deps, c Config) *Engine {
	e := &Engine{
		store: p.Store, identities: p.Identities, sessions: p.Sessions, limiter: p.Limiter,
		mail: p.Mail, observer: p.Observer, methods: p.Methods, now: p.Now, config: c,
		steps: map[Kind]map[string]Step{}, challengers: map[Kind]Challenger{},
	}
	for _, k := range Kinds {
		e.steps[k] = map[string]Step{}
	}
	for _, m := range p.Methods {
		for k, step := range m.Steps() {
			e.steps[k][m.ID()] = step
		}
		if c, ok := m.(FactorCounter); ok {
			e.counters = append(e.counters, c)
			login := e.steps[Login][m.ID()]
			e.raises = e.raises || login.Role == SecondFactor || login.Other != nil
		}
		e.addChallenger(m)
	}
	return e
}

// addChallenger lets a method send secrets for the kinds that it serves: the one
// that the kind names, else the first.
func (e *Engine) addChallenger(m Method) {
	c, ok := m.(Challenger)
	if !ok {
		return
	}
	for _, k := range []Kind{Recovery, Verification} {
		_, serves := e.steps[k][m.ID()]
		if serves && (e.challengers[k] == nil || e.config.Kinds[k].Use == m.ID()) {
			e.challengers[k] = c
		}
	}
}

// Serves reports whether a kind is switched on.
func (e *Engine) Serves(k Kind) bool { return e.config.Kinds[k].Enabled }

// Methods lists the methods that serve a kind, those that its forms offer first.
func (e *Engine) Methods(k Kind) []string {
	var ids, others []string
	for _, m := range e.methods {
		switch _, ok := e.steps[k][m.ID()]; {
		case !ok:
		case e.sends(k, m.ID()):
			ids = append(ids, m.ID())
		default:
			others = append(others, m.ID())
		}
	}
	return append(ids, others...)
}
