package app

import (
	"fmt"
	"time"

	"symbolon/internal/courier"
	"symbolon/internal/courier/smtp"
)

// newCourier builds the outbox and what delivers it: the mail server, or the
// mailbox where none is configured.
func (a *composition) newCourier() error {
	c := a.config.Courier
	templates, err := courier.NewTemplates(a.config.UI.Name, c.TemplateOverridePath, a.config.UI.Languages...)
	if err != nil {
		return err
	}
	if a.outbox, err = courier.NewOutbox(a.db, templates, a.sealingSecrets(), a.now); err != nil {
		return err
	}
	channel, err := a.channel()
	if err != nil {
		return err
	}
	a.dispatcher = courier.NewDispatcher(a.outbox, channel, courier.DispatchConfig{
		Workers: c.Workers, MaxTries: c.MaxTries, MinBackoff: c.Backoff.Min, MaxBackoff: c.Backoff.Max,
		Lease: 2*c.SMTP.Timeout + time.Minute, KeepBodies: a.mailbox(),
	}, a.log)
	return nil
}

// mailbox reports whether mail stays here for want of a server.
func (a *composition) mailbox() bool { return a.config.Courier.SMTP.ConnectionURI == "" }

// mailChannel names what carries mail.
func (a *composition) mailChannel() string {
	if a.mailbox() {
		return courier.Mailbox{}.Name()
	}
	return "smtp"
}

// channel is the list of courier channels: the one that is configured.
func (a *composition) channel() (courier.Channel, error) {
	if a.mailbox() {
		return courier.Mailbox{}, nil
	}
	c := a.config.Courier.SMTP
	channel, err := smtp.New(smtp.Config{
		URI: c.ConnectionURI.Reveal(), FromAddress: c.FromAddress, FromName: c.FromName,
		Timeout: c.Timeout, Domain: a.config.Serve.Public.BaseURL.Hostname(),
	}, a.now)
	if err != nil {
		return nil, fmt.Errorf("courier: %w", err)
	}
	return channel, nil
}

// sealingSecrets are those of secrets.default, or the cookie secrets where a
// file has no others.
func (a *composition) sealingSecrets() []string {
	if a.config.Secrets.Unset() {
		return a.config.Secrets.Signing()
	}
	secrets := make([]string, len(a.config.Secrets.Default))
	for i, s := range a.config.Secrets.Default {
		secrets[i] = s.Reveal()
	}
	return secrets
}
