package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// messagesBody is the list of outgoing messages.
type messagesBody struct {
	Found     []mail
	Recipient string
	Status    string
	Statuses  []navLink
	Filtered  bool
	First     string // where the list starts; empty on the first page
	Next      string // where it goes on; empty at the end
	Delivers  bool   // a mail server is configured
}

// mail is a message without what it says.
type mail struct {
	URL, ID, Subject, Recipient, Template string
	Created                               time.Time
	Status                                string // for the style sheet
	State                                 string // in words
	Tries                                 int
	Error                                 string
}

var statusNames = map[courier.Status]string{
	courier.Queued: "Waiting", courier.Sending: "Being sent", courier.Sent: "Sent", courier.Dead: "Given up",
}

// messages shows the latest messages, or those before one of them.
func (o *Console) messages(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	recipient := strings.TrimSpace(query.Get("recipient"))
	f := courier.Filter{
		Status: courier.Status(query.Get("status")), Recipient: recipient, Normalized: traits.NormalForms(recipient),
		Before: query.Get("before"), Limit: pageSize + 1,
	}
	if _, known := statusNames[f.Status]; f.Status != "" && !known || f.Before != "" && !secret.IsID(f.Before) {
		return errs.ErrNotFound
	}
	found, err := o.Messages.List(r.Context(), f)
	if err != nil {
		return err
	}
	body := messagesBody{Recipient: f.Recipient, Status: string(f.Status), Delivers: o.delivers(), Filtered: f.Status != "" || f.Recipient != ""}
	if len(found) > pageSize {
		found = found[:pageSize]
		body.Next = o.messagesAt(f.Status, f.Recipient, found[pageSize-1].ID)
	}
	if f.Before != "" {
		body.First = o.messagesAt(f.Status, f.Recipient, "")
	}
	for _, s := range []courier.Status{"", courier.Queued, courier.Sending, courier.Sent, courier.Dead} {
		text := statusNames[s]
		if s == "" {
			text = "All"
		}
		body.Statuses = append(body.Statuses, navLink{URL: o.messagesAt(s, f.Recipient, ""), Text: text, Here: s == f.Status})
	}
	for _, m := range found {
		body.Found = append(body.Found, o.mailOf(m))
	}
	p := o.pageFor(r, pageMessages, "Messages")
	p.Body = body
	return o.write(w, http.StatusOK, p)
}

func (o *Console) delivers() bool { return o.config.Channel != (courier.Mailbox{}).Name() }

func (o *Console) messagesAt(s courier.Status, recipient, before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"status": string(s), "recipient": recipient, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	to := o.at("messages")
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

func (o *Console) mailOf(m *courier.Stored) mail {
	state := statusNames[m.Status]
	if m.Status == courier.Sent && !o.delivers() {
		state = "Stored (no mail server)"
	}
	return mail{
		URL: o.at("messages", m.ID), ID: m.ID, Subject: m.Subject, Recipient: m.Recipient, Template: string(m.Template),
		Created: m.CreatedAt, Status: string(m.Status), State: state, Tries: m.Tries, Error: m.LastError,
	}
}

// messageBody is one message in full.
type messageBody struct {
	mail
	Identity string    // page of whom it is about; empty if there is no identity
	Next     time.Time // when it is due; zero unless it waits
	Sent     time.Time // zero until it is
	Text     []pagekit.Span
	HTML     string // path of the HTML part; empty without one
	Erased   bool
	Retry    bool
}

// message shows one message.
func (o *Console) message(w http.ResponseWriter, r *http.Request) error {
	m, says, err := o.stored(r)
	if err != nil {
		return err
	}
	body := messageBody{mail: o.mailOf(m), Sent: m.SentAt, Text: pagekit.Linked(says.Text), Erased: says.Text == "" && says.HTML == ""}
	body.Retry = m.Status == courier.Dead && !body.Erased
	if m.Status == courier.Queued {
		body.Next = m.NextTry
	}
	if m.IdentityID != "" {
		body.Identity = o.at("identities", m.IdentityID)
	}
	if says.HTML != "" {
		body.HTML = body.URL + "/html"
	}
	p := o.pageFor(r, pageMessage, m.Subject)
	if p.Heading == "" {
		p.Heading = "A message without a subject"
	}
	p.Done = confirmations[r.URL.Query().Get("done")]
	p.Body = body
	return o.write(w, http.StatusOK, p)
}

func (o *Console) stored(r *http.Request) (*courier.Stored, courier.Rendered, error) {
	m, says, err := o.Messages.Get(r.Context(), r.PathValue("id"))
	if errors.Is(err, errs.ErrNotFound) {
		return nil, says, &refusal{http.StatusNotFound, "There is no such message", "It may have been removed since; messages are kept for a limited time."}
	}
	return m, says, err
}

// messageHTML answers the HTML part of a message, for the frame.
func (o *Console) messageHTML(w http.ResponseWriter, r *http.Request) error {
	_, says, err := o.stored(r)
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
