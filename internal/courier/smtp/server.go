package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// server is how to reach and greet the mail server.
type server struct {
	host               string
	port               int
	implicit           bool // TLS from the start, rather than by STARTTLS
	tls                *tls.Config
	username, password string // empty for no sign-in
	name               string // what this program calls itself
	domain             string // of Message-IDs
}

// The ports for a URI without one: submission (RFC 6409) and submissions (RFC
// 8314).
const (
	portSubmission  = 587
	portSubmissions = 465
)

func parseURI(uri string) (server, error) {
	u, err := url.Parse(uri)
	if err != nil {
		// The URI holds a password: the parser's error would repeat it.
		return server{}, errors.New("courier.smtp.connection_uri is not a URL of the form smtp://user:password@host:port/")
	}
	s := server{host: u.Hostname(), port: portSubmission}
	switch u.Scheme {
	case "smtp":
	case "smtps":
		s.implicit, s.port = true, portSubmissions
	default:
		return server{}, fmt.Errorf("courier.smtp.connection_uri has the scheme %q; use smtp or smtps", u.Scheme)
	}
	if s.host == "" {
		return server{}, errors.New("courier.smtp.connection_uri names no host")
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return server{}, errors.New("courier.smtp.connection_uri has a port that is no number from 1 to 65535")
		}
	}
	s.tls = &tls.Config{
		ServerName: s.host, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: u.Query().Get("skip_ssl_verify") == "true", //nolint:gosec // the operator's word, documented as such
	}
	if u.User != nil {
		s.username = u.User.Username()
		s.password, _ = u.User.Password()
	}
	return s, nil
}

// ownName is a domain, or an address literal (RFC 5321 section 4.1.3), for
// greetings and Message-IDs.
func ownName(domain string) string {
	address, err := netip.ParseAddr(domain)
	switch {
	case domain == "":
		return "localhost"
	case err != nil:
		return domain
	case address.Is4():
		return "[" + domain + "]"
	}
	return "[IPv6:" + domain + "]"
}

// dial connects, secures the connection and signs in.
func (s server) dial(ctx context.Context) (*session, error) {
	var dialer net.Dialer
	open, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return nil, err
	}
	conn := &boundedConn{Conn: open}
	fresh := &session{conn: conn}
	release := fresh.boundBy(ctx)
	if s.implicit {
		secured := tls.Client(conn, s.tls)
		if err = secured.HandshakeContext(ctx); err == nil {
			fresh.client, err = smtp.NewClient(secured, s.host)
		}
	} else {
		fresh.client, err = smtp.NewClient(conn, s.host)
	}
	if err == nil {
		err = s.begin(fresh.client)
	}
	if !release() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		if !s.implicit && !conn.heard.Load() {
			err = fmt.Errorf("the server sent no greeting; if its port expects TLS from the start, use smtps://: %w", err)
		}
		return nil, err
	}
	return fresh, nil
}

func (s server) begin(client *smtp.Client) error {
	if err := client.Hello(s.name); err != nil {
		return err
	}
	if offered, _ := client.Extension("STARTTLS"); offered && !s.implicit {
		if err := client.StartTLS(s.tls); err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
	}
	return s.signIn(client)
}

// signIn uses the credentials if the server wants any. The mechanisms refuse to
// send a password in the clear, except to this machine.
func (s server) signIn(client *smtp.Client) error {
	if s.username == "" {
		return nil
	}
	offered, err := s.mechanisms(client)
	if err != nil || offered == nil {
		return err
	}
	var mechanism smtp.Auth
	switch {
	case slices.Contains(offered, "PLAIN"):
		mechanism = smtp.PlainAuth("", s.username, s.password, s.host, false)
	case slices.Contains(offered, "LOGIN"):
		mechanism = smtp.LoginAuth(s.username, s.password, s.host, false)
	default:
		return fmt.Errorf("sign in: the server offers neither PLAIN nor LOGIN but %q", strings.Join(offered, " "))
	}
	if err := client.Auth(mechanism); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// mechanisms returns the sign-in mechanisms that the server offers, in upper case;
// nil if it offers none. Keywords of EHLO may be in lower case (RFC 5321 section
// 4.1.1.1), and old servers write AUTH=LOGIN. The library knows neither form, so
// the server is asked a second time, which RFC 5321 section 4.1.4 allows.
func (s server) mechanisms(client *smtp.Client) ([]string, error) {
	if wanted, offer := client.Extension("AUTH"); wanted {
		return strings.Fields(strings.ToUpper(offer)), nil
	}
	id, err := client.Text.Cmd("EHLO %s", s.name)
	if err != nil {
		return nil, err
	}
	client.Text.StartResponse(id)
	defer client.Text.EndResponse(id)
	_, answer, err := client.Text.ReadResponse(codeOK)
	if refused := (*textproto.Error)(nil); errors.As(err, &refused) {
		return nil, nil // a server from before ESMTP, which knows no sign-in
	}
	if err != nil {
		return nil, err
	}
	var offered []string
	for line := range strings.Lines(answer) {
		if rest, ok := strings.CutPrefix(strings.ToUpper(line), "AUTH"); ok && strings.ContainsAny(rest[:min(1, len(rest))], " =") {
			offered = append(offered, strings.FieldsFunc(rest, func(r rune) bool { return r == '=' || r <= ' ' })...)
		}
	}
	return offered, nil
}
