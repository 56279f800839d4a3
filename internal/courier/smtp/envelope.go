package smtp

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"github.com/symbolon/symbolon/internal/address"
	"github.com/symbolon/symbolon/internal/courier"
)

// envelope is a message as SMTP carries it.
type envelope struct {
	from, to      string
	international bool // an address is not ASCII, so the server has to know RFC 6531
	raw           []byte
}

// compose builds the MIME message: the text, and the same in HTML.
func (c *Channel) compose(r courier.Rendered) (*envelope, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.FromFormat(c.config.FromName, c.config.FromAddress); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	to := address.ASCII(r.To) // a domain of letters beyond ASCII needs no RFC 6531
	if err := m.To(to); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	m.Subject(r.Subject)
	m.SetDateWithValue(c.now())
	// The same id at every try: a recipient who gets a message twice can see that it is one.
	m.SetMessageIDWithValue(r.ID + "@" + c.server.domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation replies
	for name, value := range c.config.Headers {
		m.SetGenHeader(mail.Header(name), value)
	}
	m.SetBodyString(mail.TypeTextPlain, r.Text)
	m.AddAlternativeString(mail.TypeTextHTML, r.HTML)
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	return &envelope{
		from: c.config.FromAddress, to: to, raw: raw.Bytes(),
		international: !ascii(c.config.FromAddress) || !ascii(to),
	}, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
