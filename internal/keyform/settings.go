package keyform

import (
	"context"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Settings is how a method takes, renames and removes keys in settings.
type Settings struct {
	Form
	Type   string // of the credential: the method's id
	Answer string // name of the field for the answer of a new key
	// Create makes options for a key besides those there are.
	Create func(ctx context.Context, s flow.Submission, keys ceremony.Keys) (Memory, error)
	// Made judges the answer of a new key, which is called by its Name unless the person has typed another. handle is the
	// user handle that it was made with. The error is one of a ceremony or a *flow.Rejected.
	Made func(ctx context.Context, s flow.Submission, keys ceremony.Keys, answer string) (key ceremony.Key, handle []byte, err error)
}

// Begin makes options for another key.
func (f Settings) Begin(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Identity == nil {
		return nil, nil
	}
	keys, err := Keys(s.Credential(f.Type))
	if err != nil {
		return nil, err
	}
	kept, err := f.Create(ctx, s, keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

// Submit adds, renames or removes a key.
func (f Settings) Submit(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	fact, err := f.Change(f.Type, s.Credential(f.Type), s.Input)
	if err != nil {
		return nil, err
	}
	if gone, ok := fact.(flow.RemoveCredential); ok {
		gone.Memory, err = f.next(ctx, s, gone.Rest)
		return gone, err
	}
	if fact != nil {
		return fact, nil
	}
	answer := s.Input.Blob(f.Answer)
	if answer == "" {
		return nil, flow.Reject("", message.Of(message.KeyNoChanges))
	}
	return f.add(ctx, s, answer)
}

func (f Settings) add(ctx context.Context, s flow.Submission, answer string) (flow.Fact, error) {
	keys, err := Keys(s.Credential(f.Type))
	if err != nil {
		return nil, err
	}
	key, handle, err := f.Made(ctx, s, keys, answer)
	if err != nil {
		return nil, Refuse(err, message.KeyKeyNotAdded)
	}
	if keys.Find(key.HexID()) >= 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyTaken))
	}
	if key.Name, err = f.Named(s.Input, key.Name); err != nil {
		return nil, err
	}
	c, err := Added(f.Type, keys, key, handle)
	if err != nil {
		return nil, err
	}
	next, err := f.next(ctx, s, &c)
	if err != nil {
		return nil, err
	}
	// Without MultiFactor: adding a key is not signing in with it.
	return flow.NewCredential{Credential: c, Factor: session.Factor{Method: f.Type}, Memory: next}, nil
}

// next makes options for a key besides those of a changed credential.
func (f Settings) next(ctx context.Context, s flow.Submission, c *identity.Credential) (Memory, error) {
	keys, err := Keys(c)
	if err != nil {
		return Memory{}, err
	}
	return f.Create(ctx, s, keys)
}

// Added is the credential of keys and a new one, which was made with that user handle.
func Added(typ string, keys ceremony.Keys, key ceremony.Key, handle []byte) (identity.Credential, error) {
	return Credential(typ, keys.Add(key, handle))
}
