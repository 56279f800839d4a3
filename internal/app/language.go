package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// localizedQueue is the outbox for flows: it writes to each person in their language.
type localizedQueue struct {
	outbox interface {
		Enqueue(ctx context.Context, m courier.Message) error
	}
	choice     *locale.Choice
	identities interface {
		ByID(ctx context.Context, id string) (*identity.Identity, error)
	}
	trait string // path of the trait with the language; empty for none
}

// Enqueue implements courier.Queue. The recipient's trait decides the language. Without
// one it is that of the request, whose sender is most likely the recipient.
func (a localizedQueue) Enqueue(ctx context.Context, m courier.Message) error {
	request := reqctx.From(ctx)
	preferred := ""
	if a.trait != "" && m.IdentityID != "" {
		owner, err := a.identities.ByID(ctx, m.IdentityID)
		switch {
		case err == nil:
			preferred = locale.Trait(owner.Traits, a.trait)
		case !errors.Is(err, errs.ErrNotFound):
			return fmt.Errorf("language of recipient: %w", err)
		}
	}
	m.Language = a.choice.Best(preferred, request.Language, request.Languages).Tag
	return a.outbox.Enqueue(ctx, m)
}

func (a *composition) localizedQueue() localizedQueue {
	return localizedQueue{
		outbox: a.outbox, identities: a.identities,
		choice: locale.NewChoice(a.config.UI.Languages...), trait: a.config.UI.LanguageTrait,
	}
}
