package webui

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/session"
)

// Source is what pages need to know of the server that they are part of.
// *httpapi.Server satisfies it.
type Source interface {
	// PageFlow returns the flow named by the request's flow parameter.
	PageFlow(w http.ResponseWriter, r *http.Request, k flow.Kind) (flow.Result, error)
	// PageSession returns the session of whoever looks, nil for nobody.
	PageSession(r *http.Request) (*session.Session, error)
	// PageError returns the error named by the request's error parameter.
	PageError(r *http.Request) (*errs.Stored, error)
	// Action is the URL that a method's form is sent to.
	Action(f *flow.Flow, method string) string
	// StartURL is where a browser starts a flow of a kind.
	StartURL(k flow.Kind) *url.URL
	// LinkURL is where the links in mails of a kind lead, without their token.
	LinkURL(k flow.Kind) *url.URL
	// LogoutURL is where a browser signs out.
	LogoutURL() *url.URL
}

// Config is what differs from one installation to the next. The zero value
// works.
type Config struct {
	// Product is the name shown on every page; empty for Symbolon.
	Product string
	// BasePath is the path of the public URL, for example /auth/. Links and assets
	// lie below it, whatever path a proxy passes on.
	BasePath string
	// Recovery and Verification say which optional kinds are served; the pages and
	// links of the others do not exist.
	Recovery, Verification bool
	// PasswordMinLength is shown beside new passwords; 0 shows no number.
	PasswordMinLength int
	// MailHint tells where mail ends up, beside "look into your mailbox"; empty for
	// none. It is for installations that deliver none.
	MailHint string
	// FirstRun shows an operator what to try next on the welcome page.
	FirstRun bool
	// FormTargets are the places that a form may lead to beside the public URL:
	// return URLs, pages of one's own and sign-in providers. Chromium holds every
	// redirect that follows a form against the list (CSP form-action) and stops at
	// an origin that is missing. The return_to of a flow is added by itself.
	FormTargets []*url.URL
	// FormsLeave says that forms lead to providers, whose addresses are learned when
	// somebody goes there: any site with a certificate, then.
	FormsLeave bool
}

// Pages are the built-in pages.
type Pages struct {
	config    Config
	source    Source
	languages map[string]*language // by tag
	assets    *assets
	templates map[string]*template.Template
}

// New returns the pages. An error means that what is embedded here is broken.
func New(c Config) (*Pages, error) {
	if c.Product == "" {
		c.Product = "Symbolon"
	}
	c.BasePath = strings.TrimSuffix(path.Join("/", c.BasePath), "/") + "/"
	p := &Pages{config: c}
	var err error
	if p.languages, err = readLanguages(); err != nil {
		return nil, fmt.Errorf("texts of the pages: %w", err)
	}
	if p.assets, err = newAssets(c.BasePath); err != nil {
		return nil, fmt.Errorf("assets of the pages: %w", err)
	}
	if p.templates, err = parseTemplates(); err != nil {
		return nil, fmt.Errorf("templates of the pages: %w", err)
	}
	return p, nil
}

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
		"/error":           p.handler(p.failure),
		staticPath + "{f}": p.assets,
	}
	if p.config.Recovery {
		pages["/recovery"] = p.handler(p.flow(flow.Recovery))
	}
	if p.config.Verification {
		pages["/verification"] = p.handler(p.flow(flow.Verification))
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
			p.refuse(w, r, err)
		}
	})
}

// render answers a page. It is written only once it is complete.
func (p *Pages) render(w http.ResponseWriter, status int, d *page) error {
	var out bytes.Buffer
	if err := p.templates[d.Name].ExecuteTemplate(&out, "layout", d); err != nil {
		return fmt.Errorf("render page %s: %w", d.Name, err)
	}
	p.setHeaders(w.Header(), d.targets)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
	return nil
}
