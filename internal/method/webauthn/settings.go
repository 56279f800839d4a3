package webauthn

import (
	"cmp"
	"context"
	"crypto/sha256"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/ui"
)

// settings is the method's part of settings.
func (m *Method) settings() keyform.Settings {
	create := func(_ context.Context, _ flow.Submission, keys ceremony.Keys) (keyform.Memory, error) {
		return m.creation(keys)
	}
	return keyform.Settings{Form: form(), Type: ID, Answer: "webauthn_register", Create: create, Made: m.another}
}

// creation makes options for a key besides those there are.
func (m *Method) creation(keys ceremony.Keys) (keyform.Memory, error) {
	handle, sort := keys.Next(), ceremony.SecurityKey
	if len(handle) == 0 {
		sum := sha256.Sum256([]byte(secret.Token()))
		handle = sum[:16] // as long as those of v26
	}
	if m.config.Passwordless {
		sort = m.sort()
	}
	options, pending, err := m.party.Create(sort, m.owner(handle, keys.Keys))
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
	nodes := append([]ui.Node{ui.CSRF()}, form().List(keys.Keys, keyform.Last(keys.Of(true), v.FirstFactors))...)
	adding := m.adding(kept, "Add security key")
	adding[0].Required = true
	return append(nodes, adding...), nil
}

// adding are the nodes that add a key.
func (m *Method) adding(kept keyform.Memory, label string) []ui.Node {
	return []ui.Node{
		{Name: form().Name, Type: "text", Value: "", Label: "Name of the security key", Autocomplete: "off"},
		answer("webauthn_register"),
		{Name: "webauthn_register_trigger", Type: "button", Value: kept.Options, Label: label, OnClick: "oryWebAuthnRegistration"},
		keyform.Script(m.config.Public),
	}
}

// another judges one more key of a person. People with several keys tell them apart by name.
func (m *Method) another(_ context.Context, s flow.Submission, keys ceremony.Keys, text string) (key ceremony.Key, handle []byte, err error) {
	if name, err := form().Named(s.Input, ""); err != nil {
		return key, nil, err
	} else if name == "" {
		return key, nil, flow.Reject(form().Name, message.Missing(form().Name))
	}
	return m.created(s, keys, text)
}

// created judges a new key. handle is the user handle that it was made with.
func (m *Method) created(s flow.Submission, keys ceremony.Keys, text string) (key ceremony.Key, handle []byte, err error) {
	kept, err := keyform.Asked(s.View)
	if err != nil {
		return key, nil, err
	}
	if handle = keys.Next(); len(handle) == 0 {
		handle = kept.Handle
	}
	key, err = m.party.Created(kept.Pending, m.owner(handle, keys.Keys), text, m.now())
	if err == nil && m.config.Passwordless && m.config.RequireVerification && !key.Flags.Verified {
		err = ceremony.ErrUnverified
	}
	key.Passwordless, key.Name = m.config.Passwordless, cmp.Or(key.Model(), "Security key")
	return key, handle, err
}
