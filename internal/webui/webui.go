package webui

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// Source is what pages need to know of the server that they are part of.
// *httpapi.Server satisfies it.
type Source interface {
	// PageFlow returns the flow named by the request's flow parameter; with
	// errs.ErrCSRF beside it if this browser's form would be refused.
	PageFlow(w http.ResponseWriter, r *http.Request, k flow.Kind) (flow.Result, error)
	// PageSession returns the session of the visitor, nil if there is none.
	PageSession(r *http.Request) (*session.Session, error)
	// PageError returns the error named by the request's parameter error, which v1 calls id.
	PageError(r *http.Request) (*errs.Stored, error)
	// Action is the URL that a method's form is sent to.
	Action(f *flow.Flow, method string) string
	// StartURL is where a browser starts a flow of a kind.
	StartURL(k flow.Kind) *url.URL
	// LinkURL is where the links in mails of a kind lead, without their token.
	LinkURL(k flow.Kind) *url.URL
	// LinkAsked is when the link of a token was asked for, zero if it leads nowhere.
	LinkAsked(r *http.Request, k flow.Kind, token string) (time.Time, error)
	// LogoutURL is where a browser signs out.
	LogoutURL() *url.URL
	Places
}

// Places is what pages need to know of where a person is signed in.
type Places interface {
	// PageExport returns what is kept about the owner of a session, as JSON.
	PageExport(r *http.Request, s *session.Session) ([]byte, error)
	// PageSessions lists the sessions of the owner of one, the newest first.
	PageSessions(r *http.Request, s *session.Session) ([]*session.Session, error)
	// EndSession ends the session of that id, or all but s if the id is empty.
	EndSession(r *http.Request, s *session.Session, id string) error
	// PageToken returns what a form of a page carries so that it is known for one,
	// and FormToken reports whether a posted form did.
	PageToken(w http.ResponseWriter, r *http.Request) string
	FormToken(r *http.Request, token string) bool
}

// Schemas are the identity schemas. *traits.Registry satisfies it.
type Schemas interface {
	Schema(ctx context.Context, id string) (*traits.Schema, error)
}

// Config is what differs from one installation to the next. The zero value
// works.
type Config struct {
	// Product is the name shown on every page; empty for Symbolon.
	Product string
	// BasePath is the path of the public URL, for example /auth/. Links and assets
	// lie below it, even if a proxy passes on another path.
	BasePath string
	// Recovery and Verification say which optional kinds are served; the pages and
	// links of the others do not exist.
	Recovery, Verification bool
	// PasswordMinLength is shown beside new passwords; 0 shows no number.
	PasswordMinLength int
	// Mailbox is where mail ends up, shown beside "check your inbox"; empty for
	// installations that deliver it.
	Mailbox string
	// App is where the operator's application is, the place to go on to; nil if that is
	// unknown.
	App *url.URL
	// Schemas names the traits that people sign in with, by those of DefaultSchema; nil for
	// general words.
	Schemas       Schemas
	DefaultSchema string
	// HideExisting says that a registration does not tell whether an account existed.
	HideExisting bool
	// FirstRun shows an operator what to try next on the welcome page.
	FirstRun bool
	// FormTargets are the places that a form may lead to beside the public URL:
	// return URLs, pages of one's own and sign-in providers. Chromium holds every
	// redirect that follows a form against the list (CSP form-action) and stops at
	// an origin that is missing. The return_to of a flow is added by itself.
	FormTargets []*url.URL
	// FormsLeave says that forms with the buttons of providers lead to addresses that are
	// learned when a form leads there: any site with a certificate, then.
	FormsLeave bool

	// Languages are those on offer (tags of package locale), the first for visitors who
	// want none of them; none for all.
	Languages []string
	// LanguageTrait is the path of the trait that says which language its owner
	// prefers, such as person.language; empty for none.
	LanguageTrait string
	Theme         Theme
	// Templates is a directory with templates of the operator's, and Texts one with
	// texts: each file replaces the embedded one of its name, or part of it.
	Templates, Texts string
}

// Pages are the built-in pages.
type Pages struct {
	config    Config
	source    Source
	choice    *locale.Choice
	languages map[string]*language // by tag
	assets    *assets
	files     stamps
	templates map[string]*template.Template
}

// serves reports whether the pages of a kind exist.
func (p *Pages) serves(k flow.Kind) bool {
	return (k != flow.Recovery || p.config.Recovery) && (k != flow.Verification || p.config.Verification)
}

// New returns the pages. An error means that the operator's files can't be used,
// and names the file.
func New(c Config) (*Pages, error) {
	if c.Product == "" {
		c.Product = "Symbolon"
	}
	c.BasePath = strings.TrimSuffix(path.Join("/", c.BasePath), "/") + "/"
	p := &Pages{config: c, choice: locale.NewChoice(c.Languages...), files: stampsOf(c)}
	var err error
	if p.languages, err = readLanguages(p.choice.Offered(), c.Texts); err != nil {
		return nil, fmt.Errorf("texts of the pages: %w", err)
	}
	if p.assets, err = newAssets(c.BasePath, c.Theme); err != nil {
		return nil, fmt.Errorf("assets of the pages: %w", err)
	}
	if p.templates, err = parseTemplates(c.Templates); err != nil {
		return nil, fmt.Errorf("templates of the pages: %w", err)
	}
	if c.Templates == "" {
		return p, nil
	}
	if err := p.tryTemplates(); err != nil {
		return nil, fmt.Errorf("templates of the pages: %w", err)
	}
	return p, nil
}

// Warnings says what is odd about the look, for the operator.
func (p *Pages) Warnings() []string { return p.assets.warnings }

// Stale reports whether a file of the operator's has changed since New.
func (p *Pages) Stale() bool { return p.files != stampsOf(p.config) }

// Bind names the server behind the pages. The server is built with the pages'
// handlers, so it can't be given to New; it must be given before the first
// request.
func (p *Pages) Bind(s Source) { p.source = s }

// Handlers returns the pages by the pattern (net/http.ServeMux) of their path.
func (p *Pages) Handlers() map[string]http.Handler {
	pages := map[string]http.Handler{
		"/{$}":             p.handler(p.welcome),
		"/login":           p.handler(p.signIn(flow.Login)),
		"/registration":    p.handler(p.signIn(flow.Registration)),
		"/settings":        p.handler(p.flow(flow.Settings)),
		"/logout":          p.handler(p.logout),
		"/settings/places": p.posted(p.endSession),
		"/settings/data":   p.posted(p.download),
		donePath:           p.handler(p.registered),
		"/" + ClosedPath:   p.handler(p.closed),
		"/error":           p.handler(p.failure),
		staticPath + "{f}": p.assets,
	}
	for path, kind := range map[string]flow.Kind{"/recovery": flow.Recovery, "/verification": flow.Verification} {
		if p.serves(kind) {
			pages[path] = p.handler(p.flow(kind))
		} else {
			pages[path] = p.NotFound()
		}
	}
	return pages
}

// view answers a request to a page; the error becomes an error page.
type view func(http.ResponseWriter, *http.Request) error

// handler lets only reads through to a page.
func (p *Pages) handler(show view) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			if r.Method != http.MethodOptions {
				http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			}
			return
		}
		if err := show(w, r); err != nil {
			p.ServeError(w, r, err)
		}
	})
}

// render answers a page. It is written only once it is complete.
func (p *Pages) render(w http.ResponseWriter, status int, d *page) error {
	var out bytes.Buffer
	if err := p.templates[d.Name].ExecuteTemplate(&out, "layout", d); err != nil {
		return fmt.Errorf("render page %s: %w", d.Name, err)
	}
	p.setHeaders(w.Header(), d.targets, d.leaves)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
	return nil
}
