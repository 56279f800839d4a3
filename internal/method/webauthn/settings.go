package webauthn

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// beginSettings makes options for another key.
func (m *Method) beginSettings(_ context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Identity == nil {
		return nil, nil
	}
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil {
		return nil, err
	}
	kept, err := m.creation(keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

// creation makes options for a key besides those there are.
func (m *Method) creation(keys ceremony.Keys) (keyform.Memory, error) {
	handle, sort := keys.Handle, ceremony.SecurityKey
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

// change adds, renames or removes a key.
func (m *Method) change(_ context.Context, s flow.Submission) (flow.Fact, error) {
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
		gone.Memory, err = m.creation(rest)
		return gone, err
	}
	if fact != nil {
		return fact, nil
	}
	text := s.Input.Blob("webauthn_register")
	if text == "" {
		return nil, flow.Reject("", message.Of(message.KeyNoChanges))
	}
	return m.add(s, keys, text)
}

// created judges a new key. handle is the user handle that it was made with.
func (m *Method) created(s flow.Submission, keys ceremony.Keys, text string) (key ceremony.Key, handle []byte, err error) {
	kept, err := keyform.Asked(s.View)
	if err != nil {
		return key, nil, err
	}
	if handle = keys.Handle; len(handle) == 0 {
		handle = kept.Handle
	}
	key, err = m.party.Created(kept.Pending, m.owner(handle, keys.Keys), text, m.now())
	if err == nil && m.config.Passwordless && m.config.RequireVerification && !key.Flags.Verified {
		err = ceremony.ErrUnverified
	}
	key.Passwordless = m.config.Passwordless
	return key, handle, err
}

// credential is what keys become with one more.
func credential(s flow.Submission, keys ceremony.Keys, made ceremony.Key, handle []byte) (c identity.Credential, err error) {
	otherwise := made.Model()
	if otherwise == "" {
		otherwise = "Security key"
	}
	if made.Name, err = form().Named(s.Input, otherwise); err != nil {
		return c, err
	}
	keys.Handle, keys.Keys = handle, append(slices.Clone(keys.Keys), made)
	return keyform.Credential(ID, keys)
}

func (m *Method) add(s flow.Submission, keys ceremony.Keys, text string) (flow.Fact, error) {
	if name, err := form().Named(s.Input, ""); err != nil {
		return nil, err
	} else if name == "" { // people with several keys tell them apart by it
		return nil, flow.Reject(form().Name, message.Missing(form().Name))
	}
	made, handle, err := m.created(s, keys, text)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyNotAdded)
	}
	if keys.Find(made.HexID()) >= 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyTaken))
	}
	c, err := credential(s, keys, made, handle)
	if err != nil {
		return nil, err
	}
	stored, err := keyform.Keys(&c)
	if err != nil {
		return nil, err
	}
	next, err := m.creation(stored)
	if err != nil {
		return nil, err
	}
	return flow.NewCredential{Credential: c, Factor: session.Factor{Method: ID}, Memory: next}, nil
}
