package passkey

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// newcomer is a person whose name is not known yet; the script puts in what is typed.
func (m *Method) newcomer(handle []byte) ceremony.Owner {
	return ceremony.Owner{Handle: handle, Name: m.config.Name, Display: m.config.Name}
}

func (m *Method) invitation() (keyform.Memory, error) {
	handle := newHandle()
	options, pending, err := m.party.Create(ceremony.Passkey, m.newcomer(handle))
	return keyform.Memory{Options: options, Pending: pending, Handle: handle}, err
}

func (m *Method) beginRegistration(context.Context, flow.Submission) (flow.Fact, error) {
	kept, err := m.invitation()
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

func (m *Method) showRegistration(ctx context.Context, v flow.View) ([]ui.Node, error) {
	var kept keyform.Memory
	if ok, err := v.Recall(&kept); err != nil || !ok {
		return nil, err
	}
	field, err := m.identities.NameField(ctx, ID)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(struct {
		Options json.RawMessage `json:"credentialOptions"`
		Field   string          `json:"displayNameFieldName"`
	}{json.RawMessage(kept.Options), field})
	if err != nil {
		return nil, fmt.Errorf("write options of a passkey: %w", err)
	}
	return []ui.Node{
		ui.CSRF(),
		{Name: "passkey_register_trigger", Type: "button", Value: "", Label: "Sign up with passkey", OnClick: "oryPasskeyRegistration"},
		hidden("passkey_register", ""), hidden("passkey_create_data", string(data)), keyform.Script(m.config.Public),
	}, nil
}

// register accepts the passkey of a new identity.
func (m *Method) register(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	draft, err := s.Draft(ctx)
	if err != nil {
		return nil, err
	}
	answer := s.Input.Blob("passkey_register")
	if answer == "" || answer == "true" { // a button was pressed, and the script did not run
		return nil, flow.Reject("passkey_register", message.Missing("passkey_register"))
	}
	if err := s.CountRegistration(ctx, draft); err != nil {
		return nil, err
	}
	kept, err := keyform.Asked(s.View)
	var key ceremony.Key
	var factor session.Factor
	if err == nil {
		key, factor, err = m.made(kept, m.newcomer(kept.Handle), answer)
	}
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyNotAdded)
	}
	c, err := keyform.Added(ID, ceremony.Keys{}, key, kept.Handle)
	if err != nil {
		return nil, err
	}
	return flow.NewCredential{Credential: c, Factor: factor}, nil
}
