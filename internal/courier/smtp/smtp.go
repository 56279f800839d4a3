package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"symbolon/internal/courier"
)

// Config of a Channel.
type Config struct {
	// URI is smtp://user:password@host:port/ (STARTTLS where offered) or
	// smtps://… (TLS from the start). skip_ssl_verify=true accepts any certificate.
	URI         string
	FromAddress string
	FromName    string
	Timeout     time.Duration // of one delivery
	Domain      string        // of Message-IDs
}

// The bounds of kept connections.
const (
	maxIdle  = 4
	idleLife = 20 * time.Second
)

// Channel delivers over SMTP. It implements courier.Channel.
type Channel struct {
	config  Config
	host    string
	options []mail.Option
	idle    chan connection
	now     func() time.Time
}

// connection is an open connection and when it was last used.
type connection struct {
	client *mail.Client
	used   time.Time
}

// New returns a channel and connects to nothing yet. The error says what is
// wrong with the URI.
func New(c Config, now func() time.Time) (*Channel, error) {
	u, err := url.Parse(c.URI)
	if err != nil {
		// The URI holds a password: the parser's error would repeat it.
		return nil, errors.New("courier.smtp.connection_uri is not a URL of the form smtp://user:password@host:port/")
	}
	options, err := connectOptions(u)
	if err != nil {
		return nil, err
	}
	options = append(options, mail.WithTimeout(c.Timeout), mail.WithoutNoop())
	return &Channel{config: c, host: u.Hostname(), options: options, idle: make(chan connection, maxIdle), now: now}, nil
}

func connectOptions(u *url.URL) ([]mail.Option, error) {
	if u.Hostname() == "" {
		return nil, errors.New("courier.smtp.connection_uri names no host")
	}
	config := &tls.Config{
		ServerName: u.Hostname(), MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: u.Query().Get("skip_ssl_verify") == "true", //nolint:gosec // the operator's word, documented as such
	}
	options := []mail.Option{mail.WithTLSConfig(config)}
	byDefault := 587
	switch u.Scheme {
	case "smtp":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "smtps":
		byDefault = 465
		options = append(options, mail.WithSSL())
	default:
		return nil, fmt.Errorf("courier.smtp.connection_uri has the scheme %q; use smtp or smtps", u.Scheme)
	}
	port := byDefault
	if u.Port() != "" {
		var err error
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, errors.New("courier.smtp.connection_uri has a port that is no number")
		}
	}
	options = append(options, mail.WithPort(port))
	if u.User != nil && u.User.Username() != "" {
		password, _ := u.User.Password()
		// The library refuses to send a password in the clear, except to this machine.
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return options, nil
}

// Name implements courier.Channel.
func (*Channel) Name() string { return "email" }

// Deliver implements courier.Channel.
func (c *Channel) Deliver(ctx context.Context, r courier.Rendered) error {
	message, err := c.message(r)
	if err != nil {
		return fmt.Errorf("%w: %w", courier.ErrPermanent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	client, kept, err := c.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect to mail server: %w", err)
	}
	err = client.Send(message)
	if err != nil && kept && !answered(err) {
		// The server has closed the kept connection in the meantime, before it took
		// anything of this message.
		_ = client.Close()
		if client, err = c.dial(ctx); err != nil {
			return fmt.Errorf("connect to mail server: %w", err)
		}
		err = client.Send(message)
	}
	if err != nil {
		_ = client.Close()
		return classify(err)
	}
	c.keep(client)
	return nil
}

func (c *Channel) message(r courier.Rendered) (*mail.Msg, error) {
	m := mail.NewMsg()
	if err := m.FromFormat(c.config.FromName, c.config.FromAddress); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.To(r.To); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	m.Subject(r.Subject)
	m.SetDateWithValue(c.now())
	// The same id at every try: whoever gets a message twice can see that it is one.
	m.SetMessageIDWithValue(r.ID + "@" + c.config.Domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation replies
	m.SetBodyString(mail.TypeTextPlain, r.Text)
	m.AddAlternativeString(mail.TypeTextHTML, r.HTML)
	return m, nil
}

// connect returns a kept connection that is fresh enough, or a new one.
func (c *Channel) connect(ctx context.Context) (client *mail.Client, kept bool, err error) {
	for {
		select {
		case idle := <-c.idle:
			if c.now().Sub(idle.used) < idleLife && idle.client.Reset() == nil {
				return idle.client, true, nil
			}
			_ = idle.client.Close()
		default:
			client, err = c.dial(ctx)
			return client, false, err
		}
	}
}

func (c *Channel) dial(ctx context.Context) (*mail.Client, error) {
	client, err := mail.NewClient(c.host, c.options...)
	if err != nil {
		return nil, err
	}
	return client, client.DialWithContext(ctx)
}

func (c *Channel) keep(client *mail.Client) {
	select {
	case c.idle <- connection{client: client, used: c.now()}:
	default:
		_ = client.Close()
	}
}

// Close ends the kept connections.
func (c *Channel) Close() error {
	for {
		select {
		case idle := <-c.idle:
			_ = idle.client.Close()
		default:
			return nil
		}
	}
}

// answered reports whether the server itself refused, rather than the
// connection being gone.
func answered(err error) bool {
	var refused *mail.SendError
	return errors.As(err, &refused) && refused.ErrorCode() != 0
}

// classify tells a final refusal (5yz, RFC 5321 section 4.2.1) from one that may
// pass.
func classify(err error) error {
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 && refused.ErrorCode() < 600 {
		return fmt.Errorf("%w: %w", courier.ErrPermanent, err)
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return fmt.Errorf("mail server did not answer in time: %w", err)
	}
	return err
}
