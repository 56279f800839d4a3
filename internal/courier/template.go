package courier

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"os"
	"strings"
	texttemplate "text/template"
)

//go:embed templates
var embedded embed.FS

// Rendered is a message ready to be delivered.
type Rendered struct {
	ID      string // of the stored message
	To      string
	Subject string // one line
	Text    string
	HTML    string
}

// Templates renders messages. Each has a folder with three files:
// email.subject.gotmpl, email.body.text.gotmpl and email.body.html.gotmpl. A
// directory of one's own may replace any of them; email.body.gotmpl, the one
// body of v0.5, replaces both parts.
type Templates struct {
	product string
	own     fs.FS // nil without overrides
}

// NewTemplates returns templates that speak for a product. override is a
// directory, or empty.
func NewTemplates(product, override string) (*Templates, error) {
	t := &Templates{product: product}
	if override == "" {
		return t, nil
	}
	if info, err := os.Stat(override); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("courier.template_override_path: %q is not a directory", override)
	}
	t.own = os.DirFS(override)
	// A template that can't be used is found now, not when a mail is due.
	for _, name := range All {
		if _, err := t.Render(Message{Template: name, To: "probe@example.org", URL: "https://example.org/"}); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// data is what templates may use.
type data struct {
	Product         string
	To              string
	URL             string
	RecoveryURL     string // URL under the name of v0.5
	VerificationURL string // likewise
}

// Render fills the templates of a message. Texts are escaped for their part, and
// the subject is one line whatever was filled in (no header can be injected).
func (t *Templates) Render(m Message) (Rendered, error) {
	d := data{Product: t.product, To: m.To, URL: m.URL, RecoveryURL: m.URL, VerificationURL: m.URL}
	subject, err := t.text(m.Template, d, "email.subject.gotmpl")
	if err != nil {
		return Rendered{}, err
	}
	text, err := t.text(m.Template, d, "email.body.text.gotmpl")
	if err != nil {
		return Rendered{}, err
	}
	html, err := t.html(m.Template, d)
	if err != nil {
		return Rendered{}, err
	}
	return Rendered{To: m.To, Subject: strings.Join(strings.Fields(subject), " "), Text: text, HTML: html}, nil
}

func (t *Templates) text(name Template, d data, file string) (string, error) {
	source, err := t.read(name, file)
	if err != nil {
		return "", err
	}
	parsed, err := texttemplate.New(file).Parse(source)
	if err != nil {
		return "", fmt.Errorf("parse mail template %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, d); err != nil {
		return "", fmt.Errorf("fill mail template %s: %w", name, err)
	}
	return out.String(), nil
}

func (t *Templates) html(name Template, d data) (string, error) {
	source, err := t.read(name, "email.body.html.gotmpl")
	if err != nil {
		return "", err
	}
	parsed, err := htmltemplate.New("mail").Parse(source)
	if err == nil && strings.Contains(source, `{{template "layout"`) {
		var layout []byte
		if layout, err = embedded.ReadFile("templates/layout.html.gotmpl"); err == nil {
			parsed, err = parsed.Parse(string(layout))
		}
	}
	if err != nil {
		return "", fmt.Errorf("parse mail template %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, d); err != nil {
		return "", fmt.Errorf("fill mail template %s: %w", name, err)
	}
	return out.String(), nil
}

// read returns a template file: the operator's, the operator's single body of
// v0.5, or the embedded one.
func (t *Templates) read(name Template, file string) (string, error) {
	candidates := []string{file}
	if strings.Contains(file, ".body.") {
		candidates = append(candidates, "email.body.gotmpl")
	}
	for _, candidate := range candidates {
		if t.own == nil {
			break
		}
		raw, err := fs.ReadFile(t.own, string(name)+"/"+candidate)
		if err == nil {
			return string(raw), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read mail template %s: %w", name, err)
		}
	}
	raw, err := embedded.ReadFile("templates/" + string(name) + "/" + file)
	if err != nil {
		return "", fmt.Errorf("read mail template %s: %w", name, err)
	}
	return string(raw), nil
}
