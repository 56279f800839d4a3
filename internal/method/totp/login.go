package totp

import (
	"context"
	"errors"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

func (m *Method) showLogin(_ context.Context, v flow.View) ([]ui.Node, error) {
	if v.Credential(ID) == nil {
		return nil, nil
	}
	return []ui.Node{ui.CSRF(), codeNode("Authentication code")}, nil
}

// login judges a code of the person who is signed in.
func (m *Method) login(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	var in struct {
		Code string `json:"totp_code" required:"filled"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	c := s.Credential(ID)
	if s.Identity == nil || c == nil {
		return nil, wrong(errors.New("identity has no authenticator app"))
	}
	if err := s.CountCode(ctx, s.Identity.ID); err != nil {
		return nil, err
	}
	kept, err := read(c)
	if err != nil {
		return nil, err
	}
	shared, err := m.open(kept, s.Identity.ID)
	if err != nil {
		return nil, err
	}
	now := m.now()
	step, ok := shared.match(strings.TrimSpace(in.Code), now, kept.LastStep)
	if !ok {
		return nil, wrong(nil)
	}
	next, err := m.spent(*c, kept, shared, s.Identity.ID, step)
	if err != nil {
		return nil, err
	}
	return flow.Authenticated{Identity: s.Identity, Factor: factor(), Judged: c, Upgrade: next, Spent: true}, nil
}

// spent is the credential after a code: its step does not count again, and the seed is sealed with the first secret.
func (m *Method) spent(c identity.Credential, kept stored, shared seed, identityID string, step int64) (*identity.Credential, error) {
	kept.LastStep, kept.LastUsedAt = step, moment(m.now())
	kept.Sealed = m.sealer.Seal(shared.key.URL(), bound(identityID))
	var err error
	c.Config, err = kept.config()
	return &c, err
}

// message of a node, for a code that the person typed to enrol.
func wrongCode() *flow.Rejected {
	return flow.Reject("totp_code", message.Of(message.KeyFactorCodeInvalid))
}
