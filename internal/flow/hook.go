package flow

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

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
	// Call tells the program of the step. The error is a *Rejected where the program refuses
	// it, and of code errs.Upstream where it can't be asked. The change is nil for none.
	Call(context.Context, HookCall) (*IdentityChange, error)
}

// HookCall is what a hook is told.
type HookCall struct {
	Flow     *Flow
	Identity *identity.Identity // nil before anybody has proved to be one
	Session  *session.Session   // nil where there is none
	URL      string             // of the request
	// Transient is what the submission carries for hooks, a JSON object; nil for nothing.
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

// hooksAfter are the hooks that follow a success of a method.
func (e *Engine) hooksAfter(k Kind, method string) []Hook {
	c := e.config.Kinds[k]
	if after, ok := c.After[method]; ok {
		return after.Web
	}
	return c.AfterAll
}

// callAll calls hooks in their order, those that parse or those that don't.
func callAll(ctx context.Context, hooks []Hook, parse bool, call HookCall, change func(*IdentityChange) error) error {
	for _, h := range hooks {
		if h.Parses() != parse {
			continue
		}
		made, err := h.Call(ctx, call)
		if err == nil && made != nil && change != nil {
			err = change(made)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// before calls the hooks before a flow.
func (e *Engine) before(ctx context.Context, f *Flow, owner *identity.Identity, s *session.Session, url string, in Input) error {
	hooks := e.config.Kinds[f.Kind].Before
	if len(hooks) == 0 {
		return nil
	}
	call := HookCall{Flow: f, Identity: owner, Session: s, URL: url, Transient: in.transient()}
	if err := callAll(ctx, hooks, true, call, nil); err != nil {
		return err
	}
	return callAll(ctx, hooks, false, call, nil)
}

// transient is what a submission carries for hooks.
func (in Input) transient() json.RawMessage {
	if raw := in.object["transient_payload"]; len(raw) > 0 && raw[0] == '{' {
		return raw
	}
	return nil
}

// ask calls the hooks that have a say before the effect of a judged submission, while no
// transaction is open.
func (e *Engine) ask(ctx context.Context, j *judged) error {
	hooks := e.hooksAfter(j.flow.Kind, j.method)
	if len(hooks) == 0 {
		return nil
	}
	call := HookCall{Flow: j.flow, Session: j.caller.Session, URL: j.url, Transient: j.input.transient()}
	switch fact := j.fact.(type) {
	case Authenticated:
		if j.flow.Kind != Login {
			return nil
		}
		call.Identity, call.Session = fact.Identity, e.provisional(j, fact)
		if err := callAll(ctx, hooks, true, call, nil); err != nil {
			return err
		}
		return callAll(ctx, hooks, false, call, nil)
	case ProvedAddress:
		if j.flow.Kind != Recovery {
			return nil
		}
		owner, err := e.identities.ByID(ctx, fact.IdentityID)
		if err != nil {
			return err
		}
		call.Identity = owner
		return callAll(ctx, hooks, false, call, nil)
	}
	if j.draft == nil || j.flow.Kind != Registration && j.flow.Kind != Settings {
		return nil
	}
	shown := j.draft.Identity
	call.Identity = &shown
	return callAll(ctx, hooks, true, call, func(c *IdentityChange) (err error) {
		if j.draft, err = e.redraft(ctx, j, c); err == nil {
			*call.Identity = j.draft.Identity
			if fact, ok := j.fact.(NewTraits); ok {
				fact.Draft = j.draft
				j.fact = fact
			}
		}
		if err == nil { // the answer may change what needs more of the session
			err = e.permit(ctx, j, j.draft.Protected())
		}
		return err
	})
}

// provisional is the session that a login is about to make, as hooks see it.
func (e *Engine) provisional(j *judged, proof Authenticated) *session.Session {
	now := e.now()
	s := &session.Session{IdentityID: proof.Identity.ID, Identity: proof.Identity, Active: true, IssuedAt: now, AuthenticatedAt: now}
	if has := j.caller.Session; has != nil && has.IdentityID == proof.Identity.ID {
		raised := *has
		s = &raised
	}
	factor := proof.Factor
	factor.At = now
	s.Factors = append(slices.Clip(s.Factors), factor)
	return s
}

// tell calls the hooks that follow what has been stored.
func (e *Engine) tell(ctx context.Context, c checked, r Result) error {
	hooks := e.hooksAfter(c.flow.Kind, c.method)
	if len(hooks) > 0 && r.Outcome == Completed && r.Identity != nil {
		call := HookCall{Flow: r.Flow, Identity: r.Identity, Session: r.Session, URL: c.url, Transient: c.input.transient()}
		switch c.flow.Kind {
		case Registration, Settings, Verification:
			if err := callAll(ctx, hooks, false, call, nil); err != nil {
				return e.undo(ctx, c.flow.Kind, r, err)
			}
		case Login, Recovery: // which were asked before
		}
	}
	if r.Next != nil && r.Next.Kind == Settings {
		return e.before(ctx, r.Next, r.Identity, r.Session, c.url, Input{})
	}
	return nil
}

// undo takes a registration back whose hook failed: its owner is told that it failed, and
// could not try again.
func (e *Engine) undo(ctx context.Context, k Kind, r Result, failed error) error {
	if k != Registration {
		return failed
	}
	// There is none where the form hides that the identifier is taken.
	if err := e.identities.Delete(context.WithoutCancel(ctx), r.Identity.ID); err != nil && !errors.Is(err, errs.ErrNotFound) {
		return err
	}
	return failed
}
