package flow

import (
	"context"

	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/secret"
)

// verificationEffect marks the address that was proved.
func verificationEffect(e *Engine, ctx context.Context, s Submission, fact Fact) (Result, error) {
	switch fact := fact.(type) {
	case Sent:
		return e.wait(ctx, s, fact)
	case ProvedAddress:
		return e.verified(ctx, s, fact)
	}
	return Result{}, errWrongFact(Verification, fact)
}

func (e *Engine) verified(ctx context.Context, s Submission, fact ProvedAddress) (Result, error) {
	owner, err := e.identities.ByID(ctx, fact.IdentityID)
	if err != nil {
		return Result{}, err
	}
	if identity.Find(owner.Verifiable, fact.Via, fact.Normalized) == nil {
		return Result{}, errs.ErrNotFound // the address was given up since the link was sent
	}
	if _, err := e.markVerified(ctx, owner, fact); err != nil {
		return Result{}, err
	}
	s.Flow.State, s.Flow.ResumeHash = Passed, ""
	s.Flow.Form.Messages = []message.Message{message.Of(message.KeyVerificationDone)}
	if s.Flow.CSRF == "" {
		// It was started by us, for nobody's browser; it is this one's now.
		s.Flow.CSRF = secret.MaskCSRF(s.caller.CSRF)
		if err := e.build(ctx, s.Flow, nil); err != nil {
			return Result{}, err
		}
	}
	return Result{Outcome: Completed, Identity: owner, Redirect: e.returnURL(s.Flow, s.method)}, nil
}
