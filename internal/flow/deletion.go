package flow

import (
	"context"
	"net/url"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
)

// closeAccount ends all sessions of the account and has it deleted when the grace period
// is over. The mail to its owner goes out even if notices are switched off:
// should an intruder have done it, the mail is the one way to know in time.
func (e *Engine) closeAccount(ctx context.Context, j *judged, fact ClosedAccount) (Result, error) {
	until := e.now().Add(fact.Grace)
	if err := e.identities.ScheduleDeletion(ctx, j.identity.ID, until); err != nil {
		return Result{}, err
	}
	if err := e.sessions.RevokeOthers(ctx, j.identity.ID, ""); err != nil {
		return Result{}, err
	}
	if err := e.mailAboutAccount(ctx, courier.AccountClosed, j.identity, until); err != nil {
		return Result{}, err
	}
	j.flow.end(e.now())
	page := *e.config.ClosedPage
	page.RawQuery = url.Values{"until": {until.UTC().Format(time.RFC3339)}}.Encode()
	return Result{Outcome: Completed, Identity: j.identity, Redirect: page.String()}, nil
}

// keepAccount withdraws the deletion of an account whose owner signs in.
func (e *Engine) keepAccount(ctx context.Context, owner *identity.Identity) error {
	kept, err := e.identities.Keep(ctx, owner.ID)
	if err != nil || !kept {
		return err
	}
	return e.mailAboutAccount(ctx, courier.AccountKept, owner, e.now())
}

// mailAboutAccount writes to all addresses of an account.
func (e *Engine) mailAboutAccount(ctx context.Context, t courier.Template, owner *identity.Identity, at time.Time) error {
	m := courier.Message{Template: t, IdentityID: owner.ID, Change: courier.Change{At: at}}
	if t == courier.AccountClosed && at.After(e.now()) {
		m.URL, m.Expires = e.config.Kinds[Login].UI.String(), at
	}
	return e.mailAll(ctx, owner.Verifiable, m)
}
