package mailbox

import (
	"embed"
	"net/http"
	"regexp"
	"strings"
	"time"

	"symbolon/internal/courier"
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
	Text   []span
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

// span is a piece of text, with a link on it where it is an address.
type span struct{ Text, URL string }

var webAddress = regexp.MustCompile(`https?://[^\s<>"']+`)

// linked finds the web addresses in a text.
func linked(text string) []span {
	var out []span
	at := 0
	for _, found := range webAddress.FindAllStringIndex(text, -1) {
		address := strings.TrimRight(text[found[0]:found[1]], ".,;:!?)]}")
		if found[0] > at {
			out = append(out, span{Text: text[at:found[0]]})
		}
		out = append(out, span{Text: address, URL: address})
		at = found[0] + len(address)
	}
	if at < len(text) {
		out = append(out, span{Text: text[at:]})
	}
	return out
}

// inNewTabs makes the links of a mail open outside of its frame, in which the
// pages they lead to would be refused.
func inNewTabs(html string) string {
	const base = `<base target="_blank">`
	if i := strings.Index(html, "<head>"); i >= 0 {
		return html[:i+len("<head>")] + base + html[i+len("<head>"):]
	}
	return "<!doctype html>" + base + html
}

//go:embed static
var staticFiles embed.FS

// asset answers a file of the pages. It says nothing about anybody, so it needs
// no token.
func asset(name, media string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := staticFiles.ReadFile("static/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		_, _ = w.Write(content)
	})
}
