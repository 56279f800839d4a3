package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Hook calls another program at a step of a flow. It is safe for concurrent use.
type Hook interface {
	// Parses reports whether the answer may refuse the step or change the identity. Such hooks
	// are called before anything is stored.
	Parses() bool
	// Call tells the program of the step, until the context ends. The error is a *Rejected where
	// the program refuses it, and of code errs.Upstream where it can't be asked. The change is
	// nil for none.
	Call(context.Context, HookCall) (*IdentityChange, error)
}

// HookCall is what a hook is told.
type HookCall struct {
	Flow     *Flow
	Identity *identity.Identity // nil until the person has proved who they are
	Session  *session.Session   // nil where there is none
	URL      string             // of the request
	// Before: the call is before the flow, whose identity is not shown beside it.
	Before bool
	// Transient is what the submission carries for hooks, a JSON object; nil where nothing was
	// submitted.
	Transient json.RawMessage
}

// IdentityChange is what a hook makes of an identity. What is nil stays.
type IdentityChange struct {
	Traits         json.RawMessage
	SchemaID       *string
	State          *string
	MetadataPublic json.RawMessage
	MetadataAdmin  json.RawMessage
	ExternalID     *string
	// Proven are addresses, by kind and value, that count as verified or not.
	Proven []ProvenAddress
}

// ProvenAddress says of an address whether its owner has proven it.
type ProvenAddress struct {
	Via, Value string
	Verified   bool
}

// KeyHook is the key of messages of hooks. No catalogue has it, so that wires without numbers for
// them show the text alone.
const KeyHook = "hook"

// Said makes a message of a hook's own words and number.
func Said(id int, kind, text string, shown map[string]any) message.Message {
	params := map[string]any{"id": id, "type": kind, "text": text}
	if shown != nil {
		params["shown"] = shown
	}
	return message.Message{Key: KeyHook, Params: params}
}

// which hooks of a list are called.
type which uint8

const (
	every which = iota
	parsing
	plain // all others
)

// call calls hooks in their order.
func (t *told) call(ctx context.Context, hooks []Hook, w which, call HookCall, change func(*IdentityChange) error) error {
	for _, h := range hooks {
		if w != every && h.Parses() != (w == parsing) {
			continue
		}
		made, err := t.once(ctx, h, call)
		if err == nil && made != nil && change != nil {
			err = change(made)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// once calls a hook, or repeats what it answered.
func (t *told) once(ctx context.Context, h Hook, call HookCall) (*IdentityChange, error) {
	about := ""
	if call.Identity != nil {
		about = call.Identity.ID
	}
	if said, ok := t.answers[h]; ok && said.identityID == about {
		return said.change, nil
	}
	call.URL = WithoutSecrets(call.URL)
	var made *IdentityChange
	err := t.within(ctx, func(ctx context.Context) (err error) {
		made, err = h.Call(ctx, call)
		return err
	})
	if err == nil {
		t.answers[h] = hookAnswer{identityID: about, change: made}
	}
	return made, err
}

// within calls another program in the time that is left for all of them.
func (t *told) within(ctx context.Context, call func(context.Context) error) error {
	began := t.now()
	defer func() { t.left -= t.now().Sub(began) }()
	ctx, cancel := context.WithTimeout(ctx, t.left)
	defer cancel()
	return call(ctx)
}

// before calls the hooks before a flow.
func (e *Engine) before(ctx context.Context, t *told, call HookCall) error {
	call.Before = true
	return t.call(ctx, e.config.Kinds[call.Flow.Kind].Before, every, call, nil)
}

// askBefore calls the hooks before a flow that does not exist yet, to which a request leads. A
// refusal has no form to stand on, so it is an error that says what the hook says.
func (e *Engine) askBefore(ctx context.Context, c checked, f *Flow, subject *identity.Identity) error {
	call := HookCall{Flow: f, Identity: subject, URL: c.url}
	if f.Kind == Settings {
		call.Session = c.caller.Session
	}
	err := e.before(ctx, cmp.Or(c.told, e.newTold()), call)
	rejected, ok := errors.AsType[*Rejected](err)
	if !ok {
		return err
	}
	var said []string
	for _, m := range rejected.Messages {
		said = append(said, m.Message.English())
	}
	return &errs.Error{Code: errs.Invalid, ID: "web_hook_refused", Reason: strings.Join(said, " "), Err: rejected.Cause}
}

// hooked reports whether a submission calls hooks once it is judged.
func (e *Engine) hooked(j *judged) bool {
	return len(e.config.Kinds[j.flow.Kind].webAfter(j.method)) > 0 || j.flow.Kind == Recovery && len(e.config.Kinds[Settings].Before) > 0
}

// ask calls the hooks that have a say before the effect of a judged submission that is hooked,
// while no transaction is open.
func (e *Engine) ask(ctx context.Context, j *judged) error {
	hooks := e.config.Kinds[j.flow.Kind].webAfter(j.method)
	call := HookCall{Flow: shownTo(j.flow, j.method), Session: j.caller.Session, URL: j.url, Transient: j.input.transient()}
	switch fact := j.fact.(type) {
	case Authenticated:
		if j.flow.Kind != Login {
			return nil
		}
		call.Identity, call.Session = fact.Identity, e.provisional(j, fact.Identity, fact.Factor)
		return j.told.call(ctx, hooks, every, call, nil)
	case ProvedAddress:
		return e.askProved(ctx, j, fact, call)
	case ClosedAccount:
		call.Identity = j.identity
		return j.told.call(ctx, hooks, parsing, call, nil)
	}
	if j.draft == nil || j.flow.Kind != Registration && j.flow.Kind != Settings {
		return nil
	}
	j.holds = j.flow.Kind == Registration && slices.ContainsFunc(hooks, func(h Hook) bool { return !h.Parses() })
	shown := j.draft.Identity
	call.Identity = &shown
	return j.told.call(ctx, hooks, parsing, call, func(c *IdentityChange) error {
		err := e.redraft(ctx, j, c)
		*call.Identity = j.draft.Identity
		return err
	})
}

// shownTo is a flow as hooks see it: it names the method whose form was sent.
func shownTo(f *Flow, method string) *Flow {
	shown := *f
	shown.Active = method
	return &shown
}

// askProved calls the hooks before the effect of a proof of an address. After a recovery those
// before the settings that it leads to are asked too, before anything is stored.
func (e *Engine) askProved(ctx context.Context, j *judged, fact ProvedAddress, call HookCall) error {
	owner, err := e.identities.ByID(ctx, fact.IdentityID)
	if err != nil {
		return err
	}
	call.Identity = owner
	hooks := e.config.Kinds[j.flow.Kind].webAfter(j.method)
	if j.flow.Kind != Recovery {
		return j.told.call(ctx, hooks, parsing, call, nil)
	}
	if err := j.told.call(ctx, hooks, every, call, nil); err != nil || len(e.config.Kinds[Settings].Before) == 0 {
		return err
	}
	j.next = e.settingsAfter(j, owner)
	return e.before(ctx, j.told, HookCall{Flow: j.next, Identity: owner, Session: e.provisional(j, owner, fact.Factor), URL: j.url})
}

// provisional is the session that a submission is about to make, as hooks see it.
func (e *Engine) provisional(j *judged, owner *identity.Identity, factor session.Factor) *session.Session {
	now := e.now()
	s := &session.Session{IdentityID: owner.ID, Identity: owner, Active: true, IssuedAt: now, AuthenticatedAt: now}
	if has := j.caller.Session; has != nil && has.IdentityID == owner.ID {
		raised := *has
		s = &raised
	}
	factor.At = now
	s.Factors = append(slices.Clip(s.Factors), factor)
	return s
}

// spend takes away what counts once although a hook keeps its proof from its effect: a
// one-time code that was right is of no more use (RFC 6238, 5.2), nor is a challenge that a key has
// answered. It returns the flow as it is then, and
// why the hook said no. A link stays good: it is no guess, and its mailbox opens it again.
func (e *Engine) spend(ctx context.Context, j *judged, refused error) (*Flow, error) {
	proof, signsIn := j.fact.(Authenticated)
	_, proves := j.fact.(ProvedAddress)
	typed := j.waits() && !j.redeemed && (signsIn || proves)
	if !typed && !proof.Spent {
		return j.flow, refused
	}
	f := j.flow
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		if proof.Spent {
			if _, err := e.stillValid(ctx, proof); err != nil {
				return err
			}
			if err := e.upgrade(ctx, proof.Identity.ID, proof); err != nil {
				return err
			}
		}
		f = j.flow.clone()
		switch {
		case typed:
			f.claim(j.caller)
			f.State, f.Active, f.ResumeHash = Open, "", ""
			delete(f.Private, j.method)
			delete(f.Private, offeredMemory) // the operator's code is gone
		case proof.Memory != nil:
			if err := f.remember(j.method, proof.Memory); err != nil {
				return err
			}
		default:
			return nil
		}
		if _, err := e.renderForm(ctx, f, j.caller); err != nil {
			return err
		}
		return e.store.SaveFlow(ctx, f)
	})
	if err != nil {
		return j.flow, err
	}
	return f, refused
}

// post queues a mail that follows a submission, or holds it back until the hooks after it have
// let it pass.
func (e *Engine) post(ctx context.Context, j *judged, m courier.Message) error {
	if j.holds {
		j.held = append(j.held, m)
		return nil
	}
	return e.mail.Enqueue(ctx, m)
}

// tell calls the hooks that follow what has been stored. A registration whose hook fails is
// taken back: its owner is told that it failed, and could not try again.
func (e *Engine) tell(ctx context.Context, j *judged, r Result) error {
	hooks := e.config.Kinds[j.flow.Kind].webAfter(j.method)
	if len(hooks) == 0 || r.Outcome != Completed || r.Identity == nil || j.imagined {
		return nil
	}
	call := HookCall{Flow: shownTo(r.Flow, j.method), Identity: r.Identity, URL: j.url, Transient: j.input.transient()}
	switch j.flow.Kind {
	case Settings, Verification:
		call.Session = r.Session
		return j.told.call(ctx, hooks, plain, call, nil)
	case Registration:
		err := j.told.call(ctx, hooks, plain, call, nil)
		if err == nil && len(j.held) > 0 {
			err = e.store.InTx(ctx, func(ctx context.Context) error { return e.enqueue(ctx, j.held) })
		}
		if err != nil {
			return e.undo(ctx, j, r, err)
		}
	case Login, Recovery: // which were asked before
	}
	return nil
}

// undo deletes the identity of a registration and has its form as it was.
func (e *Engine) undo(ctx context.Context, j *judged, r Result, failed error) error {
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		// An operator may have deleted it first.
		if err := e.identities.Delete(ctx, r.Identity.ID); err != nil && !errors.Is(err, errs.ErrNotFound) {
			return err
		}
		f := j.flow.clone()
		f.Version = r.Flow.Version
		if err := e.store.SaveFlow(ctx, f); err != nil && !errors.Is(err, errs.ErrStale) {
			return err
		}
		return nil
	})
	if err != nil {
		return errors.Join(failed, err)
	}
	return failed
}
