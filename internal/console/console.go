package console

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/metrics"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// Identities is what operators do to identities. *identity.Service satisfies it.
type Identities interface {
	List(context.Context, identity.Query) ([]*identity.Identity, int, error)
	ByID(ctx context.Context, id string) (*identity.Identity, error)
	Credentials(ctx context.Context, id string) ([]identity.Credential, error)
	Draft(ctx context.Context, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	DraftUnchanged(ctx context.Context, i *identity.Identity) (*identity.Draft, error)
	MarkVerified(ctx context.Context, id, addressID string) error
	DraftFrom(ctx context.Context, i *identity.Identity, schemaID string, traits json.RawMessage) (*identity.Draft, error)
	Create(context.Context, *identity.Draft) (*identity.Identity, error)
	Save(context.Context, *identity.Draft) (*identity.Identity, error)
	Delete(ctx context.Context, id string) error
	DeletionOf(ctx context.Context, id string) (time.Time, error)
}

// Schemas are the identity schemas on offer. *traits.Registry satisfies it.
type Schemas interface {
	IDs() []string
	Schema(ctx context.Context, id string) (*traits.Schema, error)
}

// Sessions lists and ends the sessions of an identity. *session.Service satisfies
// it.
type Sessions interface {
	List(ctx context.Context, identityID string) ([]*session.Session, error)
	RevokeByID(ctx context.Context, identityID, id string) error
	RevokeOthers(ctx context.Context, identityID, exceptID string) error
}

// Flows finds flows and makes recovery links. *flow.Engine satisfies it.
type Flows interface {
	KindOf(ctx context.Context, id string) (flow.Kind, flow.Client, error)
	Inspect(ctx context.Context, k flow.Kind, id string) (flow.Result, error)
	RecoveryLink(ctx context.Context, identityID string, lifespan time.Duration) (string, time.Time, error)
	// RemoveFactor removes a credential, ends the sessions of its owner and tells them.
	RemoveFactor(ctx context.Context, identityID, typ string, take func(*identity.Draft, *identity.Credential) error) error
	Serves(flow.Kind) bool
	Methods(flow.Kind) []string
}

// Errors finds stored errors; errs.ErrNotFound if there is none of that id.
type Errors interface {
	Error(ctx context.Context, id string) (*errs.Stored, error)
}

// Messages shows the outgoing messages. *courier.Outbox satisfies it.
type Messages interface {
	List(context.Context, courier.Filter) ([]*courier.Stored, error)
	Get(ctx context.Context, id string) (*courier.Stored, courier.Rendered, error)
	Retry(ctx context.Context, id string) error
	Overview(context.Context) (courier.Overview, error)
}

// History is recent activity, by the minute. *metrics.History satisfies it.
type History interface {
	// Minutes returns so many minutes, the present one last.
	Minutes(n int) []metrics.Minute
}

// Hashing is how the hashing of passwords is doing; memory in bytes.
type Hashing struct{ Running, Waiting, Memory, Budget int64 }

// Limiter counts attempts to sign in, by client address. refund gives back an attempt that
// succeeded; wait says when the next one is accepted.
type Limiter interface {
	ChargeOperator(address string) (refund func(), wait time.Duration, ok bool)
}

// SignOuts remembers on all nodes who has signed out, until the cookie would have expired.
type SignOuts interface {
	SignOut(ctx context.Context, id string, until time.Time) error
	SignedOut(ctx context.Context, id string) (bool, error)
}

// NewPasswords turns a password that an operator chose into a credential.
type NewPasswords interface {
	Import(ctx context.Context, hash, plain string) (identity.Credential, error)
}

// Recent lists what happened last, the newest first.
type Recent interface {
	RecentFlows(ctx context.Context, limit int) ([]*flow.Flow, error)
	RecentErrors(ctx context.Context, limit int) ([]*errs.Stored, error)
}

// Events lists what the audit log says. *store.DB satisfies it.
type Events interface {
	Events(ctx context.Context, q event.Query) ([]event.Event, error)
}

// Parts are what the pages show and change.
type Parts struct {
	Identities Identities
	Schemas    Schemas
	Sessions   Sessions
	Flows      Flows
	Errors     Errors
	Messages   Messages
	History    History
	Hashing    func() Hashing
	Ready      func(context.Context) error // whether storage answers
	// Searchable reports whether a search finds all identities; after an update some are
	// not entered yet.
	Searchable   func(context.Context) (bool, error)
	Limiter      Limiter
	SignOuts     SignOuts
	Passwords    Passwords // of operators
	NewPasswords NewPasswords
	Recent       Recent
	Recorder     Recorder // nil for the log alone
	Events       Events
	Now          func() time.Time
}

// Config of the pages.
type Config struct {
	Product string
	Version string
	// DefaultSchema is the schema of new identities unless another is chosen.
	DefaultSchema string
	Started       time.Time // of the process
	// URL is where the admin listener is reached. Its path starts every link.
	URL *url.URL
	// Named reports whether a Host header names the listener.
	Named func(host string) bool
	// Token and Password each open the console, and each of Operators has a password of
	// their own; with none of these it is open.
	Token, Password string
	Operators       []Operator
	// Secrets sign the cookie; the first signs, all verify.
	Secrets []string
	// Channel is what carries mail: smtp, mailbox.
	Channel string
}

// Console is the pages.
type Console struct {
	Parts
	config    Config
	base      string // path of the overview
	signer    *secret.Signer
	templates map[string]*template.Template
}

//go:embed templates
var templateFiles embed.FS

// shared are the templates that every page has at hand.
var shared = []string{"templates/layout.html", "templates/parts.html"}

// New returns the pages. The error is a mistake in a template.
func New(p Parts, c Config) (*Console, error) {
	o := &Console{Parts: p, config: c, base: c.URL.JoinPath("console").Path}
	var err error
	// Another token or password ends what was signed under the one before.
	if o.signer, err = secret.NewSigner("console/"+secret.Hash(c.Token+"\x00"+c.Password), c.Secrets); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if o.templates, err = parseTemplates(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return o, nil
}

// parseTemplates returns the templates of each page: its own, and the shared ones.
func parseTemplates() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	common, err := template.ParseFS(pagekit.Templates, "templates/field.html", "templates/admin.html")
	if err == nil {
		common, err = common.ParseFS(templateFiles, shared...)
	}
	if err != nil {
		return nil, err
	}
	for _, name := range pageNames {
		page, err := common.Clone()
		if err != nil {
			return nil, err
		}
		if all[name], err = page.ParseFS(templateFiles, "templates/"+name+".html"); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Handlers returns the pages by the pattern of their path.
func (o *Console) Handlers() map[string]http.Handler {
	only := func(get handler) http.Handler { return o.guard(get, nil) }
	pages := map[string]http.Handler{
		"/console":                          only(o.overview),
		"/console/identities":               only(o.list),
		"/console/identities/new":           o.guard(o.newForm, o.create),
		"/console/identities/{id}":          only(o.identity),
		"/console/identities/{id}/edit":     o.guard(o.editForm, o.save),
		"/console/identities/{id}/delete":   o.guard(o.confirmDelete, o.delete),
		"/console/identities/{id}/recovery": o.guard(o.backToIdentity, o.recovery),
		"/console/identities/{id}/sessions": o.guard(o.backToIdentity, o.endSessions),
		"/console/identities/{id}/verify":   o.guard(o.backToIdentity, o.verify),
		"/console/identities/{id}/password": o.guard(o.backToIdentity, o.setPassword),
		"/console/identities/{id}/state":    o.guard(o.backToIdentity, o.setState),
		"/console/identities/{id}/factors":  o.guard(o.backToIdentity, o.resetFactor),
		"/console/messages":                 only(o.messages),
		"/console/messages/{id}":            only(o.message),
		"/console/messages/{id}/html":       only(o.messageHTML),
		"/console/messages/{id}/retry":      o.guard(o.backToMessage, o.retry),
		"/console/flows":                    only(o.flows),
		"/console/errors":                   only(o.errors),
		"/console/sign-in":                  o.open(o.signInForm, o.signIn),
		"/console/sign-out":                 o.open(o.toOverview, o.signOut),
		"/console/{rest...}":                only(o.notFound),
	}
	maps.Copy(pages, pagekit.Handlers("/console", ownStyle))
	return pages
}

// at is the URL path of a page.
func (o *Console) at(steps ...string) string {
	escaped := []string{o.base}
	for _, step := range steps {
		escaped = append(escaped, url.PathEscape(step))
	}
	return strings.Join(escaped, "/")
}
