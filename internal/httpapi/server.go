package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire05"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// Engine runs flows. *flow.Engine satisfies it.
type Engine interface {
	Start(context.Context, flow.StartRequest) (flow.Result, error)
	Get(ctx context.Context, k flow.Kind, id string, c flow.Caller) (flow.Result, error)
	Inspect(ctx context.Context, k flow.Kind, id string) (flow.Result, error)
	Submit(context.Context, flow.SubmitRequest) (flow.Result, error)
	ResumeSubmission(ctx context.Context, r flow.SubmitRequest, token string) (flow.Result, error)
	Callback(context.Context, flow.CallbackRequest) (flow.Result, error)
	KindOf(ctx context.Context, id string) (flow.Kind, flow.Client, error)
	RecoveryLink(ctx context.Context, identityID string, lifespan time.Duration) (string, time.Time, error)
	// Page is the URL that shows a browser flow.
	Page(*flow.Flow) string
	// CheckLevel refuses a session below what its check asks for.
	CheckLevel(context.Context, *session.Cached, flow.Client) error
	// CouldAdd reports whether a person could set up a first factor that they lack.
	CouldAdd(ctx context.Context, s *session.Session, owner *identity.Identity, method string) (bool, error)
	Serves(flow.Kind) bool
	Methods(flow.Kind) []string
	Links
	wire1.Engine
}

// Links looks at the tokens of links and uses them.
type Links interface {
	LinkAsked(ctx context.Context, k flow.Kind, token string) (time.Time, error)
	RedeemToken(context.Context, flow.RedeemRequest) (flow.Result, error)
	BringCode(ctx context.Context, id, code string, c flow.Caller) error
}

// Sessions checks and ends sessions. *session.Service satisfies it.
type Sessions interface {
	Check(ctx context.Context, token string) (*session.Cached, error)
	Revoke(ctx context.Context, token string) error
	// Of lists the sessions of an identity that hold, newest first.
	List(ctx context.Context, identityID string) ([]*session.Session, error)
	// End ends one session of an identity; errs.ErrNotFound if it has no such.
	RevokeByID(ctx context.Context, identityID, id string) error
	// RevokeOthers ends all sessions of an identity but the one named.
	RevokeOthers(ctx context.Context, identityID, exceptID string) error
	wire1.Operate
}

// Identities is what administrators do to identities. *identity.Service
// satisfies it.
type Identities interface {
	Draft(ctx context.Context, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	DraftFrom(ctx context.Context, i *identity.Identity, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	Create(context.Context, *identity.Draft) (*identity.Identity, error)
	// CreateAll creates each for itself and returns the error of each.
	CreateAll(context.Context, []*identity.Draft) []error
	Save(context.Context, *identity.Draft) (*identity.Identity, error)
	ByID(ctx context.Context, id string) (*identity.Identity, error)
	Delete(ctx context.Context, id string) error
	List(context.Context, identity.Query) ([]*identity.Identity, int, error)
	Credentials(ctx context.Context, id string) ([]identity.Credential, error)
	DraftUnchanged(context.Context, *identity.Identity) (*identity.Draft, error)
}

// Errors keeps errors for the error page.
type Errors interface {
	SaveError(context.Context, *errs.Stored) error
	Error(ctx context.Context, id string) (*errs.Stored, error)
}

// Schemas serves identity schemas as they are.
type Schemas interface {
	Raw(ctx context.Context, id string) ([]byte, error)
	IDs() []string
	Schema(ctx context.Context, id string) (*traits.Schema, error)
}

// Passwords turns what an administrator gives as a password into a credential.
type Passwords interface {
	// Import accepts a hash in PHC or crypt format within the limits, or hashes a
	// plain password.
	Import(ctx context.Context, hash, plain string) (identity.Credential, error)
}

// Factors turns what an administrator gives as second factors or keys into credentials.
type Factors interface {
	// ImportFactor takes the form in which v26 stores a credential.
	ImportFactor(ctx context.Context, identityID, typ string, identifiers []string, config json.RawMessage) (identity.Credential, error)
}

// Meter observes requests.
type Meter interface {
	Observe(listener, route, method string, status int, took time.Duration)
}

// Config of the listeners.
type Config struct {
	Version        string
	Wire           string // that the public listener speaks at its root; default v0.5
	PublicURL      *url.URL
	AdminURL       *url.URL
	ErrorUI        *url.URL
	LoginUI        *url.URL
	LogoutReturn   *url.URL // nil for the default
	DefaultReturn  *url.URL
	DefaultSchema  string   // of registrations, and of identities whose schema is not given
	TwoSteps       bool     // registration in v1 asks for the traits first
	V1             V1Config // what v26 lets operators choose of v1
	AsTyped        bool     // v1 writes addresses as they were typed
	OfferPasskey   bool     // offer a passkey once to those who sign in with a password
	Registered     *url.URL // the page after a registration that does not sign in; nil for the return URL
	RecoveryLife   time.Duration
	Cookies        CookieConfig
	CookieSecrets  []string
	TrustedProxies []string // addresses or CIDRs whose X-Forwarded-For counts
	AdminToken     string   // empty: no token is asked for
	// AdminNamed reports whether a Host header names the admin listener. It is asked
	// where there is no token; nil knows every name.
	AdminNamed    func(host string) bool
	MailChannel   string // what carries mail: smtp, mailbox
	Dev           bool
	CORS          *CORSConfig // nil: off
	PublicMetrics bool
	// ConfirmLinks are the kinds whose links show a button, on the page named,
	// before they take effect.
	ConfirmLinks map[flow.Kind]*url.URL
	// LaxAPI accepts cookies and foreign origins, for development.
	LaxAPI bool
	// UIs are the pages of others that may send forms here, beside the error and login pages.
	UIs []*url.URL
	// PostingProviders are the ids of providers that answer by POST.
	PostingProviders []string
}

// V1Config has the feature flags of v26.
type V1Config = wire1.Flags

// Parts are what a server serves.
type Parts struct {
	Engine     Engine
	Sessions   Sessions
	Identities Identities
	Passwords  Passwords
	Factors    Factors
	Archive    Archive
	Errors     Errors
	Schemas    Schemas
	Courier    Courier
	Tokens     wire1.Tokens
	Ended      wire1.Ended
	// CredentialConfig is what administrators see of a credential.
	CredentialConfig func(identityID string, c identity.Credential) json.RawMessage
	Meter            Meter
	Limits           Limits       // nil: nothing is bounded
	Metrics          http.Handler // the Prometheus endpoint
	// Ready says whether requests can be served; the error is shown to
	// administrators alone.
	Ready func(context.Context) error
	// Hashing says how busy the hashing of passwords is.
	Hashing func() adminapi.Hashing
	// Language returns the language on offer that fulfils a wish, empty if none
	// does. nil for a server that does not ask.
	Language func(wish string) string
	// Pages and Console are the built-in pages of the listeners; nil for none. The
	// console sees to the token and to pages of other sites itself.
	Pages      map[string]http.Handler
	Console    map[string]http.Handler
	ErrorPages ErrorPages
	// Mailbox are the pages of the admin listener that show mail; nil for none.
	// They see to the token themselves.
	Mailbox map[string]http.Handler
	Log     *slog.Logger
	Now     func() time.Time
}

// Server is the two listeners' handlers.
type Server struct {
	Parts
	engine   Engine
	sessions Sessions
	errors   Errors
	config   Config
	cookies  *cookies
	proxies  proxies
	pages    *secret.Signer // page tokens of listings
	cors     *originGuard   // nil: off
	// crossOrigin refuses unsafe requests of other sites on the public listener.
	crossOrigin *http.CrossOriginProtection
	warnings    warnings
	mounts      []*mount // of the public listener: the root first
	// pagesMount is the v0.5 wire as the public listener serves it: at the root or
	// below its name. The built-in pages use its forms, and so does the admin
	// listener where a route belongs to no wire.
	pagesMount *mount
	imports    *semaphore.Weighted
	now        func() time.Time
}

// New returns a server. The error names a setting that can't work.
func New(p Parts, c Config) (*Server, error) {
	if c.Cookies.SessionName == "" {
		c.Cookies.SessionName = "ory_kratos_session"
	}
	if c.Wire == "" {
		c.Wire = wire05.Name
	}
	k, err := newCookies(c.Cookies, c.PublicURL, c.CookieSecrets)
	if err != nil {
		return nil, err
	}
	trusted, err := parseProxies(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	pages, err := secret.NewSigner("page-token", c.CookieSecrets)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Parts: p, engine: p.Engine, sessions: p.Sessions, errors: p.Errors,
		config: c, cookies: k, proxies: trusted, now: p.Now,
		pages: pages, imports: semaphore.NewWeighted(maxImports),
	}
	if part := s.wire1Parts().Missing(); part != "" {
		return nil, fmt.Errorf("the part %s of the server is missing", part)
	}
	if s.crossOrigin, err = newCrossOrigin(c); err != nil {
		return nil, err
	}
	s.mountWires()
	if c.CORS != nil {
		if s.cors, err = newOriginGuard(*c.CORS); err != nil {
			return nil, err
		}
	}
	return s, nil
}
