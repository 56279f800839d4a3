package flow

import (
	"context"

	"symbolon/internal/message"
)

// verificationEffect marks the address that was proved.
func verificationEffect(e *Engine, ctx context.Context, s Submission, fact Fact) (Result, error) {
	switch fact := fact.(type) {
	case Sent:
		return e.wait(ctx, s, fact)
	case ProvedAddress:
		if err := e.markVerified(ctx, fact); err != nil {
			return Result{}, err
		}
		s.Flow.State, s.Flow.ResumeHash = Passed, ""
		s.Flow.Form.Messages = []message.Message{message.Of(message.KeyVerificationDone)}
		return Result{Outcome: Finished, Redirect: e.returnURL(s.Flow, s.method)}, nil
	}
	return Result{}, errWrongFact(Verification, fact)
}
