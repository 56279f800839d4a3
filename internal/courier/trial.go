package courier

import (
	"fmt"
	"regexp"
	"strings"
	texttemplate "text/template"
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
			if _, err := t.Render(m); err != nil && !t.dependsOnPerson(m, err) {
				return fmt.Errorf("mail template %s in %s: %w", name, l.Tag, err)
			}
			if t.mails[name].sms == nil {
				continue
			}
			m.To = "+12025550123"
			if _, err := t.Render(m); err != nil && !t.dependsOnPerson(m, err) {
				return fmt.Errorf("text message template %s in %s: %w", name, l.Tag, err)
			}
		}
	}
	return nil
}

// dependsOnPerson reports whether a mail may fail for want of a person alone: its templates
// ask for what only an identity or a submission has, and the error is about such a value.
func (t *Templates) dependsOnPerson(m Message, err error) bool {
	if strings.Contains(err.Error(), "courier.data") { // a name that no message has
		return false
	}
	mail, ok := t.own[m.Language][m.Template]
	if !ok {
		mail = t.mails[m.Template]
	}
	return personal.MatchString(mail.source())
}

// personal finds what depends on whom a message is to.
var personal = regexp.MustCompile(`\.(Identity|Traits|TransientPayload)\b`)

// source is the text of all parts.
func (p *parts) source() string {
	var all strings.Builder
	for _, t := range []*texttemplate.Template{p.subject, p.text, p.sms} {
		if t != nil && t.Tree != nil {
			all.WriteString(t.Root.String())
		}
	}
	for _, t := range p.html.Templates() {
		if t.Tree != nil {
			all.WriteString(t.Tree.Root.String())
		}
	}
	return all.String()
}
