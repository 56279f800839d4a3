package webauthn

import (
	"context"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// beginSecond asks for one of the person's keys.
func (m *Method) beginSecond(_ context.Context, s flow.Submission) (flow.Fact, error) {
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil || len(keys.Of(false)) == 0 || s.Identity == nil {
		return nil, err
	}
	kept, err := m.askSecond(keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

func (m *Method) askSecond(keys ceremony.Keys) (keyform.Memory, error) {
	return m.request(ceremony.SecurityKey, m.owner(keys.Handle, keys.Of(false)))
}

func (m *Method) showSecond(ctx context.Context, v flow.View) ([]ui.Node, error) {
	var kept keyform.Memory
	if ok, err := v.Recall(&kept); err != nil || !ok || v.Identity == nil {
		return nil, err
	}
	name, err := m.identities.NameFor(ctx, v.Identity, ID)
	if err != nil {
		return nil, err
	}
	return m.asking(name, kept), nil
}

// second judges the answer of a key of the person who is signed in.
func (m *Method) second(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	text := s.Input.Blob("webauthn_login")
	if text == "" {
		return nil, flow.Reject("webauthn_login", message.Missing("webauthn_login"))
	}
	c := s.Credential(ID)
	keys, err := keyform.Keys(c)
	if err != nil {
		return nil, err
	}
	var kept keyform.Memory
	ok, err := s.Recall(&kept)
	if err != nil {
		return nil, err
	}
	if !ok || s.Identity == nil || len(keys.Of(false)) == 0 {
		return nil, flow.Reject("", message.Of(message.KeyKeyNone))
	}
	if err := s.CountCode(ctx, ""); err != nil { // a signature is not guessed, and tries at codes are the owner's
		return nil, err
	}
	keys, judged, err := m.check(ctx, s.Identity.ID, c, false, kept, text)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyInvalid)
	}
	another, err := m.askSecond(keys)
	if err != nil {
		return nil, err
	}
	return keyform.Used(s.Identity, c, keys, judged.Key, session.Factor{Method: ID}, another)
}
