package wire

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/smtp"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// postOffice is an SMTP server on the loopback that keeps what it is given.
type postOffice struct {
	addr string

	mu      sync.Mutex
	letters []letter
}

// newPostOffice serves until the test ends.
func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &postOffice{addr: l.Addr().String()}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &delivery{office: o}, nil }))
	server.ReadTimeout, server.WriteTimeout, server.MaxMessageBytes = 10*time.Second, 10*time.Second, 1<<20
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; err != nil && !errors.Is(err, gosmtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("the SMTP stand-in stopped: %v", err)
		}
	})
	return o
}

// take hands over the letters that have come since it was last asked.
func (o *postOffice) take() []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	letters := o.letters
	o.letters = nil
	return letters
}

// delivery is one SMTP session.
type delivery struct {
	office *postOffice
	to     []string
}

func (d *delivery) Mail(string, *gosmtp.MailOptions) error { return nil }
func (d *delivery) Reset()                                 { d.to = nil }
func (d *delivery) Logout() error                          { return nil }

func (d *delivery) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	d.to = append(d.to, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	l, err := readLetter(r)
	if err != nil {
		return err
	}
	l.to = strings.Join(d.to, ",")
	d.office.mu.Lock()
	defer d.office.mu.Unlock()
	d.office.letters = append(d.office.letters, l)
	return nil
}

var linkInMail = regexp.MustCompile(`href="([^"]+)"`)

// readLetter reads the subject and the first link of the HTML part.
func readLetter(r io.Reader) (letter, error) {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return letter{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return letter{}, err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return letter{}, err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextPart() // decodes quoted-printable
		if err != nil {
			return letter{}, err
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			continue
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return letter{}, err
		}
		l := letter{subject: subject}
		if found := linkInMail.FindSubmatch(body); found != nil {
			l.link = strings.ReplaceAll(string(found[1]), "&amp;", "&")
		}
		return l, nil
	}
}

func TestThePostOfficeReadsSubjectAndLink(t *testing.T) {
	t.Parallel()
	o := newPostOffice(t)
	body := strings.ReplaceAll(`From: a@example.org
To: b@example.org
Subject: =?UTF-8?q?Hall=C3=B6chen?=
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain

http://not.this/
--x
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

<a href=3D"http://this.one/?a=3D1&amp;b=3D2">here</a>
--x--
`, "\n", "\r\n")
	if err := smtp.SendMail(o.addr, nil, "a@example.org", []string{"b@example.org", "c@example.org"}, []byte(body)); err != nil {
		t.Fatal(err)
	}
	got := o.take()
	if len(got) != 1 || got[0].subject != "Hallöchen" || got[0].link != "http://this.one/?a=1&b=2" || got[0].to != "b@example.org,c@example.org" {
		t.Errorf("got %+v", got)
	}
	if again := o.take(); again != nil {
		t.Errorf("took %+v twice", again)
	}
}
