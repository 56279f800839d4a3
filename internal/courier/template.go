package courier

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	texttemplate "text/template"

	"github.com/symbolon/symbolon/internal/locale"
)

//go:embed templates
var embedded embed.FS

// The files of a message's folder. layout is beside the folders: the frame that
// the HTML parts share.
const (
	subjectFile = "email.subject.gotmpl"
	textFile    = "email.body.text.gotmpl"
	htmlFile    = "email.body.html.gotmpl"
	legacyFile  = "email.body.gotmpl"           // the one body of v0.5, the HTML body of v26
	plainFile   = "email.body.plaintext.gotmpl" // the text body of v26
	smsFile     = "sms.body.gotmpl"             // where the message may be a text message
	layoutFile  = "layout.html.gotmpl"
)

// Rendered is a message ready to be delivered.
type Rendered struct {
	ID       string // of the stored message
	Type     Type
	Template Template
	To       string
	Subject  string // one line; of a text message it is for listings alone
	Text     string
	HTML     string // empty for a text message
	// Data is what the templates were filled with, by the names that v26 gives it. It
	// holds live links and codes.
	Data map[string]any
}

// Templates renders messages. Each has a folder with a file for its subject and
// for each of its two parts. A directory of one's own may replace any of them, for
// all languages or, in a folder with the tag of one, for that language; a body of
// v0.5 replaces both parts.
type Templates struct {
	product string
	choice  *locale.Choice
	texts   map[string]*texts // by tag
	mails   map[Template]*parts
	// own are the mails of languages that the operator has files for.
	own map[string]map[Template]*parts
	// device names what a change was made with; nil for the header as it is.
	device func(header string) string
}

// parts are the templates of one message.
type parts struct {
	subject *texttemplate.Template
	text    *texttemplate.Template // nil with a legacy body
	html    *htmltemplate.Template
	sms     *texttemplate.Template // nil if the message is a mail only
	legacy  bool                   // html is a body of v0.5, from which the text is taken too
}

// NameDevices sets how the header User-Agent of a client becomes what people know it by. Without it mails show the
// header. Call it before the first Render.
func (t *Templates) NameDevices(name func(header string) string) { t.device = name }

// Own are the operator's templates.
type Own struct {
	Dir string // with a folder for each message; empty for none
	// Files are texts by their path in such a directory. They count before it, and a body
	// takes the place of both its bodies.
	Files map[string]string
}

// NewTemplates returns templates that speak for a product. languages are the tags on offer, the first for recipients
// who want none of them; without any, all are. A template that can't be used is
// found here, not when a mail is due.
func NewTemplates(product string, operators Own, languages ...string) (*Templates, error) {
	t := &Templates{product: product, choice: locale.NewChoice(languages...), own: map[string]map[Template]*parts{}}
	var err error
	if t.texts, err = readTexts(t.choice.Offered()); err != nil {
		return nil, fmt.Errorf("texts of mails: %w", err)
	}
	files, override := overlay{given: operators.Files, base: embedded}, operators.Dir
	if override != "" {
		if info, err := os.Stat(override); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("courier.template_override_path: %q is not a directory", override)
		}
		files.own = []fs.FS{os.DirFS(override)}
	}
	if t.mails, err = t.parse(files); err != nil {
		return nil, err
	}
	for _, l := range t.choice.Offered() {
		dir := filepath.Join(override, l.Tag)
		if info, err := os.Stat(dir); override == "" || err != nil || !info.IsDir() {
			continue
		}
		localised := overlay{given: files.given, own: append([]fs.FS{os.DirFS(dir)}, files.own...), base: embedded}
		if t.own[l.Tag], err = t.parse(localised); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Tag, err)
		}
	}
	if override == "" && len(operators.Files) == 0 {
		// The tests try what is embedded, in every language. Here that took 14 of the
		// 47 ms of a start, and 4 MB; one language still took 3 ms.
		return t, nil
	}
	return t, t.try(t.choice.Offered())
}

func (t *Templates) parse(files overlay) (map[Template]*parts, error) {
	mails := map[Template]*parts{}
	for _, name := range All {
		parsed, err := files.parse(name)
		if err != nil {
			return nil, fmt.Errorf("mail template %s: %w", name, err)
		}
		mails[name] = parsed
	}
	return mails, nil
}

// data is what templates may use.
type data struct {
	Product string
	Subject string // empty in the subject itself
	To      string
	// URL is the link; empty in subjects, which are kept and listed in the clear.
	URL             string
	RecoveryURL     string // URL under the name of v0.5
	VerificationURL string // likewise
	Expires         string // when the link or code ends, for people; empty without one
	// Code is the one-time code; empty in subjects. The others are its names in v26.
	Code, LoginCode, RegistrationCode, RecoveryCode, VerificationCode string

	ExpiresInMinutes int
	// What a security notice is about, for people; empty if unknown.
	Method, When, Device, Address string
	Created                       string // when the account was created, for people; empty if it is not told

	// Further data that v26 gives its templates: the identity or, for people without an account, their traits alone; the
	// transient_payload of the submission; and the URL that started the flow.
	Identity, Traits, TransientPayload map[string]any
	RequestURL                         string

	texts *texts
}

// fill sets what a subject must not hold.
func (d *data) fill(m Message) {
	d.URL, d.RecoveryURL, d.VerificationURL = m.URL, m.URL, m.URL
	d.Code, d.LoginCode, d.RegistrationCode, d.RecoveryCode, d.VerificationCode = m.Code, m.Code, m.Code, m.Code, m.Code
	if !m.Expires.IsZero() {
		d.Expires, d.ExpiresInMinutes = locale.Moment(d.texts.Tag, m.Expires), m.minutes
	}
	if !m.Change.At.IsZero() {
		d.When = locale.Moment(d.texts.Tag, m.Change.At)
	}
	if !m.Created.IsZero() {
		d.Created = locale.Moment(d.texts.Tag, m.Created)
	}
	d.Device, d.Address, d.Method = m.Change.Device, m.Change.Address, m.Change.Method
	if known, ok := d.texts.byKey["method."+m.Change.Method]; ok {
		d.Method = known
	}
}

// errNoText says that a message is a mail alone.
var errNoText = errors.New("there is no text message")

// Render fills the templates of a message. Texts are escaped for their part, and
// the subject is always one line (no header can be injected).
func (t *Templates) Render(m Message) (Rendered, error) {
	language := t.choice.Best(m.Language).Tag
	mail, ok := t.own[language][m.Template]
	if !ok {
		mail, ok = t.mails[m.Template]
	}
	if !ok {
		return Rendered{}, fmt.Errorf("there is no mail template %q", m.Template)
	}
	d := data{Product: t.product, To: m.To, texts: t.texts[language]}
	d.about(m)
	subject, err := fill(mail.subject, d)
	if err != nil {
		return Rendered{}, err
	}
	d.Subject = strings.Join(strings.Fields(subject), " ")
	if t.device != nil {
		m.Change.Device = t.device(m.Change.Device)
	}
	d.fill(m)
	r := Rendered{Type: TypeOf(m.To), Template: m.Template, To: m.To, Subject: d.Subject, Data: m.given()}
	if r.Type == SMS {
		if mail.sms == nil {
			return r, fmt.Errorf("%w %q", errNoText, m.Template)
		}
		text, err := fill(mail.sms, d)
		r.Text = strings.TrimSpace(text)
		return r, err
	}
	if r.HTML, err = fill(mail.html, d); err != nil {
		return Rendered{}, err
	}
	if mail.legacy {
		r.Text, r.HTML = legacyText(r.HTML), legacyHTML(r.HTML)
		if mail.text == nil {
			return r, nil
		}
	}
	r.Text, err = fill(mail.text, d)
	return r, err
}

// executor is a template of either library.
type executor interface {
	Execute(w io.Writer, data any) error
}

func fill(t executor, d data) (string, error) {
	var out bytes.Buffer
	if err := t.Execute(&out, d); err != nil {
		return "", fmt.Errorf("fill in: %w", err)
	}
	return out.String(), nil
}

// overlay reads template files: the operator's, or the embedded ones.
type overlay struct {
	given map[string]string // by path
	own   []fs.FS           // the first that has a file counts; empty without overrides
	base  embed.FS
}

// bodies is where the bodies of a mail come from.
func (o overlay) bodies(name Template) overlay {
	for _, file := range []string{legacyFile, plainFile} {
		if _, ok := o.given[path.Join(string(name), file)]; ok {
			return overlay{given: o.given, base: o.base}
		}
	}
	return o
}

func (o overlay) parse(name Template) (*parts, error) {
	subject, err := o.read(name, subjectFile)
	if err != nil {
		return nil, err
	}
	p := &parts{}
	if o.has(name, smsFile) || o.embeds(name, smsFile) {
		text, err := o.read(name, smsFile)
		if err != nil {
			return nil, err
		}
		if p.sms, err = texttemplate.New(smsFile).Funcs(functions).Parse(text); err != nil {
			return nil, err
		}
	}
	if p.subject, err = texttemplate.New(subjectFile).Funcs(functions).Parse(subject); err != nil {
		return nil, err
	}
	o = o.bodies(name)
	file := textFile
	if o.has(name, plainFile) && !o.has(name, textFile) {
		file = plainFile
	}
	if p.html, p.legacy, err = o.parseHTML(name); err != nil || p.legacy && file == textFile {
		return p, err
	}
	text, err := o.read(name, file)
	if err != nil {
		return nil, err
	}
	p.text, err = texttemplate.New(textFile).Funcs(functions).Parse(text)
	return p, err
}

// parseHTML parses the HTML part. A body of v0.5 takes its place, unless the
// operator has a part of this program's kind as well.
func (o overlay) parseHTML(name Template) (parsed *htmltemplate.Template, legacy bool, err error) {
	if !o.has(name, textFile) && !o.has(name, htmlFile) && o.has(name, legacyFile) {
		body, err := o.read(name, legacyFile)
		if err != nil {
			return nil, false, err
		}
		parsed, err = htmltemplate.New(legacyFile).Funcs(functions).Parse(body)
		return parsed, true, err
	}
	body, err := o.read(name, htmlFile)
	if err != nil {
		return nil, false, err
	}
	layout, err := o.read("", layoutFile)
	if err != nil {
		return nil, false, err
	}
	parsed, err = htmltemplate.New(layoutFile).Funcs(functions).Parse(layout)
	if err == nil {
		parsed, err = parsed.New(htmlFile).Parse(body)
	}
	return parsed, false, err
}

func (o overlay) embeds(name Template, file string) bool {
	_, err := fs.Stat(o.base, path.Join("templates", string(name), file))
	return err == nil
}

func (o overlay) has(name Template, file string) bool {
	_, given := o.given[path.Join(string(name), file)]
	return given || o.from(name, file) != nil
}

// from returns the operator's directory that has a file, nil if none has.
func (o overlay) from(name Template, file string) fs.FS {
	for _, dir := range o.own {
		if _, err := fs.Stat(dir, path.Join(string(name), file)); !errors.Is(err, fs.ErrNotExist) {
			return dir
		}
	}
	return nil
}

func (o overlay) read(name Template, file string) (string, error) {
	if text, ok := o.given[path.Join(string(name), file)]; ok {
		return text, nil
	}
	var raw []byte
	var err error
	if dir := o.from(name, file); dir != nil {
		raw, err = fs.ReadFile(dir, path.Join(string(name), file))
	} else {
		raw, err = o.base.ReadFile(path.Join("templates", string(name), file))
	}
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	return string(raw), nil
}
