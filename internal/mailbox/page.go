package mailbox

import (
	_ "embed"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/pagekit"
)

// The pages by the file of their template.
const (
	pageList    = "list"
	pageMessage = "message"
	pageFailure = "failure"
)

// page is what the templates get.
type page struct {
	name     string
	Product  string
	Base     string // path of the list
	Heading  string
	Delivers bool
	Body     any
}

// listBody is the list of mails.
type listBody struct {
	Mails []mail
	Older bool   // it does not start with the latest
	Next  string // where it goes on; empty at the end
}

// messageBody is one mail in full.
type messageBody struct {
	mail
	Text   []pagekit.Span
	HTML   string // path of the HTML part; empty without one
	Erased bool
}

// mail is a message without what it says.
type mail struct {
	URL       string
	Subject   string
	Recipient string
	Template  string
	Queued    time.Time
	Status    string // for the style sheet
	State     string // in words; empty for a mail that just lies here
	Error     string
}

func (b *Mailbox) mail(m *courier.Stored) mail {
	out := mail{
		URL: b.base + "/" + m.ID, Subject: m.Subject, Recipient: m.Recipient, Template: string(m.Template),
		Queued: m.CreatedAt.UTC(), Status: string(m.Status), Error: m.LastError,
	}
	switch m.Status {
	case courier.Sent:
		if b.config.Delivers {
			out.State = "delivered"
		}
	case courier.Dead:
		out.State = "given up"
	case courier.Queued, courier.Sending:
		out.State = "on its way"
	}
	return out
}

//go:embed static/mailbox.css
var ownStyle []byte
