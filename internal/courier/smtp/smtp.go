package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
)

// Config of a Channel.
type Config struct {
	// URI is smtp://user:password@host:port/ (STARTTLS where offered) or
	// smtps://… (TLS from the start). skip_ssl_verify=true accepts any certificate.
	URI         string
	FromAddress string
	FromName    string        // may be empty
	Timeout     time.Duration // of one delivery, with connecting and signing in
	Domain      string        // of Message-IDs and greetings
	LocalName   string        // what this program calls itself; empty for Domain
	Headers     map[string]string
	// CertificateFile and KeyFile (PEM) are what it shows the server; empty for none.
	CertificateFile, KeyFile string
}

// Channel delivers over SMTP. It implements courier.Channel.
type Channel struct {
	config Config
	server server
	idle   pool
	now    func() time.Time
}

// New returns a channel and connects to nothing yet. The error says what is
// wrong with the configuration.
func New(c Config, now func() time.Time) (*Channel, error) {
	s, err := parseURI(c.URI)
	if err != nil {
		return nil, err
	}
	s.name, s.domain = ownName(cmp.Or(c.LocalName, c.Domain)), ownName(c.Domain)
	if c.CertificateFile != "" || c.KeyFile != "" {
		own, err := tls.LoadX509KeyPair(c.CertificateFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("courier.smtp.client_cert_path, courier.smtp.client_key_path: %w", err)
		}
		s.tls.Certificates = []tls.Certificate{own}
	}
	ch := &Channel{config: c, server: s, now: now}
	if _, err := ch.compose(courier.Rendered{ID: "probe", To: "probe@example.org"}); err != nil {
		return nil, fmt.Errorf("courier.smtp: %w", err)
	}
	return ch, nil
}

// Name implements courier.Channel.
func (*Channel) Name() string { return "email" }

// Deliver implements courier.Channel.
func (c *Channel) Deliver(ctx context.Context, r courier.Rendered) error {
	e, err := c.compose(r)
	if err != nil {
		return fmt.Errorf("%w: %w", courier.ErrPermanent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	err = c.send(ctx, e)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("mail server did not answer in time: %w", err)
	}
	return err
}

// send uses a kept connection or a new one. A kept one may have been closed by
// the server in the meantime; as long as it has taken nothing of the message,
// that is not a failed try.
func (c *Channel) send(ctx context.Context, e *envelope) error {
	if kept := c.idle.take(); kept != nil {
		err := c.sendOn(ctx, kept, e)
		var refused *refusal
		if err == nil || ctx.Err() != nil || !errors.As(err, &refused) || !refused.stale() {
			return err
		}
	}
	fresh, err := c.server.dial(ctx)
	if err != nil {
		return fmt.Errorf("connect to mail server: %w", err)
	}
	return c.sendOn(ctx, fresh, e)
}

func (c *Channel) sendOn(ctx context.Context, s *session, e *envelope) error {
	release := s.boundBy(ctx)
	err := s.send(e)
	usable := err == nil
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused.code != 0 {
		usable = refused.code != serviceClosing && s.client.Reset() == nil
	}
	if release() && usable {
		c.idle.put(s)
	} else {
		s.drop()
	}
	return err
}

// Close ends the kept connections.
func (c *Channel) Close() error {
	c.idle.close()
	return nil
}
