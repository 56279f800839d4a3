package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/courier/smtp"
	"github.com/symbolon/symbolon/internal/courier/webhook"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/outgoing"
	"github.com/symbolon/symbolon/internal/program"
)

// channels lead each message to what carries it: those of courier.channels first, then
// mail to the server, the service or the mailbox.
func (a *composition) channels(guard *netguard.Guard) (courier.Router, error) {
	var router courier.Router
	for _, c := range a.config.Courier.Channels {
		channel, err := a.webhook(guard, "courier.channels["+c.ID+"]", c.Request)
		if err != nil {
			return nil, err
		}
		route := courier.Route{Type: courier.SMS, Channel: channel}
		if c.ID == "email" {
			route.Type = courier.Email
		}
		if route.Templates, err = courier.TemplatesNamed(c.Templates); err != nil {
			return nil, fmt.Errorf("courier.channels[%s].templates: %w", c.ID, err)
		}
		router = append(router, route)
	}
	mail, err := a.mail(guard)
	if err != nil {
		return nil, err
	}
	router = append(router, courier.Route{Type: courier.Email, Channel: mail})
	if a.mailbox() {
		router = append(router, courier.Route{Type: courier.SMS, Channel: courier.Mailbox{}})
	}
	return router, nil
}

// mail is what carries mail without a channel of its own.
func (a *composition) mail(guard *netguard.Guard) (courier.Channel, error) {
	if a.mailbox() {
		return courier.Mailbox{}, nil
	}
	c := a.config.Courier
	if c.DeliveryStrategy == "http" {
		return a.webhook(guard, "courier.http", c.HTTP)
	}
	channel, err := smtp.New(smtp.Config{
		URI: c.SMTP.ConnectionURI.Reveal(), FromAddress: c.SMTP.FromAddress, FromName: c.SMTP.FromName, Timeout: c.SMTP.Timeout,
		Domain: a.config.Serve.Public.BaseURL.Hostname(), LocalName: c.SMTP.LocalName, Headers: c.SMTP.Headers.Reveal(),
		CertificateFile: c.SMTP.ClientCert, KeyFile: c.SMTP.ClientKey,
	}, a.now)
	if err != nil {
		return nil, fmt.Errorf("courier: %w", err)
	}
	return channel, nil
}

// authOf is how a request of the configuration proves who sends it.
func authOf(a config.HTTPAuth) outgoing.Auth {
	return outgoing.Auth{Type: a.Type, User: a.User, Password: a.Password.Reveal(), Name: a.Name, Value: a.Value.Reveal(), In: a.In}
}

// bodyProgram is what makes the bodies of a request of the configuration, so many at a time; nil where it names none. at
// names the request in logs.
func (a *composition) bodyProgram(guard *netguard.Guard, at string, r config.HTTPRequest, running int) (func(context.Context) (*program.Program, error), error) {
	if r.Body == "" {
		return nil, nil //nolint:nilnil // a request may do without one
	}
	body := &sourced[*program.Program]{
		url: r.Body, guard: guard, now: a.now, log: a.log.With(slog.String("key", at)),
		compile: func(name, text string) (*program.Program, error) { return program.Compile(name, text, running) },
	}
	return body.current, body.check()
}

// webhook makes a channel of a request_config.
func (a *composition) webhook(guard *netguard.Guard, at string, r config.HTTPRequest) (courier.Channel, error) {
	c := webhook.Config{
		URL: r.URL.Reveal(), Method: r.Method, Headers: r.Headers.Reveal(), Timeout: a.config.Courier.SMTP.Timeout,
		Auth: authOf(r.Auth),
	}
	var err error
	if c.Body, err = a.bodyProgram(guard, at, r, a.config.Courier.Workers); err != nil {
		return nil, fmt.Errorf("%s.request_config.body: %w", at, err)
	}
	if c.URL == "" {
		return nil, fmt.Errorf("%s.request_config.url is needed", at)
	}
	client, err := guard.Client(c.URL)
	if err != nil {
		return nil, fmt.Errorf("%s.request_config.url: %w", at, err)
	}
	channel, err := webhook.New(c, client)
	if err != nil {
		return nil, fmt.Errorf("%s.%w", at, err)
	}
	return channel, nil
}
