package code

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// showRegistration asks for the traits, which the engine adds, and then for the code that was sent.
func (m *Method) showRegistration(_ context.Context, v flow.View) ([]ui.Node, error) {
	_, ok, err := waiting(v)
	if err != nil {
		return nil, err
	}
	if ok && v.Flow.State == flow.Challenged && v.Flow.Active != "profile" { // a person who has gone back chooses again
		return []ui.Node{ui.CSRF(), codeNode("Registration code"), resend()}, nil
	}
	return []ui.Node{ui.CSRF()}, nil
}

// register sends a code to the newcomer's first address, or takes it back. Only the owner of the mailbox learns that an
// address is taken.
func (m *Method) register(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	draft, err := s.Draft(ctx)
	if err != nil {
		return nil, err
	}
	if len(draft.Identity.Verifiable) == 0 {
		return nil, noAddress(s.Flow)
	}
	to := draft.Identity.Verifiable[0]
	sum, err := fingerprint(draft.Identity.Traits)
	if err != nil {
		return nil, err
	}
	kept, ok, err := waiting(s.View)
	if err != nil {
		return nil, err
	}
	if _, sent, _ := s.Input.Text("code"); !ok || !sent || s.Flow.State != flow.Challenged || s.Input.Chosen("resend") {
		if err := s.CountRegistration(ctx, draft); err != nil {
			return nil, err
		}
		return m.send(ctx, s, delivery{via: to.Via, typed: to.Value, traits: sum, values: draft.Identity.Traits})
	}
	return m.registered(ctx, s, draft, kept, sum)
}

// noAddress rejects traits without an address that a code could go to, on the field for one.
func noAddress(f *flow.Flow) error {
	if group := f.Form.Group(ID); group != nil {
		for _, n := range group.Nodes {
			if n.Type == "email" || n.Type == "tel" {
				return flow.Reject(n.Name, message.Missing(n.Name))
			}
		}
	}
	return flow.Reject("", message.Of(message.KeyCodeUnknown))
}

func (m *Method) registered(ctx context.Context, s flow.Submission, draft *identity.Draft, kept memory, sum string) (flow.Fact, error) {
	var in struct {
		Code string `json:"code" required:"filled"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	if kept.Traits != sum {
		return nil, flow.Reject("", message.Of(message.KeyCodeTraitsChanged))
	}
	if err := s.CountCode(ctx, ""); err != nil {
		return nil, err
	}
	if err := m.verify(s.Flow, kept, in.Code); err != nil {
		return nil, err
	}
	draft.Identity.Verifiable = slices.Clone(draft.Identity.Verifiable)
	if a := identity.Find(draft.Identity.Verifiable, kept.Via, kept.Normalized); a != nil {
		a.Verified, a.VerifiedAt = true, m.now()
	}
	return flow.NewCredential{Credential: draft.Codes(), Factor: factor(kept.Via, kept.Normalized)}, nil
}

// fingerprint tells traits from others without keeping them.
func fingerprint(values json.RawMessage) (string, error) {
	var parsed any
	if err := json.Unmarshal(values, &parsed); err != nil {
		return "", fmt.Errorf("read traits: %w", err)
	}
	canonical, err := json.Marshal(parsed)
	if err != nil {
		return "", fmt.Errorf("write traits: %w", err)
	}
	hash := sha256.Sum256(canonical)
	return hex.EncodeToString(hash[:]), nil
}
