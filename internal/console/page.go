package console

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// The pages by the file of their template.
const (
	pageOverview   = "overview"
	pageIdentities = "identities"
	pageIdentity   = "identity"
	pageEdit       = "edit"
	pageDelete     = "delete"
	pageRecovery   = "recovery"
	pageMessages   = "messages"
	pageMessage    = "message"
	pageFlow       = "flow"
	pageError      = "error"
	pageSignIn     = "signin"
	pageFailure    = "failure"
)

var pageNames = []string{
	pageOverview, pageIdentities, pageIdentity, pageEdit, pageDelete, pageRecovery, pageMessages, pageMessage,
	pageFlow, pageError, pageSignIn, pageFailure,
}

// page is what the templates get.
type page struct {
	name     string
	Product  string
	Base     string // path of the overview
	Heading  string
	Nav      []navLink
	SignOut  bool
	Operator string // who is signed in by name; empty if there is none
	Writes   bool   // the operator may change things
	Done     string // what has just been done; empty for nothing
	Body     any
}

// navLink is an entry of the navigation or of a choice.
type navLink struct {
	URL, Text string
	Here      bool
}

// sections are the entries of the navigation, by the first step of their path.
var sections = []struct{ step, text string }{
	{"", "Overview"}, {"identities", "Identities"}, {"messages", "Messages"}, {"flows", "Flows"}, {"errors", "Errors"},
}

// sectionOf names the section a page is in.
var sectionOf = map[string]string{
	pageOverview: "", pageIdentities: "identities", pageIdentity: "identities", pageEdit: "identities", pageDelete: "identities",
	pageRecovery: "identities", pageMessages: "messages", pageMessage: "messages", pageFlow: "flows", pageError: "errors",
}

// pageFor starts a page of a guarded address.
func (o *Console) pageFor(r *http.Request, name, heading string) *page {
	p, who := o.page(name, heading), operatorOf(r.Context())
	p.Writes = who.Role == Write
	if len(o.config.Operators) > 0 {
		p.Operator = who.Name
	}
	return p
}

// page starts a page.
func (o *Console) page(name, heading string) *page {
	p := &page{name: name, Product: o.config.Product, Base: o.base, Heading: heading, SignOut: o.locked()}
	at, known := sectionOf[name]
	for _, s := range sections {
		entry := navLink{URL: o.base, Text: s.text, Here: known && s.step == at}
		if s.step != "" {
			entry.URL = o.at(s.step)
		}
		p.Nav = append(p.Nav, entry)
	}
	return p
}

// The things that a page may say to have been done, by the word in its address.
var confirmations = map[string]string{
	"created": "The identity has been created.", "saved": "The traits have been saved.",
	"ended": "The session has been signed out.", "ended-all": "All sessions have been signed out.",
	"deleted": "The identity has been deleted.", "queued": "The message has been queued again.",
	"verified": "The address has been marked as verified.", "password": "The password has been set, and all sessions have been signed out.",
	"expired":  "The password no longer works, and all sessions have been signed out.",
	"disabled": "The identity has been disabled, and all its sessions have been signed out.", "enabled": "The identity has been enabled.",
	"reset": "The factor has been removed.",
}

// write renders a page before a byte of it is sent.
func (o *Console) write(w http.ResponseWriter, status int, p *page) error {
	var out bytes.Buffer
	if err := o.templates[p.name].ExecuteTemplate(&out, "layout", p); err != nil {
		return fmt.Errorf("render %s: %w", p.name, err)
	}
	setHeaders(w.Header())
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
	return nil
}

// redirect leads to a page of the console, with GET.
func (o *Console) redirect(w http.ResponseWriter, to string) error {
	setHeaders(w.Header())
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// refusal is an error that says to the operator what is wrong.
type refusal struct {
	status          int
	heading, advice string
}

func (e *refusal) Error() string { return e.heading }

var (
	errMethod = &refusal{http.StatusMethodNotAllowed, "This address does not take that", "Go to the overview and try again from there."}
	errForm   = &refusal{http.StatusBadRequest, "The form could not be read", "It may be too large. Go back and try again."}
)

// notFound answers what is not a page.
func (*Console) notFound(http.ResponseWriter, *http.Request) error {
	return &refusal{http.StatusNotFound, "There is no such page", "The address may be misspelt, or of another release."}
}

// fail shows an error. What is internal is in the log, which the request's id
// leads to.
func (o *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, p := http.StatusInternalServerError, o.page(pageFailure, "Something went wrong")
	advice := "The log of the server says why, in the line of request " + reqctx.From(r.Context()).ID + "."
	known, isKnown := errors.AsType[*refusal](err)
	told, isTold := errors.AsType[*errs.Error](err)
	switch {
	case isKnown:
		status, p.Heading, advice = known.status, known.heading, known.advice
	case errors.Is(err, errs.ErrNotFound):
		status, p.Heading, advice = http.StatusNotFound, "There is no such thing", "It may have been removed since."
	case isTold && told.Code == errs.Unavailable:
		status, p.Heading, advice = http.StatusServiceUnavailable, "Storage does not answer", "Please try again in a moment."
	default:
		reqctx.Note(r.Context(), slog.String("error", err.Error()))
	}
	// Do not ask storage who has signed out if it has just failed to answer.
	allowed := !o.locked() || o.hasBearerToken(r)
	if !allowed && status != http.StatusServiceUnavailable {
		who, _ := o.operator(r)
		allowed = who != nil
	}
	if status == http.StatusMisdirectedRequest || !allowed {
		p.Nav, p.SignOut = nil, false
	}
	p.Body = advice
	if err := o.write(w, status, p); err != nil {
		http.Error(w, http.StatusText(status), status)
	}
}

//go:embed static/console.css
var ownStyle []byte

// setHeaders makes an answer a page of the console. Its forms have to tell their
// origin, which no-referrer would hide from us.
func setHeaders(h http.Header) {
	pagekit.SetHeaders(h, pagekit.PagePolicy("'self'"))
	h.Set("Referrer-Policy", "same-origin")
}
