package flow

import (
	"context"

	"symbolon/internal/message"
)

// loginEffect signs in whoever was authenticated.
func loginEffect(e *Engine, ctx context.Context, s Submission, fact Fact) (Result, error) {
	switch fact := fact.(type) {
	case Authenticated:
		return e.signIn(ctx, s, fact)
	case ProvedExternalAccount:
		return Result{}, Reject("", message.Of(message.KeySubjectUnknown))
	}
	return Result{}, errWrongFact(Login, fact)
}

func (e *Engine) signIn(ctx context.Context, s Submission, proof Authenticated) (Result, error) {
	owner := proof.Identity
	if err := e.unchanged(ctx, owner.ID, proof.Judged); err != nil {
		return Result{}, err
	}
	if err := e.upgrade(ctx, owner, proof.Upgrade); err != nil {
		return Result{}, err
	}
	if s.work.draft != nil {
		var err error
		if owner, err = e.saveLink(ctx, s.work.draft); err != nil {
			return Result{}, err
		}
	}
	if e.hasHook(Login, s.method, HookRevoke) {
		if err := e.sessions.RevokeOthers(ctx, owner.ID, ""); err != nil {
			return Result{}, err
		}
	}
	issued, token, err := e.sessions.Issue(ctx, owner, proof.Factor)
	if err != nil {
		return Result{}, err
	}
	s.Flow.end(e.now())
	return Result{
		Outcome: Completed, Session: issued, Token: token, Identity: owner,
		Redirect: e.returnURL(s.Flow, s.method),
	}, nil
}
