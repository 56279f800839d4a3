package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCourierTemplates(t *testing.T) {
	t.Parallel()
	c, r := mustLoad(t, source("dsn: memory\nversion: v1.3.0\nsecrets: {default: [a-long-and-random-text-0]}\nserve: {public: {base_url: 'http://localhost:4433/'}}\n"+`
courier:
  templates:
    verification: {invalid: {email: {subject: "https://texts.example.org/subject"}}}
    recovery_code: {valid: {sms: {body: {plaintext: "base64://eA=="}}, email: {body: {html: "file:///etc/html.gotmpl", plaintext: "file:///etc/text.gotmpl"}}}}
`))
	got, err := c.Courier.TemplateFiles()
	const at = "courier.templates."
	want := []MailTemplate{
		{at + "recovery_code.valid.email.body.html", "recovery_code/valid/email.body.gotmpl", "file:///etc/html.gotmpl"},
		{at + "recovery_code.valid.email.body.plaintext", "recovery_code/valid/email.body.plaintext.gotmpl", "file:///etc/text.gotmpl"},
		{at + "recovery_code.valid.sms.body.plaintext", "recovery_code/valid/sms.body.gotmpl", "base64://eA=="},
		{at + "verification.invalid.email.subject", "verification/invalid/email.subject.gotmpl", "https://texts.example.org/subject"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if warnings(r) != "" {
		t.Errorf("warnings are %s", warnings(r))
	}
}

func TestCourierTemplates_mistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ over, fails string }{
		"another message":   {"{welcome: {valid: {email: {subject: 'file:///x'}}}}", "courier.templates has welcome.valid, which is no message; there are valid and invalid of recovery, recovery_code"},
		"another kind":      {"{registration_code: {invalid: {email: {subject: 'file:///x'}}}}", "has registration_code.invalid, which is no message"},
		"another part":      {"{recovery: {valid: {email: {text: 'file:///x'}}}}", `has "text", which no message has; write email: {subject, body: {html, plaintext}}`},
		"a text in place":   {"{recovery: {valid: {email: {subject: 'Your code'}}}}", "has recovery.valid.email.subject, which names no document; write file://"},
		"one body for both": {"{recovery: {valid: {email: {body: 'file:///x'}}}}", "is not written like {recovery_code: {valid:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantContains(t, mistakes(t, source("dsn: memory\ncourier: {templates: "+test.over+"}")), []string{test.fails})
		})
	}
}
