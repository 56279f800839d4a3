package courier_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/locale"
)

func TestTypeOf(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]courier.Type{
		"+12025550123": courier.SMS, "+4915112345678": courier.SMS,
		"jane@example.org": courier.Email, "+49151@example.org": courier.Email, "12025550123": courier.Email, "+0123456789": courier.Email, "+1 202 555 0123": courier.Email,
	} {
		if got := courier.TypeOf(to); got != want {
			t.Errorf("%s is of type %s, want %s", to, got, want)
		}
	}
}

func TestRender_textMessages(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for _, l := range locale.All {
		for _, name := range []courier.Template{courier.LoginCode, courier.RegistrationCode, courier.RecoveryCode, courier.VerificationCode} {
			m := mail(name, "+12025550123")
			m.Language = l.Tag
			r := rendered(t, templates, m)
			if r.Type != courier.SMS || !strings.Contains(r.Text, "271828") || !strings.Contains(r.Text, "Example") || r.HTML != "" || strings.ContainsAny(r.Text, "\n{}") {
				t.Errorf("%s in %s: %+v", name, l.Tag, r)
			}
			if strings.Contains(r.Subject, "271828") {
				t.Errorf("%s in %s: the subject, which is listed in clear, has the code", name, l.Tag)
			}
		}
	}
	if _, err := templates.Render(mail(courier.RecoveryValid, "+12025550123")); err == nil {
		t.Error("a mail without a text message was rendered for a phone")
	}
}

// basicAlphabet is the default alphabet of text messages (3GPP TS 23.038, 6.2.1), of which 160 letters fit into one; of others
// 70 do.
const basicAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

func TestRender_textMessages_one(t *testing.T) {
	t.Parallel()
	templates, err := courier.NewTemplates("Lighthouse", courier.Own{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range locale.All {
		for _, name := range courier.All {
			m := mail(name, "+12025550123")
			m.Language = l.Tag
			r, err := templates.Render(m)
			if err != nil {
				continue // it is a mail alone
			}
			room, length := 160, utf8.RuneCountInString(r.Text)+1 // the test knows of no minutes: one digit
			if strings.ContainsFunc(r.Text, func(c rune) bool { return !strings.ContainsRune(basicAlphabet, c) }) {
				room = 70
			}
			if length > room {
				t.Errorf("%s in %s has %d letters, and %d fit into one message: %s", name, l.Tag, length, room, r.Text)
			}
		}
	}
}

func TestRender_dataForSenders(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for name, key := range map[courier.Template]string{courier.LoginCode: "login_code", courier.RecoveryCode: "recovery_code", courier.VerificationValid: "verification_url"} {
		if r := rendered(t, templates, mail(name, "a@example.org")); r.Data[key] == nil || r.Data[key] == "" || r.Data["to"] != "a@example.org" {
			t.Errorf("%s: data are %v", name, r.Data)
		}
	}
}

func TestRender_filesOfV26(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, map[string]string{
		"login_code/valid/email.body.gotmpl":           "<p>{{ .LoginCode }} {{ .ExpiresInMinutes }}</p>",
		"login_code/valid/email.body.plaintext.gotmpl": "plain {{ .LoginCode }}",
		"login_code/valid/sms.body.gotmpl":             "sms {{ .LoginCode }} for {{ .To }}",
	})
	r := rendered(t, templates, mail(courier.LoginCode, "a@example.org"))
	if r.Text != "plain 271828" || !strings.Contains(r.HTML, "<p>271828 0</p>") {
		t.Errorf("%+v", r)
	}
	if r := rendered(t, templates, mail(courier.LoginCode, "+12025550123")); r.Text != "sms 271828 for +12025550123" {
		t.Errorf("%+v", r)
	}
}

func TestEnqueue_textMessage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.run(config())
		id := w.queueMessage(courier.Message{Template: courier.LoginCode, To: "+12025550123", Code: "271828", Expires: time.Now().Add(15 * time.Minute)})
		settle()
		w.want(id, courier.Sent, 1)
		if sent := w.message(id); sent.Type() != courier.SMS {
			w.t.Errorf("it is of type %s", sent.Type())
		}
		w.want(w.queueMessage(courier.Message{Template: courier.CredentialsChanged, To: "+12025550123"}), courier.Dead, 0)
	})
}
