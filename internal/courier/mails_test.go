package courier_test

import (
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/courier"
)

var update = flag.Bool("update", false, "write what mails look like now to testdata/mails")

const link = "https://id.example.org/self-service/recovery/methods/link?token=wmfxXrC5SRuKnZX20FOQRN9MUyxslQJS"

// mail is a message as flows send it: with a link where it has one.
func mail(name courier.Template, to string) courier.Message {
	m := courier.Message{Template: name, To: to}
	at := time.Date(2026, time.November, 23, 18, 5, 0, 0, time.UTC)
	switch kind, valid, _ := strings.Cut(string(name), "/"); {
	case name == courier.RecoveryValid || name == courier.VerificationValid:
		m.URL, m.Expires = link, at
	case strings.HasSuffix(kind, "_code") && valid == "valid":
		m.Code, m.Expires = "271828", at
	case name == courier.AccountClosed:
		m.URL, m.Expires, m.Change.At = "https://id.example.org/login", at, at
	case kind == "security":
		m.Change = courier.Change{Method: "totp", At: at, Device: "Firefox <b>", Address: "192.0.2.7"}
	}
	return m
}

// A notice names the device as people know it, not by the header of its browser.
func TestTemplates_NameDevices(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	templates.NameDevices(func(header string) string { return "named " + header })
	m := courier.Message{Template: courier.CredentialsChanged, To: "ada@example.org", Change: courier.Change{At: time.Unix(0, 0), Device: "Mozilla/5.0"}}
	if r := rendered(t, templates, m); !strings.Contains(r.HTML, "Device: named Mozilla/5.0<") || !strings.Contains(r.Text, "Device: named Mozilla/5.0\n") {
		t.Errorf("the mail says %s", r.Text)
	}
}

// templatesIn returns templates that are replaced by the files of a directory.
func templatesIn(t *testing.T, files map[string]string) *courier.Templates {
	t.Helper()
	templates, err := courier.NewTemplates("Example", courier.Own{Dir: overrides(t, files)})
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

// overrides writes files to a directory; "" without files.
func overrides(t *testing.T, files map[string]string) string {
	t.Helper()
	if files == nil {
		return ""
	}
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func rendered(t *testing.T, templates *courier.Templates, m courier.Message) courier.Rendered {
	t.Helper()
	r, err := templates.Render(m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMailsReadAsRecorded(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for _, name := range courier.All {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			r := rendered(t, templates, mail(name, "zoë+tag@example.org"))
			base := filepath.Join("testdata", "mails", strings.ReplaceAll(string(name), "/", "-"))
			wantRecorded(t, base+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			wantRecorded(t, base+".html", r.HTML)
		})
	}
}

// The mail that asks an address to prove itself says when the account was created.
func TestMailsTellWhenTheAccountWasCreated(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for _, name := range []courier.Template{courier.VerificationValid, courier.VerificationCode} {
		m := mail(name, "ada@example.org")
		m.Created = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
		if r := rendered(t, templates, m); !strings.Contains(r.Text, "created: 30 November 2026, 08:00 UTC") || !strings.Contains(r.HTML, "created: 30 November 2026, 08:00 UTC") {
			t.Errorf("%s: %s", name, r.Text)
		}
	}
}

func wantRecorded(t *testing.T, path, now string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	recorded, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(recorded), now); diff != "" {
		t.Errorf("mail differs (-recorded +now); if that is meant, run go test ./internal/courier -update\n%s", diff)
	}
}

func TestSubjectsAreThoseOfV05(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for name, want := range map[courier.Template]string{
		courier.RecoveryValid:       "Recover access to your account",
		courier.RecoveryInvalid:     "Account access attempted",
		courier.VerificationValid:   "Please verify your email address",
		courier.VerificationInvalid: "Someone tried to verify this email address",
	} {
		if got := rendered(t, templates, mail(name, "a@example.org")).Subject; got != want {
			t.Errorf("subject of %s is %q, want %q", name, got, want)
		}
	}
}

var (
	hrefs    = regexp.MustCompile(`href="([^"]*)"`)
	external = regexp.MustCompile(`(?i)<(img|link|script|iframe|table)\b|url\(|@import`)
)

func TestTheOnlyLinkOfAMailIsTheOneItIsAbout(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, nil)
	for _, name := range courier.All {
		m := mail(name, "a@example.org")
		r := rendered(t, templates, m)
		var got, want []string
		for _, found := range hrefs.FindAllStringSubmatch(r.HTML, -1) {
			got = append(got, html.UnescapeString(found[1]))
		}
		if m.URL != "" {
			want = []string{m.URL}
			if !strings.Contains(r.Text, "\n"+m.URL+"\n") {
				t.Errorf("%s: the text has no line with the link:\n%s", name, r.Text)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("links of %s differ (-want +got):\n%s", name, diff)
		}
		if found := external.FindString(r.HTML); found != "" {
			t.Errorf("%s loads something or is laid out with tables: %s", name, found)
		}
	}
}

func TestAMailSaysUntilWhenItsLinkWorks(t *testing.T) {
	t.Parallel()
	m := mail(courier.RecoveryValid, "a@example.org")
	m.Expires = m.Expires.In(time.FixedZone("", 3600))
	r := rendered(t, templatesIn(t, nil), m)
	for part, says := range map[string]string{"text": r.Text, "HTML": r.HTML} {
		if want := "works once, until 23 November 2026, 18:05 UTC."; !strings.Contains(says, want) {
			t.Errorf("the %s does not say %q:\n%s", part, want, says)
		}
	}
}

func TestValuesCannotBecomeMarkupOrHeaders(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, map[string]string{
		"test/email.subject.gotmpl": "For {{.To}}\r\nBcc: all@example.org\n",
	})
	m := mail(courier.RecoveryValid, "\"<script>\"\r\nBcc: x@example.org")
	m.URL = "javascript:alert(1)"
	r := rendered(t, templates, m)
	if strings.Contains(r.HTML, "<script>") || strings.Contains(r.HTML, `href="javascript:`) {
		t.Errorf("values are markup:\n%s", r.HTML)
	}
	m.Template = courier.Test
	r = rendered(t, templates, m)
	if want := `For "<script>" Bcc: x@example.org Bcc: all@example.org`; r.Subject != want {
		t.Errorf("subject is %q, want %q", r.Subject, want)
	}
}

func TestADirectoryReplacesSingleFiles(t *testing.T) {
	t.Parallel()
	plain := templatesIn(t, nil)
	m := mail(courier.VerificationValid, "a@example.org")
	tests := map[string]struct {
		files map[string]string
		want  func(*courier.Rendered)
	}{
		"the subject": {
			map[string]string{"verification/valid/email.subject.gotmpl": "{{.Product | upper}}\n"},
			func(r *courier.Rendered) {
				r.HTML = strings.ReplaceAll(r.HTML, r.Subject, "EXAMPLE")
				r.Subject = "EXAMPLE"
			},
		},
		"the text": {
			map[string]string{"verification/valid/email.body.text.gotmpl": "{{.VerificationURL}}"},
			func(r *courier.Rendered) { r.Text = link },
		},
		"the HTML": {
			map[string]string{"verification/valid/email.body.html.gotmpl": `<a href="{{.VerificationURL}}">x</a>`},
			func(r *courier.Rendered) { r.HTML = `<a href="` + link + `">x</a>` },
		},
		"the frame of the HTML": {
			map[string]string{"layout.html.gotmpl": `{{define "layout"}}{{template "preview" .}}{{end}}`},
			func(r *courier.Rendered) { r.HTML = "One click, and the address is confirmed.\n" },
		},
		"both parts, with a body of v0.5": {
			map[string]string{"verification/valid/email.body.gotmpl": `Click <a href="{{ .VerificationURL }}">{{ .VerificationURL }}</a>`},
			func(r *courier.Rendered) {
				r.Text, r.HTML = "Click "+link+"\n", "<p>Click <a href=\""+link+"\">"+link+"</a></p>\n"
			},
		},
		"nothing, with the files of another message": {
			map[string]string{"recovery/valid/email.body.text.gotmpl": "x"},
			func(*courier.Rendered) {},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := rendered(t, plain, m)
			test.want(&want)
			if diff := cmp.Diff(want, rendered(t, templatesIn(t, test.files), m)); diff != "" {
				t.Errorf("mail differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestATemplateThatCannotBeUsedIsFoundAtStart(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"a syntax error":                    "{{.To",
		"a value that there is not":         "{{.Nope}}",
		"a function that reads the process": `{{env "HOME"}}`,
		"a frame that there is not":         `{{template "nowhere" .}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, file := range []string{"email.subject.gotmpl", "email.body.text.gotmpl", "email.body.html.gotmpl", "email.body.gotmpl"} {
				_, err := courier.NewTemplates("Example", courier.Own{Dir: overrides(t, map[string]string{"recovery/valid/" + file: source})})
				if err == nil || !strings.Contains(err.Error(), "recovery/valid") {
					t.Errorf("%s: error is %v", file, err)
				}
			}
		})
	}
	if _, err := courier.NewTemplates("Example", courier.Own{Dir: filepath.Join(t.TempDir(), "nowhere")}); err == nil ||
		!strings.Contains(err.Error(), "courier.template_override_path") {
		t.Errorf("no directory: error is %v", err)
	}
}

// Texts from the configuration count before a directory, and their bodies before both of its bodies.
func TestTextsFromTheConfigurationReplaceSingleFiles(t *testing.T) {
	t.Parallel()
	dir := overrides(t, map[string]string{
		"recovery_code/valid/email.body.html.gotmpl": "<p>directory {{.Code}}</p>", "recovery_code/valid/email.body.text.gotmpl": "directory {{.Code}}",
		"recovery_code/valid/email.subject.gotmpl": "directory", "recovery_code/valid/sms.body.gotmpl": "directory {{.Code}}",
	})
	templates, err := courier.NewTemplates("Example", courier.Own{Dir: dir, Files: map[string]string{
		"recovery_code/valid/email.body.gotmpl":           "<b>{{ .RecoveryCode }}</b> for {{ .To }}",
		"recovery_code/valid/email.body.plaintext.gotmpl": "configured {{ .RecoveryCode }}",
		"recovery_code/valid/sms.body.gotmpl":             "short {{ .RecoveryCode }}",
		"login_code/valid/email.subject.gotmpl":           "your code",
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := rendered(t, templates, mail(courier.RecoveryCode, "ada@example.org"))
	if !strings.Contains(r.HTML, "<b>271828</b> for ada@example.org") || r.Text != "configured 271828" || r.Subject != "directory" {
		t.Errorf("got %q, %q, %q", r.Subject, r.Text, r.HTML)
	}
	if r := rendered(t, templates, mail(courier.RecoveryCode, "+12025550123")); r.Text != "short 271828" {
		t.Errorf("the text message is %q", r.Text)
	}
	if r := rendered(t, templates, mail(courier.LoginCode, "ada@example.org")); r.Subject != "your code" || !strings.Contains(r.Text, "271828") || r.HTML == "" {
		t.Errorf("got %q, %q", r.Subject, r.Text)
	}
	if _, err := courier.NewTemplates("Example", courier.Own{Files: map[string]string{"login_code/valid/email.body.gotmpl": "{{.Nope}}"}}); err == nil || !strings.Contains(err.Error(), "login_code/valid") {
		t.Errorf("a text that can't be filled in gives %v", err)
	}
}

// What only a person has is not there at the start. A mistake that does not depend on it still is found then.
func TestATemplateThatAsksForAPersonIsNotRefused(t *testing.T) {
	t.Parallel()
	for source, fine := range map[string]bool{
		`{{ index .Identity.traits "email" }}`:                                               true,
		`{{ .Traits.name.first | upper }}`:                                                   true,
		`{{ range .Identity.traits.tags }}{{ . }}{{ end }}`:                                  true,
		`{{ (index .Identity.verifiable_addresses 0).value }}`:                               true,
		`{{ len .TransientPayload.items }}`:                                                  true,
		`{{ $n := .Traits.name }}{{ upper $n }}`:                                             true,
		`{{ $n := index .Traits "name" }}{{ upper $n }}`:                                     true,
		`{{ index .Identity.traits.phones 0 }}`:                                              true,
		`{{ upper $.Identity.traits.name }}`:                                                 true,
		`{{ with .Traits }}{{ upper .name }}{{ end }}{{ upper .Traits.name }}`:               true,
		`{{ .Traits.name }}{{ index .Product "name" }}`:                                      false,
		`{{ upper .Traits.name }}{{ index .Product "name" }}`:                                false,
		`{{ define "x" }}{{ upper .name }}{{ end }}{{ template "x" .Traits }}`:               true,
		`{{ define "x" }}{{ upper .Traits.name }}{{ end }}{{ template "x" . }}`:              true,
		`{{ define "x" }}{{ index .To "x" }}{{ end }}{{ .Traits.name }}{{ template "x" . }}`: false,
		`{{ if .Traits }}x{{ end }}{{ upper .ExpiresInMinutes }}`:                            false,
		`{{ upper .Traits.name }}{{ .Nope }}`:                                                false,
		`{{ index .Identity.traits "email" }} {{ .Nope }}`:                                   true, // found when a person is there
		`{{ .Identitty.traits.email }}`:                                                      false,
		`{{ index .Nope "email" }}`:                                                          false,
		`{{ if .Identity }}{{ end }}{{ .Nope }}`:                                             false,
		`{{ index .To "email" }}`:                                                            false,
	} {
		for _, part := range []string{"email.body.plaintext.gotmpl", "email.body.gotmpl"} {
			_, err := courier.NewTemplates("Example", courier.Own{Files: map[string]string{"recovery_code/valid/" + part: source}})
			if (err == nil) != fine {
				t.Errorf("%s in %s: %v", source, part, err)
			}
		}
	}
}
