package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/outgoing"
	"github.com/symbolon/symbolon/internal/program"
)

// Config of a Channel. The names of the settings are those of v26's request_config.
type Config struct {
	URL     string
	Method  string // empty for POST
	Headers map[string]string
	Auth    outgoing.Auth
	// Body returns a Jsonnet function of one parameter, ctx; nil for the parameter itself
	// as JSON.
	Body    func(context.Context) (*program.Program, error)
	Timeout time.Duration // of one delivery
}

// maxAnswer bounds what is read of an answer, so that the connection can be used
// again.
const maxAnswer = 64 << 10

// Channel delivers by HTTP requests. It implements courier.Channel.
type Channel struct {
	config Config
	client *http.Client
}

// New returns a channel and connects to nothing yet. The error says what is wrong with
// the configuration.
func New(c Config, client *http.Client) (*Channel, error) {
	if c.Method == "" {
		c.Method = http.MethodPost
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("request_config.url is not an http or https URL") // it may hold a password
	case c.Auth.Type == "api_key" && (c.Auth.Name == "" || c.Auth.In != "" && c.Auth.In != "header" && c.Auth.In != "cookie"):
		return nil, errors.New("request_config.auth of type api_key needs config.name, config.value and config.in, which is header or cookie")
	case c.Auth.Type != "" && c.Auth.Type != "basic_auth" && c.Auth.Type != "api_key":
		return nil, fmt.Errorf("request_config.auth.type is %q; it is basic_auth or api_key", c.Auth.Type)
	}
	if _, err := http.NewRequest(c.Method, c.URL, nil); err != nil { //nolint:noctx // it is never sent
		return nil, errors.New("request_config.method is no HTTP method")
	}
	return &Channel{config: c, client: client}, nil
}

// Name implements courier.Channel.
func (*Channel) Name() string { return "http" }

// message is what the program that writes the body is given, as v26 has it.
type message struct {
	Recipient      string            `json:"recipient"`
	TemplateType   string            `json:"template_type"`
	MessageType    courier.Type      `json:"message_type"`
	Subject        string            `json:"subject"`
	Body           string            `json:"body"`
	HTMLBody       string            `json:"html_body,omitempty"`
	TemplateData   map[string]any    `json:"template_data"`
	RequestHeaders map[string]string `json:"request_headers"`
}

// Deliver implements courier.Channel.
func (c *Channel) Deliver(ctx context.Context, r courier.Rendered) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	body, err := c.body(ctx, r)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, c.config.Method, c.config.URL, strings.NewReader(body))
	if err != nil {
		return errors.New("request_config.url is no URL")
	}
	request.Header.Set("Idempotency-Key", r.ID)
	request.Header.Set("Content-Type", "application/json")
	for name, value := range c.config.Headers {
		request.Header.Set(name, value)
	}
	c.config.Auth.Apply(request)
	answer, err := c.client.Do(request)
	if err != nil {
		return fmt.Errorf("send by HTTP: %w", outgoing.Redact(err))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	return outcome(answer.StatusCode)
}

// body writes the body of the request.
func (c *Channel) body(ctx context.Context, r courier.Rendered) (string, error) {
	raw, err := json.Marshal(message{
		Recipient: r.To, TemplateType: r.Template.WireName(), MessageType: r.Type, Subject: r.Subject, Body: r.Text, HTMLBody: r.HTML,
		TemplateData: r.Data, RequestHeaders: map[string]string{},
	})
	if err != nil {
		return "", fmt.Errorf("%w: write the message as JSON: %w", courier.ErrPermanent, err)
	}
	body := string(raw)
	if c.config.Body != nil {
		writer, err := c.config.Body(ctx)
		if err != nil {
			return "", fmt.Errorf("request_config.body: %w", err)
		}
		if body, err = writer.Call(ctx, "ctx", body); err != nil {
			return "", fmt.Errorf("request_config.body: %w", err)
		}
	}
	if outgoing.WantsForm(c.config.Headers) {
		if body, err = outgoing.Form(body); err != nil {
			return "", fmt.Errorf("request_config.body %w", err)
		}
	}
	return body, nil
}

// outcome tells a refusal of this very message from one that may pass: a wrong key or
// address refuses everything until the configuration is corrected, and must not make
// dead letters of the whole queue.
func outcome(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusBadRequest, status == http.StatusConflict, status == http.StatusGone,
		status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: the service answered %d", courier.ErrPermanent, status)
	}
	return fmt.Errorf("the service answered %d", status)
}
