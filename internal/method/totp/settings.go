package totp

import (
	"context"
	"fmt"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// memory is the seed that a settings flow offers. It is sealed, and another one for each flow.
type memory struct {
	Sealed string `json:"sealed"`
}

// begin draws the seed of a new flow for a person without an app.
func (m *Method) begin(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Identity == nil || s.Credential(ID) != nil {
		return nil, nil
	}
	kept, err := m.offer(ctx, s.View)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

// offer draws a seed for a flow to show.
func (m *Method) offer(ctx context.Context, v flow.View) (memory, error) {
	account, err := m.names.NameFor(ctx, v.Identity, ID)
	if err != nil {
		return memory{}, err
	}
	if account == "" {
		account = v.Identity.ID
	}
	s, err := newSeed(m.issuer, account)
	if err != nil {
		return memory{}, err
	}
	return memory{Sealed: m.sealer.Seal(s.key.URL(), "flow "+v.Flow.ID)}, nil
}

// offered returns the seed that the flow shows; ok is false if it has none.
func (m *Method) offered(v flow.View) (s seed, ok bool, err error) {
	var kept memory
	if ok, err := v.Recall(&kept); err != nil || !ok {
		return seed{}, false, err
	}
	text, err := m.sealer.Open(kept.Sealed, "flow "+v.Flow.ID)
	if err != nil {
		return seed{}, false, fmt.Errorf("totp seed of a flow: %w", err)
	}
	s, err = parseSeed(text)
	return s, err == nil, err
}

func (m *Method) showSettings(_ context.Context, v flow.View) ([]ui.Node, error) {
	if v.Credential(ID) != nil {
		return []ui.Node{ui.CSRF(), {Name: "totp_unlink", Type: "submit", Value: "true", Required: true, Label: "Unlink TOTP Authenticator App"}}, nil
	}
	s, ok, err := m.offered(v)
	if err != nil || !ok {
		return nil, err
	}
	picture, err := s.picture()
	if err != nil {
		return nil, err
	}
	return []ui.Node{
		ui.CSRF(),
		{Kind: ui.Image, Name: "totp_qr", Type: "image", Value: picture, Disabled: true, Confidential: true, Label: "Authenticator app QR code"},
		{
			Kind: ui.Text, Name: "totp_secret_key", Type: "text", Value: s.text(), Disabled: true, Confidential: true,
			Label: "This is your authenticator app secret. Use it if you can not scan the QR code.",
			Texts: []message.Message{{Key: message.KeyTOTPSecret, Params: map[string]any{"secret": s.text()}}},
		},
		codeNode("Verify code"),
	}, nil
}

// change enrols an app or removes the one there is.
func (m *Method) change(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	var in struct {
		Code string `json:"totp_code"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	switch enrolled := s.Credential(ID) != nil; {
	case enrolled && s.Input.Chosen("totp_unlink"):
		next, err := m.offer(ctx, s.View)
		if err != nil {
			return nil, err
		}
		return flow.RemoveCredential{Type: ID, Memory: next}, nil
	case enrolled:
		return nil, flow.Reject("", message.Of(message.KeyNoChanges))
	case in.Code == "":
		return nil, flow.Reject("totp_code", message.Missing("totp_code"))
	}
	return m.enrol(ctx, s, strings.TrimSpace(in.Code))
}

// enrol accepts the seed that the flow showed, if the app has it. The code that shows so does not count again.
func (m *Method) enrol(ctx context.Context, s flow.Submission, code string) (flow.Fact, error) {
	shared, ok, err := m.offered(s.View)
	if err != nil {
		return nil, err
	}
	if !ok {
		// The app that there was when the flow began has been removed elsewhere. The form shows a seed from now on.
		next, err := m.offer(ctx, s.View)
		if err != nil {
			return nil, err
		}
		return nil, &flow.Rejected{Messages: wrongCode().Messages, Memory: next}
	}
	if err := s.CountCode(ctx, s.Identity.ID); err != nil {
		return nil, err
	}
	step, ok := shared.match(code, m.now(), 0)
	if !ok {
		return nil, wrongCode()
	}
	c, err := m.credential(s.Identity.ID, shared, step)
	if err != nil {
		return nil, err
	}
	return flow.NewCredential{Credential: c, Factor: factor()}, nil
}
