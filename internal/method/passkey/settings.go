package passkey

import (
	"context"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

func form() keyform.Form {
	return keyform.Form{Remove: "passkey_remove", Rename: "passkey_rename", Name: "passkey_displayname", RemoveLabel: `Remove passkey "%s"`}
}

func (m *Method) beginSettings(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Identity == nil {
		return nil, nil
	}
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil {
		return nil, err
	}
	kept, err := m.creation(ctx, s.Identity, keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

// creation makes options for a key besides those there are, with the person's one user handle.
func (m *Method) creation(ctx context.Context, i *identity.Identity, keys ceremony.Keys) (keyform.Memory, error) {
	handle := keys.Handle
	if len(handle) == 0 {
		handle = newHandle()
	}
	owner, err := m.owner(ctx, i, keys, handle)
	if err != nil {
		return keyform.Memory{}, err
	}
	options, pending, err := m.party.Create(ceremony.Passkey, owner)
	return keyform.Memory{Options: options, Pending: pending, Handle: handle}, err
}

func (m *Method) showSettings(_ context.Context, v flow.View) ([]ui.Node, error) {
	keys, err := keyform.Keys(v.Credential(ID))
	if err != nil {
		return nil, err
	}
	var kept keyform.Memory
	ok, err := v.Recall(&kept)
	if err != nil || !ok {
		return nil, err
	}
	nodes := append([]ui.Node{ui.CSRF()}, form().List(keys.Keys, keyform.Last(keys.Keys, v.FirstFactors))...)
	return append(nodes,
		ui.Node{Name: form().Name, Type: "text", Value: "", Label: "Name of the passkey", Autocomplete: "off"},
		ui.Node{Name: "passkey_register_trigger", Type: "button", Value: "", Label: "Add passkey", OnClick: "oryPasskeySettingsRegistration"},
		hidden("passkey_settings_register", ""), hidden("passkey_create_data", kept.Options), keyform.Script(m.config.Public)), nil
}

// change adds, renames or removes a passkey.
func (m *Method) change(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	fact, err := form().Change(ID, s.Credential(ID), s.Input)
	if err != nil {
		return nil, err
	}
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil {
		return nil, err
	}
	if gone, ok := fact.(flow.RemoveCredential); ok {
		rest, err := keyform.Keys(gone.Rest)
		if err != nil {
			return nil, err
		}
		gone.Memory, err = m.creation(ctx, s.Identity, rest)
		return gone, err
	}
	if fact != nil {
		return fact, nil
	}
	answer := s.Input.Blob("passkey_settings_register")
	if answer == "" {
		return nil, flow.Reject("", message.Of(message.KeyNoChanges))
	}
	return m.another(ctx, s, keys, answer)
}

// asked judges a new key of a person who is signed in. handle is the user handle that it was made with.
func (m *Method) asked(ctx context.Context, s flow.Submission, keys ceremony.Keys, answer string) (key ceremony.Key, handle []byte, err error) {
	kept, err := keyform.Asked(s.View)
	if err != nil {
		return key, nil, err
	}
	owner, err := m.owner(ctx, s.Identity, keys, kept.Handle)
	if err != nil {
		return key, nil, err
	}
	key, err = m.made(kept, owner, answer)
	return key, owner.Handle, err
}

func (m *Method) another(ctx context.Context, s flow.Submission, keys ceremony.Keys, answer string) (flow.Fact, error) {
	key, handle, err := m.asked(ctx, s, keys, answer)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyNotAdded)
	}
	if keys.Find(key.HexID()) >= 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyTaken))
	}
	if key.Name, err = form().Named(s.Input, key.Name); err != nil {
		return nil, err
	}
	c, err := add(keys, handle, key)
	if err != nil {
		return nil, err
	}
	stored, err := keyform.Keys(&c)
	if err != nil {
		return nil, err
	}
	next, err := m.creation(ctx, s.Identity, stored)
	if err != nil {
		return nil, err
	}
	// It is a first factor, added by a person who has proved one already.
	return flow.NewCredential{Credential: c, Factor: session.Factor{Method: ID}, Memory: next}, nil
}
