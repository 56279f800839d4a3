package smtp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mailServer is a real SMTP server in this process. What is not set, succeeds.
type mailServer struct {
	address       string   // to listen on, then the one it has
	mechanisms    []string // offered for signing in; none if empty
	starttls      bool
	implicit      bool
	international bool // knows RFC 6531
	onMail        func() error
	onRcpt        func(to string) error
	onData        func(*smtp.Conn) error // after the message was read

	roots *x509.CertPool // trust in its certificate

	mu       sync.Mutex
	sessions int
	signedIn []string
	utf8     []bool // of each MAIL FROM
	received []received
}

// received is a message that came in, accepted or not.
type received struct{ from, to, data string }

// start serves until the test ends.
func (s *mailServer) start(t *testing.T) *mailServer {
	t.Helper()
	if s.address == "" {
		s.address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	server := smtp.NewServer(s)
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "mail.example.org", true, s.international
	server.ErrorLog = silent{}
	if s.starttls || s.implicit {
		config := s.certify(t)
		if s.implicit {
			listener = tls.NewListener(listener, config)
		} else {
			server.TLSConfig = config
		}
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return s
}

// certify makes a certificate for 127.0.0.1 that no client trusts but s.roots.
func (s *mailServer) certify(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// silent keeps quiet about connections that tests break on purpose.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// NewSession implements smtp.Backend.
func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions++
	plain := &visit{server: s, conn: c}
	if len(s.mechanisms) == 0 {
		return plain, nil
	}
	return &authVisit{plain}, nil
}

// visit is one connection.
type visit struct {
	server   *mailServer
	conn     *smtp.Conn
	from, to string
}

func (v *visit) Mail(from string, options *smtp.MailOptions) error {
	v.server.mu.Lock()
	v.server.utf8 = append(v.server.utf8, options.UTF8)
	v.server.mu.Unlock()
	if v.from != "" {
		return refuseWith(503) // RFC 5321 section 4.1.4: a message in the middle of another
	}
	v.from = from
	if v.server.onMail == nil {
		return nil
	}
	return v.server.onMail()
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.to = to
	if v.server.onRcpt == nil {
		return nil
	}
	return v.server.onRcpt(to)
}

func (v *visit) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.server.mu.Lock()
	v.server.received = append(v.server.received, received{from: v.from, to: v.to, data: string(raw)})
	v.server.mu.Unlock()
	if v.server.onData == nil {
		return nil
	}
	return v.server.onData(v.conn)
}

func (v *visit) Reset() { v.from = "" }

func (*visit) Logout() error { return nil }

// authVisit is a connection that may sign in.
type authVisit struct{ *visit }

func (v *authVisit) AuthMechanisms() []string { return v.server.mechanisms }

func (v *authVisit) Auth(mechanism string) (sasl.Server, error) {
	check := func(username, password string) error {
		v.server.mu.Lock()
		defer v.server.mu.Unlock()
		v.server.signedIn = append(v.server.signedIn, mechanism+" "+username+" "+password)
		if password != "pa:ss word" {
			return &smtp.SMTPError{Code: authFailed, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong"}
		}
		return nil
	}
	if mechanism == "LOGIN" {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
}

// loginServer asks for a name and then for a password.
type loginServer struct {
	step     int
	username string
	check    func(username, password string) error
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.username = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.username, string(response))
}

// seen is a copy of what the server has noticed so far.
func (s *mailServer) seen() (messages []received, sessions int, signedIn []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received), s.sessions, slices.Clone(s.signedIn)
}

// refuseWith answers a command with a code.
func refuseWith(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "because"}
}
