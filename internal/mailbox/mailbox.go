package mailbox

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
)

// Messages are what is shown. *courier.Outbox satisfies it.
type Messages interface {
	// List returns messages without their bodies, the latest first.
	List(context.Context, courier.Filter) ([]*courier.Stored, error)
	// Get returns a message and what it says, as far as that is still kept;
	// errs.ErrNotFound if there is none.
	Get(ctx context.Context, id string) (*courier.Stored, courier.Rendered, error)
}

// Config of the pages.
type Config struct {
	Product string
	// URL is where the admin listener is reached. Its host name is answered, and
	// its path starts every link.
	URL *url.URL
	// Token is asked for as the password of HTTP basic authentication; empty for
	// none.
	Token string
	// Delivers says that a mail server is configured, so that the pages are only a
	// look at what is on its way.
	Delivers bool
}

// pageSize is how many mails one list shows.
const pageSize = 50

// Mailbox is the pages.
type Mailbox struct {
	messages  Messages
	config    Config
	base      string // path of the list
	templates map[string]*template.Template
}

//go:embed templates
var templateFiles embed.FS

// New returns the pages. The error is a mistake in a template.
func New(m Messages, c Config) (*Mailbox, error) {
	b := &Mailbox{messages: m, config: c, base: c.URL.JoinPath("mailbox").Path, templates: map[string]*template.Template{}}
	for _, name := range []string{pageList, pageMessage, pageFailure} {
		parsed, err := template.ParseFS(pagekit.Templates, "templates/admin.html")
		if err != nil {
			return nil, fmt.Errorf("mailbox: %w", err)
		}
		if b.templates[name], err = parsed.ParseFS(templateFiles, "templates/layout.html", "templates/"+name+".html"); err != nil {
			return nil, fmt.Errorf("mailbox: %w", err)
		}
	}
	return b, nil
}

// Handlers returns the pages by the pattern of their path, for GET.
func (b *Mailbox) Handlers() map[string]http.Handler {
	pages := map[string]http.Handler{
		"/mailbox":           b.guard(b.list),
		"/mailbox/{id}":      b.guard(b.message),
		"/mailbox/{id}/html": b.guard(b.html),
	}
	maps.Copy(pages, pagekit.Handlers("/mailbox", ownStyle))
	return pages
}

// list shows the latest mails, or those before one of them.
func (b *Mailbox) list(w http.ResponseWriter, r *http.Request) error {
	before := r.URL.Query().Get("before")
	if before != "" && !secret.IsID(before) {
		return errs.ErrNotFound
	}
	found, err := b.messages.List(r.Context(), courier.Filter{Before: before, Limit: pageSize + 1})
	if err != nil {
		return err
	}
	p := b.page(pageList, "Mailbox")
	body := listBody{Older: before != ""}
	if len(found) > pageSize {
		found = found[:pageSize]
		body.Next = b.base + "?before=" + found[pageSize-1].ID
	}
	for _, m := range found {
		body.Mails = append(body.Mails, b.mail(m))
	}
	p.Body = body
	return b.write(w, http.StatusOK, p)
}

// message shows one mail.
func (b *Mailbox) message(w http.ResponseWriter, r *http.Request) error {
	kept, says, err := b.messages.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := b.page(pageMessage, kept.Subject)
	body := messageBody{mail: b.mail(kept), Text: pagekit.Linked(says.Text), Erased: says.Text == "" && says.HTML == ""}
	if says.HTML != "" {
		body.HTML = body.URL + "/html"
	}
	p.Body = body
	return b.write(w, http.StatusOK, p)
}

// html answers the HTML part of a mail, for the frame.
func (b *Mailbox) html(w http.ResponseWriter, r *http.Request) error {
	_, says, err := b.messages.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if says.HTML == "" {
		return errs.ErrNotFound
	}
	pagekit.SetHeaders(w.Header(), pagekit.MailPolicy)
	_, _ = w.Write([]byte(pagekit.InNewTabs(says.HTML)))
	return nil
}

// page starts a page.
func (b *Mailbox) page(name, heading string) *page {
	return &page{name: name, Product: b.config.Product, Base: b.base, Heading: heading, Delivers: b.config.Delivers}
}

// write renders a page before a byte of it is sent.
func (b *Mailbox) write(w http.ResponseWriter, status int, p *page) error {
	var out bytes.Buffer
	if err := b.templates[p.name].ExecuteTemplate(&out, "layout", p); err != nil {
		return fmt.Errorf("render %s: %w", p.name, err)
	}
	pagekit.SetHeaders(w.Header(), pagekit.PagePolicy("'none'"))
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
	return nil
}

// fail shows an error.
func (b *Mailbox) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, p := http.StatusInternalServerError, b.page(pageFailure, "The mailbox cannot be shown")
	p.Body = "The log of the server says why."
	switch known := (&refusal{}); {
	case errors.Is(err, errs.ErrNotFound):
		status, p.Heading = http.StatusNotFound, "There is no such mail"
		p.Body = "It may have been removed since; the server keeps mails for a limited time."
	case errors.As(err, &known):
		status, p.Heading, p.Body = known.status, known.heading, known.advice
	default:
		reqctx.Note(r.Context(), slog.String("error", err.Error()))
	}
	if err := b.write(w, status, p); err != nil {
		http.Error(w, http.StatusText(status), status)
	}
}
