package webui

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/pagekit"
)

// The pages by the file of their template.
const (
	pageWelcome = "welcome"
	pageFlow    = "flow"
	pageKnown   = "known"
	pageFailure = "failure"
	pageConfirm = "confirm"
	pageLogout  = "logout"
	pageDone    = "done"
)

// page is what the templates get.
type page struct {
	*language
	Name  string // of the template
	Class string // for the style sheet
	// Nav is set on the pages of a signed-in person's account.
	Nav     []navLink
	Motto   string // the operator's text in the panel; empty for none
	Title   string
	Heading string
	Lead    string
	Person  string // who is signed in, where the page is about them
	Product string
	Base    string // path that links start with
	Assets  *assets
	// Scheme is what the page looks like: "light dark", light or dark.
	Scheme         string
	Terms, Privacy string // URLs; empty for none
	// Languages are the same page in the languages on offer.
	Languages []languageLink
	Problems  []pagekit.Problem
	Notices   []notice
	Body      any // what the page itself shows

	targets []*url.URL // where its forms lead
	leaves  bool       // one of its forms leads to a provider
}

// navLink is an entry of the navigation of an account.
type navLink struct {
	Text, URL string
	Current   bool
}

// link is a way on.
type link struct {
	Before string // text in front of it
	Text   string
	URL    string
}

// languageLink leads to the page in another language.
type languageLink struct {
	Tag, Name, URL string
	Current        bool
}

func (p *Pages) page(r *http.Request, name, class string) *page {
	d := p.blank(name, class, p.language(r))
	// The query stays, so that a flow goes on.
	query := r.URL.Query()
	for _, l := range p.choice.Offered() {
		query.Set("lang", l.Tag)
		d.Languages = append(d.Languages, languageLink{Tag: l.Tag, Name: l.Name, URL: "?" + query.Encode(), Current: l.Tag == d.Lang})
	}
	return d
}

// blank is a page that says nothing yet.
func (p *Pages) blank(name, class string, l *language) *page {
	d := &page{
		language: l, Name: name, Class: class, Product: p.config.Product, Base: p.config.BasePath, Assets: p.assets,
		Motto: p.config.Theme.PanelText, Scheme: "light dark", Terms: p.config.Theme.Terms, Privacy: p.config.Theme.Privacy,
	}
	if fixed := p.config.Theme.Scheme; fixed == "light" || fixed == "dark" {
		d.Scheme = fixed
	}
	return d
}

// accountPage makes a page one of a person's account, with its navigation.
func (p *Pages) accountPage(d *page) {
	d.Class += " account"
	d.Nav = []navLink{
		{Text: d.first("account.home"), URL: p.config.BasePath, Current: d.Name == pageWelcome},
		{Text: d.first("account.settings"), URL: p.start(flow.Settings, ""), Current: d.Name == pageFlow},
		{Text: d.first("account.logout"), URL: p.source.LogoutURL().String()},
	}
}

// titled gives a page its heading and the text below, by the key of both.
func (d *page) titled(key string, args ...string) error {
	var err error
	if d.Heading, err = d.T(key+".title", args...); err != nil {
		return err
	}
	if d.has(key + ".lead") {
		d.Lead, err = d.T(key+".lead", args...)
	}
	return err
}

// WindowTitle names the page in tabs and to screen readers, errors first.
func (d *page) WindowTitle() (string, error) {
	title := d.Heading + " · " + d.Product
	if d.Heading == d.Product {
		title = d.Product
	}
	if len(d.Problems) == 0 {
		return title, nil
	}
	return d.T("page.error_title", "title", title)
}

// start is the URL that starts a flow of a kind and comes back to returnTo.
func (p *Pages) start(k flow.Kind, returnTo string) string {
	return p.startWith(k, "return_to", returnTo)
}

// startWith is where a kind of flow starts, with a parameter that is left out if it is
// empty.
func (p *Pages) startWith(k flow.Kind, name, value string) string {
	u := *p.source.StartURL(k)
	if value != "" {
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// restart leads to a fresh flow and keeps what the address said about it.
func (p *Pages) restart(w http.ResponseWriter, r *http.Request, k flow.Kind, returnTo string) {
	p.startAgain(w, r, k, returnTo, url.Values{})
}

// restartForCookie is restart, marked so that it happens once.
func (p *Pages) restartForCookie(w http.ResponseWriter, r *http.Request, k flow.Kind, returnTo string) {
	p.startAgain(w, r, k, returnTo, url.Values{missed: {"cookie"}})
}

func (p *Pages) startAgain(w http.ResponseWriter, r *http.Request, k flow.Kind, returnTo string, more url.Values) {
	asked := r.URL.Query()
	if returnTo == "" {
		returnTo = asked.Get("return_to")
	}
	if k == flow.Login && asked.Get("refresh") == "true" {
		more.Set("refresh", "true")
	}
	to, err := url.Parse(p.start(k, returnTo))
	if err == nil && len(more) > 0 {
		q := to.Query()
		maps.Copy(q, more)
		to.RawQuery = q.Encode()
	}
	p.setHeaders(w.Header(), nil, false)
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusSeeOther)
}

// links makes links to flows of the kinds that are served.
func (p *Pages) links(d *page, from flow.Kind, returnTo string, kinds ...flow.Kind) ([]link, error) {
	var out []link
	for _, k := range kinds {
		if !p.serves(k) {
			continue
		}
		l := link{URL: p.start(k, returnTo)}
		var err error
		if l.Text, err = d.T("link." + string(k)); err != nil {
			return nil, fmt.Errorf("link to %s: %w", k, err)
		}
		before := "link." + string(k) + ".before"
		l.Before = d.first(before+"."+string(from), before)
		out = append(out, l)
	}
	return out, nil
}

// paired is a part of a page together with the page, for templates of parts.
type paired struct {
	Page  *page
	Value any
}

// With pairs a part with its page.
func (d *page) With(value any) paired { return paired{d, value} }
