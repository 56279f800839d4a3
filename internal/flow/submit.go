package flow

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

// SubmitRequest is one submission of one method's form. Its body is read
// whole before the session of the caller is looked up, so a client that sends slowly can't
// act for a session that has ended meanwhile.
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
	// ByPage: it was the form of a page, and a page answers it.
	ByPage bool
	// AnyMethod: the URL names no method, so what waits may be of any.
	AnyMethod bool

	began time.Time
	told  *told
}

// overtakings is how often a submission is judged at most to a flow that waits for a
// secret, if other requests change the flow meanwhile.
const overtakings = 10

// Submit runs one step: check, judge, apply, and the form again if the
// submission was wrong. It is the only path from a submission to an effect, so
// the checks on it can't be forgotten by a method or a kind. A guess at a code is judged
// again if the flow changed meanwhile, right or wrong: it gets the answer that it would
// get after the others, so that parallel guesses can't share a try. So is the login of a
// browser, which may have sent its form twice.
func (e *Engine) Submit(ctx context.Context, r SubmitRequest) (Result, error) {
	r.began, r.told = e.now(), e.newTold()
	var result Result
	var err error
	for range overtakings {
		var c checked
		c, err = e.check(ctx, r)
		again := c.waits() || c.signsIn()
		result, err = e.finish(ctx, c, err)
		if !errors.Is(err, errs.ErrStale) || !again {
			break
		}
	}
	if result.Outcome == Pending || asksNamed(r, result, e.steps[r.Kind][r.Method]) {
		wait(ctx, e.config.SentAfter-e.now().Sub(r.began))
	}
	e.observer.Submitted(r.Kind, r.Method, OutcomeName(result, err))
	return result, err
}

// hookTime bounds all calls of one submission together. A listener gives an answer 60 s.
const hookTime = 40 * time.Second

// told is what a submission has told hooks. A submission that is judged once more, because
// another request changed what it rested on, calls no hook again for the same identity.
type told struct {
	now     func() time.Time
	left    time.Duration
	answers map[Hook]hookAnswer
}

type hookAnswer struct {
	identityID string // empty for none
	change     *IdentityChange
}

func (e *Engine) newTold() *told {
	return &told{now: e.now, left: hookTime, answers: map[Hook]hookAnswer{}}
}

// waits reports whether the flow waits for a secret.
func (c checked) waits() bool { return c.flow != nil && c.flow.State == Challenged }

// signsIn reports whether it is a browser that signs in, which may have sent its form twice.
func (c checked) signsIn() bool {
	return c.flow != nil && c.flow.Kind == Login && c.flow.Client == Browser
}

// wait returns after a time, or when the caller has gone.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// finish runs a checked submission to its end, or renders why the check refused it.
func (e *Engine) finish(ctx context.Context, c checked, refused error) (Result, error) {
	result, err := Result{}, refused
	c.told = cmp.Or(c.told, e.newTold())
	if refused == nil && c.flow.Kind == Settings {
		s := c.caller.Session
		err = e.before(ctx, c.told, HookCall{Flow: c.flow, Identity: s.Identity, Session: s, URL: c.url, Transient: c.input.transient()})
	}
	if err == nil {
		result, c, err = e.run(ctx, c)
	}
	if err != nil {
		result, err = e.reject(ctx, c, err)
	}
	if err != nil {
		result.Flow = c.flow // tells the transport who is asking
	}
	return result, err
}

// run judges and applies. A credential that changed while it was judged is judged
// once more. The submission is returned with the flow that it ended in, which is
// another one if the fact belongs to another kind. A submission that hooks are called for goes
// on to its end when its client hangs up: they must not hear of what does not happen.
func (e *Engine) run(ctx context.Context, c checked) (Result, checked, error) {
	for retried := false; ; retried = true {
		j, err := e.judge(ctx, c)
		if j == nil {
			return Result{}, c, err
		}
		c = j.checked
		var result Result
		if err == nil && e.hooked(j) {
			ctx = context.WithoutCancel(ctx)
			if err = e.ask(ctx, j); err != nil {
				c.flow, err = e.spend(ctx, j, err)
			}
		}
		if err == nil {
			if result, err = e.applyAsked(ctx, j); err != nil {
				j.attempts.unsent()
			}
		}
		if err == nil {
			e.dropRetained(ctx, j.fact)
			if err = e.tell(ctx, j, result); err != nil {
				return Result{}, c, err // and stays counted: a form that fails is no way around a limit
			}
			j.attempts.refund()
			return result, c, nil
		}
		if !errors.Is(err, errCredentialChanged) || retried {
			return result, c, err
		}
	}
}
