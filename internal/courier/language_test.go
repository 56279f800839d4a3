package courier_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/locale"
)

func textsOf(t *testing.T, tag string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("locales", tag+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

var filled = regexp.MustCompile(`\{[^}]*\}`)

func TestEveryLanguageHasEveryTextWithTheSamePlaceholders(t *testing.T) {
	t.Parallel()
	english := textsOf(t, locale.Default)
	for _, l := range locale.All {
		texts := textsOf(t, l.Tag)
		for key, text := range english {
			want, got := filled.FindAllString(text, -1), filled.FindAllString(texts[key], -1)
			slices.Sort(want)
			slices.Sort(got)
			if texts[key] == "" || !slices.Equal(want, got) {
				t.Errorf("%s: %s is %q, which lacks or adds something to %q", l.Tag, key, texts[key], text)
			}
		}
		for key := range texts {
			if english[key] == "" {
				t.Errorf("%s: nothing uses %s", l.Tag, key)
			}
		}
	}
	if files, err := os.ReadDir("locales"); err != nil || len(files) != len(locale.All) {
		t.Errorf("%d files of texts, %v; want one for each of %d languages", len(files), err, len(locale.All))
	}
}

func TestAMailSpeaksTheLanguageOfItsRecipient(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for _, l := range locale.All {
		texts := textsOf(t, l.Tag)
		for _, name := range courier.All {
			m := mail(name, "zoë@example.org")
			m.Language = l.Tag
			r := rendered(t, templates, m)
			subject := strings.ReplaceAll(string(name), "/", ".")
			if name == courier.RecoveryCodeInvalid || name == courier.VerificationCodeInvalid {
				subject = strings.Replace(subject, "_code", "", 1) // they say the same
			}
			if want := texts[subject+".subject"]; r.Subject != want {
				t.Errorf("%s in %s: subject is %q, want %q", name, l.Tag, r.Subject, want)
			}
			for part, says := range map[string]string{"text": r.Text, "HTML": r.HTML} {
				if open := filled.FindString(strings.Join(strings.Split(says, "</style>")[1:], "")); open != "" && part == "HTML" || part == "text" && filled.MatchString(says) {
					t.Errorf("%s in %s: the %s is not filled in: %q", name, l.Tag, part, open)
				}
			}
			attributes := ` lang="` + l.Tag + `" dir="` + l.Dir + `"`
			for _, want := range []string{"<html" + attributes + ">", `<div class="paper"` + attributes} {
				if !strings.Contains(r.HTML, want) { // mail programs in browsers drop the element html
					t.Errorf("%s in %s: the HTML lacks %s", name, l.Tag, want)
				}
			}
			if strings.Contains(r.HTML, `<p class="code" dir=`) {
				t.Errorf("%s in %s: the code stands at the wrong side of a mail that is read from the right", name, l.Tag)
			}
			for line := range strings.Lines(r.Text) {
				if line := strings.TrimSpace(line); utf8.RuneCountInString(line) > 76 && strings.ContainsAny(line, " ") {
					t.Errorf("%s in %s: a line is too long to quote: %q", name, l.Tag, line)
				}
			}
		}
	}
}

// French has a space before colons and the like, at which no line breaks.
func TestTexts_french(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(`(^|[^\x{a0}\x{202f}])(:(\s|$)|[?!;](\s|$))`)
	for key, text := range textsOf(t, "fr") {
		if wrong.MatchString(text) {
			t.Errorf("%s is %q", key, text)
		}
	}
	m := mail(courier.RecoveryCode, "ada@example.org")
	m.Language = "fr"
	if r := rendered(t, templatesIn(t, nil), m); !strings.Contains(r.Text, "nouveau mot de passe\u00a0:\n") && !strings.Contains(r.Text, "\npasse\u00a0:\n") {
		t.Errorf("the text is %s", r.Text)
	}
}

// In a language that is read from the right, what is written from the left keeps its order.
func TestChange_rightToLeft(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for tag, want := range map[string]string{"ar": ": \u2068Mozilla/5.0 (X11; Linux)\u2069", "en": ": Mozilla/5.0 (X11; Linux)"} {
		r := rendered(t, templates, courier.Message{
			Template: courier.CredentialsChanged, To: "ada@example.org", Language: tag, Change: courier.Change{At: time.Unix(0, 0), Device: "Mozilla/5.0 (X11; Linux)", Address: "2001:db8::7"},
		})
		if !strings.Contains(r.Text, want+"\n") || !strings.Contains(r.HTML, want+"<") {
			t.Errorf("%s: the text is %q", tag, r.Text)
		}
		if isolated := strings.Contains(r.Text, "\u20682001:db8::7\u2069\n"); isolated != (tag == "ar") {
			t.Errorf("%s: the text is %q", tag, r.Text)
		}
	}
}

func TestMailsReadAsRecordedInOtherLanguages(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for _, tag := range []string{"de", "ar"} {
		m := mail(courier.RecoveryValid, "zoë+tag@example.org")
		m.Language = tag
		r := rendered(t, templates, m)
		base := filepath.Join("testdata", "mails", "recovery-valid."+tag)
		wantRecorded(t, base+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
		wantRecorded(t, base+".html", r.HTML)
	}
}

func TestTheFirstLanguageOnOfferIsForEverybodyElse(t *testing.T) {
	t.Parallel()
	templates, err := courier.NewTemplates("Example", courier.Own{}, "de", "fr")
	if err != nil {
		t.Fatal(err)
	}
	for wish, want := range map[string]string{"": "de", "fr-CA": "fr", "ja": "de", "ja, fr;q=0.1": "fr", "nonsense!": "de"} {
		m := mail(courier.Test, "a@example.org")
		m.Language = wish
		if got := rendered(t, templates, m).Subject; got != textsOf(t, want)["test.subject"] {
			t.Errorf("who wants %q gets %q, want %s", wish, got, want)
		}
	}
}

func TestADirectoryReplacesFilesOfOneLanguage(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, map[string]string{
		"test/email.subject.gotmpl":         "all",
		"de/test/email.subject.gotmpl":      "deutsch",
		"fr/test/email.body.text.gotmpl":    "bonjour",
		"unknown/test/email.subject.gotmpl": "{{never parsed",
	})
	got := map[string]string{}
	for _, tag := range []string{"en", "de", "fr"} {
		m := mail(courier.Test, "a@example.org")
		m.Language = tag
		r := rendered(t, templates, m)
		got[tag] = r.Subject
		if own := r.Text == "bonjour"; own != (tag == "fr") {
			t.Errorf("%s: text is %q", tag, r.Text)
		}
	}
	if want := map[string]string{"en": "all", "de": "deutsch", "fr": "all"}; !maps.Equal(got, want) {
		t.Errorf("subjects %v, want %v", got, want)
	}
	for name, source := range map[string]string{"a syntax error": "{{.To", "a text that there is not": `{{.T "nowhere"}}`, "one that stands out": `{{.Strong "nowhere"}}`, "lines": `{{.Lines "nowhere"}}`} {
		_, err := courier.NewTemplates("Example", courier.Own{Dir: overrides(t, map[string]string{"ar/test/email.body.html.gotmpl": source})})
		if err == nil || !strings.Contains(err.Error(), "ar") || !strings.Contains(err.Error(), "test") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestWhatIsFilledInStandsOutAndIsEscaped(t *testing.T) {
	t.Parallel()
	templates, err := courier.NewTemplates("<b>&Co", courier.Own{})
	if err != nil {
		t.Fatal(err)
	}
	m := mail(courier.CredentialsChanged, `<i>{product}@example.org`)
	m.Language = "ar"
	r := rendered(t, templates, m)
	for _, want := range []string{`<strong dir="ltr">&lt;i&gt;{product}@example.org</strong>`, "&lt;b&gt;&amp;Co"} {
		if !strings.Contains(r.HTML, want) {
			t.Errorf("the HTML lacks %s:\n%s", want, r.HTML)
		}
	}
	if strings.Contains(r.HTML, "<i>") || strings.Contains(r.HTML, "<b>") {
		t.Error("what is filled in became markup")
	}
}

// A heading is wide enough to be broken on phones; the subject that mail programs list stays as people search for it.
func TestRender_heading(t *testing.T) {
	t.Parallel()
	m := mail(courier.VerificationValid, "ada@example.org")
	m.Language = "de"
	r := rendered(t, templatesIn(t, nil), m)
	if !strings.Contains(r.HTML, "Ihre E\u2011Mail-Adresse</h1>") || !strings.Contains(r.Subject, "Ihre E-Mail-Adresse") {
		t.Errorf("subject %q, mail %s", r.Subject, r.HTML)
	}
}

func TestEveryEmbeddedMailRendersInEveryLanguage(t *testing.T) {
	t.Parallel()
	templates, err := courier.NewTemplates("Example", courier.Own{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range locale.All {
		for _, name := range courier.All {
			m := courier.Message{
				Template: name, To: "probe@example.org", URL: "https://example.org/?token=probe", Code: "123456", Expires: time.Unix(0, 0), Language: l.Tag,
				Created: time.Unix(0, 0), Change: courier.Change{Method: "password", At: time.Unix(0, 0), Device: "probe", Address: "192.0.2.1"},
			}
			if r, err := templates.Render(m); err != nil || r.Subject == "" || r.Text == "" || r.HTML == "" {
				t.Errorf("%s in %s: %v", name, l.Tag, err)
			}
		}
	}
}
