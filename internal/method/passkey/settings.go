package passkey

import (
	"context"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/ui"
)

func form() keyform.Form {
	return keyform.Form{Remove: "passkey_remove", Rename: "passkey_rename", Name: "passkey_displayname", RemoveLabel: `Remove passkey "%s"`}
}

// settings is the method's part of settings.
func (m *Method) settings() keyform.Settings {
	return keyform.Settings{Form: form(), Type: ID, Answer: "passkey_settings_register", Create: m.creation, Made: m.another}
}

// creation makes options for a key besides those there are, with the person's one user handle.
func (m *Method) creation(ctx context.Context, s flow.Submission, keys ceremony.Keys) (keyform.Memory, error) {
	handle := keys.Next()
	if len(handle) == 0 {
		handle = newHandle()
	}
	owner, err := m.owner(ctx, s.Identity, keys, handle)
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

// another judges one more key of a person who is signed in. handle is the user handle that it was made with.
func (m *Method) another(ctx context.Context, s flow.Submission, keys ceremony.Keys, answer string) (key ceremony.Key, handle []byte, err error) {
	kept, err := keyform.Asked(s.View)
	if err != nil {
		return key, nil, err
	}
	owner, err := m.owner(ctx, s.Identity, keys, kept.Handle)
	if err != nil {
		return key, nil, err
	}
	key, _, err = m.made(kept, owner, answer)
	return key, owner.Handle, err
}
