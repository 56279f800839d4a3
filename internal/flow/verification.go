package flow

import (
	"context"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
)

// provedSlot keeps which address a verification flow has proven, for a second use
// of its link.
const provedSlot = "engine.proved"

type provedMemory struct {
	Via        string `json:"via"`
	Normalized string `json:"normalized"`
}

// verificationEffect marks the address that was proved. The hash of the link stays
// until the flow expires: its second use is told apart from a wrong one.
func verificationEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	fact, ok := j.fact.(ProvedAddress)
	if !ok {
		return Result{}, errWrongFact(Verification, j.fact)
	}
	owner, err := e.identities.ByID(ctx, fact.IdentityID)
	if err != nil {
		return Result{}, err
	}
	if identity.Find(owner.Verifiable, fact.Via, fact.Normalized) == nil {
		return Result{}, errs.ErrNotFound // the address was given up since the secret was sent
	}
	if owner, err = e.markVerified(ctx, owner, fact.Via, fact.Normalized); err != nil {
		return Result{}, err
	}
	f := j.flow
	started := f.CSRF == "" && f.Client == Browser // by the engine, for no client; it is this one's now
	f.claim(j.caller)
	f.State, f.IdentityID = Passed, owner.ID
	f.Form.Messages = []message.Message{message.Of(message.KeyVerificationDone)}
	f.Form.Groups = withoutMessages(f.Form.Groups)
	delete(f.Private, j.method)
	if err := f.remember(provedSlot, provedMemory{Via: fact.Via, Normalized: fact.Normalized}); err != nil {
		return Result{}, err
	}
	taken := f.Client == Browser && (f.CSRF == "" || j.redeemed && j.caller.LinksTakeOver && !j.caller.sees(f))
	if taken { // the link was opened, and no code typed
		f.handOver(j.caller.csrf(Browser))
	}
	if started || taken {
		if err := e.renderFor(ctx, f, nil, j.caller.Session); err != nil {
			return Result{}, err
		}
	}
	return Result{Outcome: Completed, Identity: owner, Redirect: e.returnURL(f, j.method)}, nil
}

// dropRetained ends what an old address may do once a new one is proven. It may fetch a
// schema, so no transaction is open. The address is proven even if this fails; the next
// proof or change settles what is left.
func (e *Engine) dropRetained(ctx context.Context, fact Fact) {
	if proof, ok := fact.(ProvedAddress); ok && e.config.KeepAddress {
		_ = e.identities.DropRetained(ctx, proof.IdentityID)
	}
}
