package smtp

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/courier"
)

// atNoon is the clock of all tests: it stands still.
func atNoon() time.Time { return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC) }

// patience is the time-out of deliveries that are to succeed.
const patience = 20 * time.Second

// channelTo returns a channel that trusts the server and is closed with the test.
func channelTo(t *testing.T, s *mailServer, uri string, timeout time.Duration) *Channel {
	t.Helper()
	c, err := New(Config{
		URI: strings.ReplaceAll(uri, "HOST", s.address), FromAddress: "accounts@example.org", FromName: "Zoë & Co",
		Timeout: timeout, Domain: "id.example.org",
	}, atNoon)
	if err != nil {
		t.Fatal(err)
	}
	c.server.tls.RootCAs = s.roots
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func letter(to string) courier.Rendered {
	return courier.Rendered{
		ID: "0198c0de-0000-7000-8000-000000000001", To: to, Subject: "Grüße",
		Text: "Line\n.\nLink: https://example.org/?token=" + strings.Repeat("x", 90) + "\n", HTML: "<p>Ünd <b>mehr</b></p>\n",
	}
}

func deliver(t *testing.T, c *Channel, to string) {
	t.Helper()
	if err := c.Deliver(t.Context(), letter(to)); err != nil {
		t.Fatal(err)
	}
}

func TestAMessageArrivesWithItsHeadersAndBothParts(t *testing.T) {
	t.Parallel()
	s := (&mailServer{}).start(t)
	deliver(t, channelTo(t, s, "smtp://HOST/", patience), "Jane@Example.org")
	messages, _, _ := s.seen()
	if len(messages) != 1 || messages[0].from != "accounts@example.org" || messages[0].to != "Jane@Example.org" {
		t.Fatalf("received %+v", messages)
	}
	m, err := mail.ReadMessage(strings.NewReader(messages[0].data))
	if err != nil {
		t.Fatal(err)
	}
	decoder := mime.WordDecoder{}
	headers := map[string]string{}
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Mime-Version"} {
		if headers[name], err = decoder.DecodeHeader(m.Header.Get(name)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{
		"From": "Zoë & Co <accounts@example.org>", "To": "<Jane@Example.org>", "Subject": "Grüße",
		"Date": "Sun, 01 Mar 2026 12:00:00 +0000", "Message-Id": "<0198c0de-0000-7000-8000-000000000001@id.example.org>",
		"Auto-Submitted": "auto-generated", "Mime-Version": "1.0",
	}
	if diff := cmp.Diff(want, headers); diff != "" {
		t.Errorf("headers differ (-want +got):\n%s", diff)
	}
	wantParts := [][2]string{
		{"text/plain; charset=UTF-8", letter("").Text},
		{"text/html; charset=UTF-8", letter("").HTML},
	}
	if diff := cmp.Diff(wantParts, alternatives(t, m)); diff != "" {
		t.Errorf("parts differ (-want +got):\n%s", diff)
	}
}

// alternatives are the parts of a multipart/alternative message by their type.
func alternatives(t *testing.T, m *mail.Message) (parts [][2]string) {
	t.Helper()
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("the message is %s: %v", media, err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		// Line ends are CRLF on the way; the last may belong to the boundary.
		text := strings.TrimRight(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n") + "\n"
		parts = append(parts, [2]string{part.Header.Get("Content-Type"), text})
	}
}

func TestASenderWithoutANameIsItsAddressAlone(t *testing.T) {
	t.Parallel()
	s := (&mailServer{}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	c.config.FromName = ""
	deliver(t, c, "jane@example.org")
	messages, _, _ := s.seen()
	if !strings.Contains(messages[0].data, "From: <accounts@example.org>\r\n") {
		t.Errorf("the message is\n%s", messages[0].data)
	}
}

func TestConnectionsAreSecuredAsTheURISays(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server  *mailServer
		uri     string
		trusted bool
		ok      bool
	}{
		"STARTTLS is used where it is offered":                {&mailServer{starttls: true}, "smtp://u:pa%3Ass%20word@HOST/", true, true},
		"STARTTLS with an unknown certificate is refused":     {&mailServer{starttls: true}, "smtp://u:pa%3Ass%20word@HOST/", false, false},
		"STARTTLS without verification, where the URI says":   {&mailServer{starttls: true}, "smtp://u:pa%3Ass%20word@HOST/?skip_ssl_verify=true", false, true},
		"TLS from the start":                                  {&mailServer{implicit: true}, "smtps://u:pa%3Ass%20word@HOST/", true, true},
		"TLS with an unknown certificate is refused":          {&mailServer{implicit: true}, "smtps://u:pa%3Ass%20word@HOST/?skip_ssl_verify=false", false, false},
		"TLS without verification, where the URI says":        {&mailServer{implicit: true}, "smtps://u:pa%3Ass%20word@HOST/?skip_ssl_verify=true", false, true},
		"a server that speaks no TLS is refused when it must": {&mailServer{}, "smtps://u:pa%3Ass%20word@HOST/?skip_ssl_verify=true", false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.server.mechanisms = []string{"PLAIN"}
			s := test.server.start(t)
			c := channelTo(t, s, test.uri, patience)
			if !test.trusted {
				c.server.tls.RootCAs = nil
			}
			err := c.Deliver(t.Context(), letter("jane@example.org"))
			messages, _, signedIn := s.seen()
			if test.ok != (err == nil) || test.ok != (len(messages) == 1) || test.ok != (len(signedIn) == 1) {
				t.Errorf("error is %v; %d messages, signed in %d times", err, len(messages), len(signedIn))
			}
			if errors.Is(err, courier.ErrPermanent) {
				t.Errorf("a message is given up for the state of the server: %v", err)
			}
		})
	}
}

func TestCredentialsAreUsedAsTheServerWants(t *testing.T) {
	t.Parallel()
	const uri = "smtp://us%40er:pa%3Ass%20word@HOST/"
	tests := map[string]struct {
		mechanisms []string
		uri        string
		want       []string
		fails      string // part of the error
	}{
		"PLAIN":                         {[]string{"LOGIN", "PLAIN"}, uri, []string{"PLAIN us@er pa:ss word"}, ""},
		"LOGIN where there is no PLAIN": {[]string{"LOGIN"}, uri, []string{"LOGIN us@er pa:ss word"}, ""},
		"not at all where the server does not ask": {nil, uri, nil, ""},
		"not at all where there are none":          {[]string{"PLAIN"}, "smtp://HOST/", nil, ""},
		"a mechanism that is not known":            {[]string{"GSSAPI"}, uri, nil, "neither PLAIN nor LOGIN"},
		"a wrong password, said by PLAIN":          {[]string{"PLAIN"}, "smtp://us%40er:hunter2@HOST/", []string{"PLAIN us@er hunter2"}, "535"},
		"a wrong password, said by LOGIN":          {[]string{"LOGIN"}, "smtp://us%40er:hunter2@HOST/", []string{"LOGIN us@er hunter2"}, "535"},
		"an empty password is still a sign-in":     {[]string{"PLAIN"}, "smtp://us%40er@HOST/", []string{"PLAIN us@er "}, "535"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := (&mailServer{mechanisms: test.mechanisms}).start(t)
			err := channelTo(t, s, test.uri, patience).Deliver(t.Context(), letter("jane@example.org"))
			_, _, signedIn := s.seen()
			if diff := cmp.Diff(test.want, signedIn); diff != "" {
				t.Errorf("sign-ins differ (-want +got):\n%s", diff)
			}
			if (test.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Fatalf("error is %v, want one with %q", err, test.fails)
			}
			if err != nil && (errors.Is(err, courier.ErrPermanent) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("the error is final or holds the password: %v", err)
			}
		})
	}
}

func TestAPasswordIsNotSentInTheClearOverANetwork(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		// Only 127.0.0.1 counts as this machine.
		s := (&mailServer{address: "127.0.0.2:0", mechanisms: []string{mechanism}}).start(t)
		err := channelTo(t, s, "smtp://u:pa%3Ass%20word@HOST/", patience).Deliver(t.Context(), letter("jane@example.org"))
		messages, _, signedIn := s.seen()
		if err == nil || len(signedIn) > 0 || len(messages) > 0 {
			t.Errorf("%s: error is %v, signed in with %v, %d messages", mechanism, err, signedIn, len(messages))
		}
	}
}

func TestNothingIsSaidThatTheMessageInjects(t *testing.T) {
	t.Parallel()
	s := (&mailServer{}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	for _, to := range []string{
		"", "jane", "a@example.org\r\nRCPT TO:<b@example.org>", "a@example.org>\r\nDATA", "a@example.org, b@example.org",
		"a@example.org> SIZE=1", "a@example.org\x00", "a@exa\nmple.org",
	} {
		if err := c.Deliver(t.Context(), letter(to)); !errors.Is(err, courier.ErrPermanent) {
			t.Errorf("%q: error is %v", to, err)
		}
	}
	if messages, _, _ := s.seen(); len(messages) > 0 {
		t.Fatalf("arrived: %+v", messages)
	}
	bent := letter("jane@example.org")
	bent.Subject = "x\r\nBcc: all@example.org\r\n\r\nbody"
	bent.Text = "one\r\n.\r\nMAIL FROM:<evil@example.org>\r\n"
	if err := c.Deliver(t.Context(), bent); err != nil {
		t.Fatal(err)
	}
	messages, _, _ := s.seen()
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	m, err := mail.ReadMessage(strings.NewReader(messages[0].data))
	if err != nil || m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") == "" {
		t.Errorf("headers are %v: %v", m.Header, err)
	}
}

func TestAddressesBeyondASCIIAreAnnounced(t *testing.T) {
	t.Parallel()
	s := (&mailServer{international: true}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	deliver(t, c, "jürgen@example.org")
	deliver(t, c, "jane@example.org")
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff([]bool{true, false}, s.utf8); diff != "" {
		t.Errorf("SMTPUTF8 differs (-want +got):\n%s", diff)
	}
}
