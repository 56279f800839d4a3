package flow

import (
	"context"
	"errors"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

// LinkAsked is when the link of a token was asked for, zero if the token leads nowhere
// (any more). It uses nothing up.
func (e *Engine) LinkAsked(ctx context.Context, k Kind, token string) (time.Time, error) {
	f, err := e.flowByToken(ctx, token)
	if errors.Is(err, errs.ErrNotFound) || err == nil && (f.Kind != k || f.Expired(e.now())) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return f.IssuedAt, nil
}
