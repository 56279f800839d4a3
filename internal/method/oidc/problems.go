package oidc

import (
	"context"
	"errors"
	"log/slog"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	protocol "github.com/symbolon/symbolon/internal/oidc"
)

// rejected shows the person what went wrong at a provider. The cause is for the log,
// where a provider that fails for all people is an error of its own, not of one request.
func (m *Method) rejected(ctx context.Context, p *Provider, err error) error {
	problem, ok := errors.AsType[*protocol.Problem](err)
	if !ok || problem.Kind != protocol.Refused {
		level := slog.LevelWarn
		if ok && problem.Kind == protocol.Misconfigured {
			level = slog.LevelError
		}
		m.log.Log(ctx, level, "provider does not work", slog.String("provider", p.ID()), slog.Any("error", err))
		return trouble(p, err)
	}
	r := flow.Reject("", message.Reason(problem.Text))
	r.Cause = err
	return r
}

// trouble is what a person sees when a provider does not do its part.
func trouble(p *Provider, cause error) error {
	r := flow.Reject("", message.Message{Key: message.KeyProviderTrouble, Params: map[string]any{"provider": p.Label()}})
	r.Cause = cause
	return r
}
