package flow

import (
	"context"
	"errors"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// identifierField is the input that takes the identifier, in all methods that need one.
const identifierField = "identifier"

// named is what a login flow stores of the identifier that the person entered.
type named struct {
	Identifier string `json:"identifier"`
	// IdentityID is whose methods alone are offered; empty for all methods.
	IdentityID string `json:"identity_id,omitempty"`
}

// Named is who the person says to be in a login that asks for the identifier first, as
// typed; empty before that, and in all other flows.
func (f *Flow) Named() string {
	var n named
	_, _ = f.recall(namedMemory, &n) // what can't be read is asked for again
	return n.Identifier
}

func (f *Flow) name(fact Named) error {
	if fact.Identifier == "" {
		delete(f.Private, namedMemory)
		return nil
	}
	n := named{Identifier: fact.Identifier}
	if fact.Owner != nil {
		n.IdentityID = fact.Owner.ID
	}
	return f.remember(namedMemory, n)
}

// naming is how far a login is that asks for the identifier first.
type naming struct {
	first       bool // the flow asks for the identifier first
	identifier  string
	owner       *identity.Identity // whose methods alone are offered; nil for all
	gone        bool               // the owner is there no more
	credentials []identity.Credential
	provable    bool // a code to an address that the owner never confirmed signs in
}

// naming reads whom a login was told of.
func (e *Engine) naming(ctx context.Context, f *Flow) (naming, error) {
	n := naming{first: e.namesFirst(f)}
	if !n.first {
		n.identifier = f.Named() // where an account at a provider waits to be linked
		return n, nil
	}
	var kept named
	if _, err := f.recall(namedMemory, &kept); err != nil {
		return n, err
	}
	n.identifier = kept.Identifier
	if kept.IdentityID == "" {
		return n, nil
	}
	var err error
	if n.owner, err = e.identities.ByID(ctx, kept.IdentityID); errors.Is(err, errs.ErrNotFound) {
		n.gone = true
		return n, nil
	} else if err != nil {
		return n, err
	}
	// All unconfirmed addresses of an owner get the same answer.
	if at := slices.IndexFunc(n.owner.Verifiable, func(a identity.Address) bool { return !a.Verified }); at >= 0 {
		a := n.owner.Verifiable[at]
		if n.provable, err = e.maySignIn(ctx, n.owner, a.Via, a.Normalized); err != nil {
			return n, err
		}
	}
	n.credentials, err = e.identities.Credentials(ctx, kept.IdentityID)
	return n, err
}

// namesFirst reports whether a flow asks for the identifier before any proof.
func (e *Engine) namesFirst(f *Flow) bool {
	for id, step := range e.steps[f.Kind] {
		if step.Role == Naming {
			if _, ok := e.offered(id, f); ok {
				return true
			}
		}
	}
	return false
}

// applies reports whether a step has its turn: one that needs the identifier waits for
// it, and where an owner is set only what that owner can use is left. A step that
// has sent a secret or asked for a key stays on offer until that comes back.
func (e *Engine) applies(m Method, step Step, f *Flow, n naming) bool {
	_, asks := f.Private[m.ID()]
	switch {
	case !n.first, step.Role == Naming, f.Active == m.ID() && (f.State == Challenged || asks && n.identifier == ""):
		return true
	case n.identifier == "":
		return step.Needs == NeedsNothing
	case n.gone:
		return false
	case n.owner == nil:
		return true
	case n.provable && step.Needs == SendsToIdentifier:
		return true
	}
	counter, ok := m.(FactorCounter)
	return !ok || counter.CountFactors(n.owner, n.credentials, f.Client).First > 0
}

// proofs lists the methods by which the person may prove who they are now.
func (e *Engine) proofs(ctx context.Context, f *Flow) ([]string, error) {
	n, err := e.naming(ctx, f)
	if err != nil {
		return nil, err
	}
	var left []string
	for _, m := range e.methods {
		if step, ok := e.offered(m.ID(), f); ok && step.Role != Naming && e.applies(m, step, f, n) {
			left = append(left, m.ID())
		}
	}
	return left, nil
}

// fill puts the identifier into a form that needs no input for it any more.
func (n naming) fill(g *ui.Group) {
	if n.identifier == "" {
		return
	}
	if in := g.Node(identifierField); in != nil {
		in.Type, in.Value = "hidden", n.identifier
	}
}

// namedEffect shows what the person may prove who they are with.
func namedEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	fact := j.fact.(Named)
	f := j.flow
	if f.Kind != Login {
		return Result{}, errWrongFact(f.Kind, fact)
	}
	f.State, f.Active, f.ResumeHash = Open, j.method, ""
	f.Form.Messages = e.standing(f)
	if err := f.name(fact); err != nil {
		return Result{}, err
	}
	left, err := e.proofs(ctx, f)
	if err != nil {
		return Result{}, err
	}
	if len(left) == 0 && fact.Identifier != "" {
		return Result{}, Reject(identifierField, message.Of(message.KeyNoMethodLeft))
	}
	subject, err := e.renderForm(ctx, f, j.caller)
	if err != nil {
		return Result{}, err
	}
	return Result{Outcome: Prepares, Identity: subject, Session: j.caller.Session}, nil
}

// sendAtOnce goes on with the one method that is left for an identifier if that method
// needs nothing else: its secret is sent without another question.
func (e *Engine) sendAtOnce(ctx context.Context, j *judged, s Submission) error {
	fact, ok := j.fact.(Named)
	if !ok || fact.Identifier == "" || j.flow.Kind != Login {
		return nil
	}
	f := j.flow.clone()
	f.State, f.Active, f.ResumeHash = Open, j.method, "" // what an earlier identifier was sent does not count
	if err := f.name(fact); err != nil {
		return err
	}
	left, err := e.proofs(ctx, f)
	if err != nil {
		return err
	}
	if len(left) != 1 || e.steps[Login][left[0]].Needs != SendsToIdentifier {
		return nil
	}
	j.flow, j.method, j.step = f, left[0], e.steps[Login][left[0]]
	s.Flow, s.method = f, j.method
	s.Input = s.Input.only(func(field string) bool { return field == identifierField })
	j.fact, err = j.step.Submit(ctx, s)
	return err
}

// keepIdentifier shows an identifier again that came with a proof before the form asked
// for one.
func (e *Engine) keepIdentifier(f *Flow, in Input) {
	typed, sent, _ := in.Text(identifierField)
	if !sent || !e.namesFirst(f) || f.Named() != "" {
		return
	}
	for i := range f.Form.Groups {
		if n := f.Form.Groups[i].Node(identifierField); n != nil {
			n.Value = typed
		}
	}
}
