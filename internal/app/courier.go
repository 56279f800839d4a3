package app

import (
	"context"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/traits"
)

// newCourier builds the outbox and what delivers it: the mail server, or the
// mailbox where none is configured.
func (a *composition) newCourier(guard *netguard.Guard) error {
	c := a.config.Courier
	texts, err := mailTexts(context.Background(), c, guard)
	if err != nil {
		return err
	}
	templates, err := courier.NewTemplates(a.config.UI.Name, courier.Own{Dir: c.TemplateOverridePath, Files: texts}, a.config.UI.Languages...)
	if err != nil {
		return err
	}
	templates.NameDevices(pagekit.DeviceText)
	if a.outbox, err = courier.NewOutbox(a.db, templates, a.sealingSecrets(), a.now); err != nil {
		return err
	}
	if c.TemplateOverridePath != "" || len(texts) > 0 || c.DeliveryStrategy == "http" || len(c.Channels) > 0 {
		shapes := wire1.NewHookShapes(a.config.Serve.Public.BaseURL)
		a.outbox.Describe(func(ctx context.Context, id string) (map[string]any, error) {
			i, err := a.identities.ByID(ctx, id)
			if err != nil {
				return nil, err
			}
			return shapes.Identity(i)
		})
	}
	channel, err := a.channels(guard)
	if err != nil {
		return err
	}
	a.dispatcher = courier.NewDispatcher(a.outbox, channel, courier.DispatchConfig{
		Workers: c.Workers, MaxTries: c.MaxTries, MinBackoff: c.Backoff.Min, MaxBackoff: c.Backoff.Max,
		Lease: 2*c.SMTP.Timeout + time.Minute, KeepBodies: a.mailbox(),
	}, a.log)
	return nil
}

// mailTexts reads the texts of courier.templates, by the files whose place they take.
func mailTexts(ctx context.Context, c config.Courier, guard *netguard.Guard) (map[string]string, error) {
	files, err := c.TemplateFiles()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, sourceWithin)
	defer cancel()
	texts := make(map[string]string, len(files))
	for _, f := range files {
		raw, err := traits.ReadSource(ctx, f.URL, func(ctx context.Context, url string) ([]byte, error) { return fetch(ctx, guard, url, url) })
		if err != nil {
			return nil, newProblem(f.Key, fmt.Errorf("can't be read: %w", err))
		}
		texts[f.File] = string(raw)
	}
	return texts, nil
}

// mailbox reports whether mail stays here for want of a server.
func (a *composition) mailbox() bool {
	return a.config.Courier.DeliveryStrategy != "http" && a.config.Courier.SMTP.ConnectionURI == ""
}

// mailChannel names what carries mail.
func (a *composition) mailChannel() string {
	switch {
	case a.mailbox():
		return courier.Mailbox{}.Name()
	case a.config.Courier.DeliveryStrategy == "http":
		return "http"
	}
	return "smtp"
}

// sealingSecrets are those of secrets.default, or the cookie secrets where a
// file has no others.
func (a *composition) sealingSecrets() []string {
	if a.config.Secrets.Unset() {
		return a.config.Secrets.Signing()
	}
	return config.Reveal(a.config.Secrets.Default)
}
