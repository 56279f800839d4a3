package courier

import (
	"fmt"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/locale"
)

// try renders every mail in some languages.
func (t *Templates) try(languages []locale.Language) error {
	for _, l := range languages {
		for _, name := range All {
			m := Message{
				Template: name, To: "probe@example.org", URL: "https://example.org/?token=probe", Code: "123456", Expires: time.Unix(0, 0), Language: l.Tag,
				Created: time.Unix(0, 0), Change: Change{Method: "password", At: time.Unix(0, 0), Device: "probe", Address: "192.0.2.1"},
			}
			if err := t.render(m); err != nil {
				return fmt.Errorf("mail template %s in %s: %w", name, l.Tag, err)
			}
			if t.mails[name].sms == nil {
				continue
			}
			m.To = "+12025550123"
			if err := t.render(m); err != nil {
				return fmt.Errorf("text message template %s in %s: %w", name, l.Tag, err)
			}
		}
	}
	return nil
}

// render fills in a mail without a person, and if that fails one to a made-up person. It may fail then only where it asks
// for what an identity or a submission has: the templates don't tell what that is.
func (t *Templates) render(m Message) error {
	_, err := t.Render(m)
	if err == nil || strings.Contains(err.Error(), "courier.data") { // a name that no message has
		return err
	}
	mail, ok := t.own[m.Language][m.Template]
	if !ok {
		mail = t.mails[m.Template]
	}
	of := mail.personal()
	if _, err = t.Render(of.person(m)); err != nil && of.causes(err) && !strings.Contains(err.Error(), "courier.data") {
		return nil
	}
	return err
}
