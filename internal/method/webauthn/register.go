package webauthn

import (
	"context"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

func (m *Method) beginRegistration(context.Context, flow.Submission) (flow.Fact, error) {
	kept, err := m.creation(ceremony.Keys{})
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

func (m *Method) showRegistration(_ context.Context, v flow.View) ([]ui.Node, error) {
	var kept keyform.Memory
	if ok, err := v.Recall(&kept); err != nil || !ok {
		return nil, err
	}
	return append([]ui.Node{ui.CSRF()}, m.adding(kept, "Sign up with security key")...), nil
}

// register accepts the key of a new identity.
func (m *Method) register(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	draft, err := s.Draft(ctx)
	if err != nil {
		return nil, err
	}
	text := s.Input.Blob("webauthn_register")
	if text == "" {
		return nil, flow.Reject("webauthn_register", message.Missing("webauthn_register"))
	}
	if err := s.CountRegistration(ctx, draft); err != nil {
		return nil, err
	}
	made, handle, err := m.created(s, ceremony.Keys{}, text)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyNotAdded)
	}
	if made.Name, err = form().Named(s.Input, made.Name); err != nil {
		return nil, err
	}
	c, err := keyform.Added(ID, ceremony.Keys{}, made, handle)
	if err != nil {
		return nil, err
	}
	return flow.NewCredential{Credential: c, Factor: m.factor(made.Flags.Verified)}, nil
}
