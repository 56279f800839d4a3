package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/secret"
	"symbolon/internal/ui"
)

// SubmitRequest is one submission of one method's form.
type SubmitRequest struct {
	Kind   Kind
	Method string
	FlowID string
	URL    string // of the request
	Input  Input
	Caller Caller

	// ByLink: it was no form but a link of ours or of the page. That the flow is this
	// browser's own stands in for the form's token.
	ByLink bool

	retried bool // judged for the second time, since the credential had changed
	resumed bool // the secret that the flow waits for has come back
	params  *CallbackParams
}

// Submit runs one step. It is the only path from a submission to an effect, so
// the checks on it can't be forgotten by a method or a kind.
func (e *Engine) Submit(ctx context.Context, r SubmitRequest) (Result, error) {
	result, err := e.submit(ctx, r)
	e.observer.Submitted(r.Kind, r.Method, OutcomeName(result, err))
	return result, err
}

func (e *Engine) submit(ctx context.Context, r SubmitRequest) (Result, error) {
	step, ok := e.steps[r.Kind][r.Method]
	if !ok {
		return Result{}, errs.ErrNotFound
	}
	if err := e.CheckSession(r.Kind, r.Caller); err != nil {
		return Result{}, err
	}
	f, err := e.load(ctx, r.Kind, r.FlowID)
	if err != nil {
		return Result{}, err
	}
	result, err := e.admitted(ctx, f, r, step)
	if err != nil {
		result.Flow = f // tells the transport who is asking
	}
	return result, err
}

func (e *Engine) admitted(ctx context.Context, f *Flow, r SubmitRequest, step Step) (Result, error) {
	if err := e.admit(ctx, f, r); err != nil {
		return e.again(ctx, f, r, err)
	}
	return e.judge(ctx, f, r, step)
}

// judge lets the method make a fact of the submission and the kind an effect of
// the fact.
func (e *Engine) judge(ctx context.Context, f *Flow, r SubmitRequest, step Step) (Result, error) {
	if step.Privileged && !e.privileged(r.Caller) {
		return Result{}, e.reauthenticate(ctx, f, r)
	}
	s := Submission{
		View:  View{Flow: f, Session: r.Caller.Session, method: r.Method},
		Input: r.Input, Resumed: r.resumed, Callback: r.params,
		url: r.URL, caller: r.Caller, engine: e, work: &work{},
	}
	var err error
	if s.Identity, err = e.subject(ctx, f, r.Caller); err != nil {
		return Result{}, err
	}
	fact, err := step.Submit(ctx, s)
	if err != nil {
		return e.again(ctx, f, r, err)
	}
	defer s.work.refunded()
	if k := kindAfter(f, fact); k != f.Kind {
		if s.Flow, err = e.switchKind(ctx, f, k, s); err != nil {
			return Result{}, err
		}
		r.Kind, r.FlowID, s.Identity = k, s.Flow.ID, nil
	}
	if t, ok := fact.(NewTraits); ok && t.Draft.Protected() && !e.privileged(r.Caller) {
		return Result{}, e.reauthenticate(ctx, f, r)
	}
	result, err := e.commit(ctx, s, r, fact)
	if errors.Is(err, errCredentialChanged) && !r.retried {
		r.retried = true
		return e.judge(ctx, f, r, step)
	}
	return result, err
}

// commit turns the fact into the kind's effect, in one transaction.
func (e *Engine) commit(ctx context.Context, s Submission, r SubmitRequest, fact Fact) (Result, error) {
	before := s.Flow
	if err := s.prepare(ctx, fact); err != nil {
		return e.again(ctx, before, r, err)
	}
	var result Result
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		// The function may run again after a rollback, so it works on a copy.
		s.Flow = before.clone()
		s.Flow.Active = ""
		s.Flow.Form.Messages = nil
		var err error
		if result, err = effectFor(s.Flow.Kind, fact)(e, ctx, s, fact); err != nil {
			return err
		}
		return e.store.SaveFlow(ctx, s.Flow)
	})
	if err == nil {
		result.Flow = s.Flow
		return result, nil
	}
	if errors.Is(err, errs.ErrStale) {
		err = e.lost(ctx, before, r.Caller, err)
	}
	return e.again(ctx, before, r, err)
}

// lost explains why another request won: usually the same form was sent twice
// and the flow is over now.
func (e *Engine) lost(ctx context.Context, f *Flow, c Caller, stale error) error {
	now, err := e.load(ctx, f.Kind, f.ID)
	if err != nil {
		return err
	}
	if err := e.checkLifetime(ctx, now, c); err != nil {
		return err
	}
	return stale
}

// again shows the form once more with what was wrong, for a *Rejected; any other
// error is passed on.
func (e *Engine) again(ctx context.Context, f *Flow, r SubmitRequest, why error) (Result, error) {
	rejected, ok := errors.AsType[*Rejected](why)
	if !ok {
		return Result{}, why
	}
	f = f.clone()
	f.Active = r.Method
	f.Form.Messages = nil
	if f.Kind == Settings {
		f.State = Open
	}
	f.CSRF = secret.MaskCSRF(r.Caller.CSRF)
	subject, err := e.subject(ctx, f, r.Caller)
	if err != nil {
		return Result{}, err
	}
	if err := e.build(ctx, f, subject); err != nil {
		return Result{}, err
	}
	if group := f.Form.Group(r.Method); group != nil {
		group.Fill(e.typed(ctx, f, subject, r))
		for _, m := range rejected.Messages {
			group.Add(m.Field, m.Message)
		}
	}
	if err := e.store.SaveFlow(ctx, f); err != nil && !errors.Is(err, errs.ErrStale) {
		return Result{}, fmt.Errorf("save rejected %s flow: %w", f.Kind, err)
	}
	return Result{Outcome: FormRejected, Flow: f, Identity: subject, Session: r.Caller.Session, Cause: rejected.Cause}, nil
}

// typed returns what was typed, by field name, to be shown again.
func (e *Engine) typed(ctx context.Context, f *Flow, subject *identity.Identity, r SubmitRequest) map[string]any {
	values := typedText(f.Form.Group(r.Method), r.Input)
	if schema, err := e.schemaFor(ctx, f.Kind, subject); err == nil {
		maps.Copy(values, schema.Submitted(traitsInput(r.Input)))
	}
	return values
}

// typedText returns the texts that were sent for a group's fields.
func typedText(g *ui.Group, in Input) map[string]any {
	values := map[string]any{}
	for _, node := range g.Nodes {
		if text, ok, _ := in.Text(node.Name); ok {
			values[node.Name] = text
		}
	}
	return values
}

// clone copies what an effect changes, so that a rollback leaves the original.
func (f *Flow) clone() *Flow {
	c := *f
	c.Private = maps.Clone(f.Private)
	if c.Private == nil {
		c.Private = map[string]json.RawMessage{}
	}
	c.Form.Messages = append(c.Form.Messages[:0:0], c.Form.Messages...)
	return &c
}

// OutcomeName is the label of a submission in metrics and logs.
func OutcomeName(r Result, err error) string {
	var code errs.Code
	if err != nil {
		code = errs.Of(err)
	}
	switch {
	case err == nil && r.Outcome == FormRejected:
		return "rejected"
	case err == nil && r.Outcome == Pending:
		return "waiting"
	case err == nil:
		return "success"
	case code == errs.TooMany:
		return "throttled"
	case code == errs.Unavailable:
		return "unavailable"
	case code == errs.Internal && !isRedirect(err):
		return "error"
	}
	return "refused"
}

// isRedirect reports whether the error merely leads the caller elsewhere.
func isRedirect(err error) bool {
	if _, ok := errors.AsType[*LoggedIn](err); ok {
		return true
	}
	if _, ok := errors.AsType[*LoginRequired](err); ok {
		return true
	}
	if _, ok := errors.AsType[*Restarted](err); ok {
		return true
	}
	_, ok := errors.AsType[*Reauthenticate](err)
	return ok
}
