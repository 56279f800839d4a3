package wire1

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// Parts are what the operations that this wire alone has work with.
type Parts struct {
	Engine     Engine
	Sessions   Sessions
	Identities Identities
	Passwords  Passwords
	Errors     Errors
	Schemas    Schemas
	Courier    Courier
	Tokens     Tokens
	Ended      Ended
	// CredentialConfig is what administrators see of a credential.
	CredentialConfig func(identityID string, c identity.Credential) json.RawMessage
	Now              func() time.Time
}

// Missing names a part that is not there; empty for none. A server without it must not
// start.
func (p Parts) Missing() string {
	all := reflect.ValueOf(p)
	for i := range all.NumField() {
		if all.Field(i).IsNil() {
			return all.Type().Field(i).Name
		}
	}
	return ""
}

// Host is what httpapi lends to the operations of a wire.
type Host interface {
	// Caller tells who is asking. It fails only where storage does.
	Caller(r *http.Request) (flow.Caller, error)
	// Live returns the session of a request, session.ErrNone without one.
	Session(r *http.Request) (*session.Cached, error)
	// HasCredentials reports whether a request carries a session token at all.
	HasCredentials(r *http.Request) bool
	// CookieToken is the session token in the browser's cookie, empty for none.
	CookieToken(r *http.Request) string
	// Logout writes the cookies of a browser that has signed out.
	Logout(w http.ResponseWriter, r *http.Request)
	// ErrorPage keeps an error for the error page and leads the browser there.
	ErrorPage(w http.ResponseWriter, r *http.Request, err error) error
	// EnsureCSRF sees to the anti-CSRF cookie of a browser.
	EnsureCSRF(w http.ResponseWriter, r *http.Request)
}

// Engine is what the operations of this wire need of the flow engine in addition to what httpapi uses.
// *flow.Engine satisfies it.
type Engine interface {
	OfferRecovery(context.Context, flow.RecoveryRequest) (flow.RecoveryOffer, error)
	// Onward is where a browser goes from a flow that has been passed.
	Onward(f *flow.Flow) string
	// Exchange returns the session token that waits for the two codes of an app.
	Exchange(ctx context.Context, code, back string) (string, error)
	ValidateReturnTo(raw string, fallback *url.URL) (string, error)
	// RemoveFactor removes a credential for an operator, or the part of it that take takes.
	RemoveFactor(ctx context.Context, identityID, typ string, take func(*identity.Draft, *identity.Credential) error) error
}

// Sessions checks and ends sessions. *session.Service satisfies it.
type Sessions interface {
	Check(ctx context.Context, token string) (*session.Cached, error)
	Revoke(ctx context.Context, token string) error
	List(ctx context.Context, identityID string) ([]*session.Session, error)
	RevokeByID(ctx context.Context, identityID, id string) error
	RevokeOthers(ctx context.Context, identityID, exceptID string) error
	Operate
}

// Operate is what operators do to sessions of everyone.
type Operate interface {
	All(context.Context, session.Query) ([]*session.Session, error)
	ByID(ctx context.Context, id string) (*session.Session, error)
	OfIdentity(ctx context.Context, identityID string) ([]*session.Session, error)
	Extend(ctx context.Context, id string) (*session.Session, error)
	Valid(*session.Session) bool
}

// Identities is what operators do to identities. *identity.Service satisfies it.
type Identities interface {
	Draft(ctx context.Context, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	DraftFrom(ctx context.Context, i *identity.Identity, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	Create(context.Context, *identity.Draft) (*identity.Identity, error)
	Save(context.Context, *identity.Draft) (*identity.Identity, error)
	ByID(ctx context.Context, id string) (*identity.Identity, error)
	Delete(ctx context.Context, id string) error
	List(context.Context, identity.Query) ([]*identity.Identity, int, error)
	Credentials(ctx context.Context, id string) ([]identity.Credential, error)
	DraftUnchanged(context.Context, *identity.Identity) (*identity.Draft, error)
}

// Passwords turns what an operator gives as a password into a credential.
type Passwords interface {
	Import(ctx context.Context, hash, plain string) (identity.Credential, error)
}

// Schemas are the identity schemas that are configured.
type Schemas interface {
	// Raw returns a schema as its author wrote it.
	Raw(ctx context.Context, id string) ([]byte, error)
	// IDs lists the schemas in the order of the configuration.
	IDs() []string
	Schema(ctx context.Context, id string) (*traits.Schema, error)
}

// Courier shows operators the outgoing messages. *courier.Outbox satisfies it.
type Courier interface {
	List(context.Context, courier.Filter) ([]*courier.Stored, error)
	Get(ctx context.Context, id string) (*courier.Stored, courier.Rendered, error)
}

// identifier names the one trait that people of a schema sign in with, and what they
// call it. Traits with several values do not count. Both are empty where no trait or more
// than one is an identifier.
func (p Parts) identifier(ctx context.Context, schemaID string) (out struct{ name, title string }) {
	schema, err := p.Schemas.Schema(ctx, schemaID)
	if err != nil {
		return out // the form shows no label, and its submission says what is wrong
	}
	for _, f := range schema.Fields() {
		if !f.Identifier && !f.CodeIdentifier || f.Multiple {
			continue
		}
		if out.name != "" {
			return struct{ name, title string }{}
		}
		out.name, out.title = f.Name, f.Title
	}
	return out
}

// Errors keeps errors for the error page.
type Errors interface {
	Error(ctx context.Context, id string) (*errs.Stored, error)
}
