package password

import (
	"context"
	"errors"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/passpolicy"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// showRegistration offers a password; the engine adds the traits after it.
func showRegistration(context.Context, flow.View) ([]ui.Node, error) {
	return []ui.Node{ui.CSRF(), field("new-password")}, nil
}

func showSettings(context.Context, flow.View) ([]ui.Node, error) {
	return []ui.Node{field("new-password"), ui.CSRF()}, nil
}

// register accepts the password of a new identity.
func (m *Method) register(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	password, err := chosen(s)
	if err != nil && !s.Input.IsWhole() {
		return nil, err
	}
	draft, draftErr := s.Draft(ctx)
	if err := flow.BothRejected(err, draftErr); err != nil {
		return nil, err
	}
	if err := m.allowed(ctx, password, draft.Identifiers); err != nil {
		return nil, err
	}
	if err := s.CountRegistration(ctx, draft); err != nil {
		return nil, err
	}
	return m.accept(ctx, password, m.factor())
}

// change accepts a new password of the signed-in identity.
func (m *Method) change(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	password, err := chosen(s)
	if err != nil {
		return nil, err
	}
	draft, err := s.CurrentDraft(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.allowed(ctx, password, draft.Identifiers); err != nil {
		return nil, err
	}
	return m.accept(ctx, password, session.Factor{})
}

func chosen(s flow.Submission) (string, error) {
	var in struct {
		Password string `json:"password" required:"filled"`
	}
	err := s.Input.Bind(&in)
	return in.Password, err
}

// allowed checks the policy. That comes first, so that a refused password costs
// no hash.
func (m *Method) allowed(ctx context.Context, password string, identifiers []string) error {
	err := m.policy.Check(ctx, password, identifiers)
	if broken, ok := errors.AsType[*passpolicy.Violation](err); ok {
		return flow.Reject("password", explain(broken))
	}
	return err
}

func (m *Method) accept(ctx context.Context, password string, proved session.Factor) (flow.Fact, error) {
	hash, err := m.hasher.Hash(ctx, password)
	if err != nil {
		return nil, Busy(err)
	}
	return flow.NewCredential{Credential: Credential(hash), Factor: proved}, nil
}

func explain(v *passpolicy.Violation) message.Message {
	switch v.Kind {
	case passpolicy.TooShort:
		return message.PasswordTooShort(v.MinLength, v.Length)
	case passpolicy.TooLong:
		return message.PasswordTooLong(v.MaxLength, v.Length)
	case passpolicy.TooSimilar:
		return message.PasswordTooSimilar()
	case passpolicy.Common:
		return message.PasswordCommon()
	case passpolicy.Breached:
		return message.PasswordBreached(v.Breaches)
	default:
		return message.PasswordUnchecked()
	}
}
