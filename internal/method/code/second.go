package code

import (
	"context"
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/traits"
	"github.com/symbolon/symbolon/internal/ui"
)

// usable are the addresses that can be the session's second factor: not one by which its first factor came.
func (m *Method) usable(v flow.View) []identity.Address {
	if v.Identity == nil {
		return nil
	}
	c := v.Credential(ID)
	addresses := enrolled(v.Identity, c)
	if c == nil && m.config.Fallback {
		addresses = verified(v.Identity)
	}
	return slices.DeleteFunc(addresses, func(a identity.Address) bool { return v.Session != nil && v.Session.Uses(a.Normalized) })
}

// beginSecond sends a code at once where there is no choice to make, or the start of the flow made it.
func (m *Method) beginSecond(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	addresses := m.usable(s.View)
	for _, a := range addresses {
		if to := s.Flow.SendTo(); to != "" && a.Normalized == traits.NormalizeAddress(a.Via, to) {
			return m.sendSecond(ctx, s, a)
		}
	}
	if len(addresses) != 1 || hasOther(s.Credentials) {
		return nil, nil
	}
	return m.sendSecond(ctx, s, addresses[0])
}

func (m *Method) sendSecond(ctx context.Context, s flow.Submission, a identity.Address) (flow.Fact, error) {
	return m.send(ctx, s, delivery{owner: s.Identity, address: &a, via: a.Via, typed: a.Value})
}

// hasOther reports whether the person may rather want another second factor than a message.
func hasOther(credentials []identity.Credential) bool {
	return slices.ContainsFunc(credentials, func(c identity.Credential) bool {
		return c.Type == "totp" || c.Type == "webauthn" || c.Type == "lookup_secret"
	})
}

// showSecond offers the addresses, and then asks for the code that was sent.
func (m *Method) showSecond(_ context.Context, v flow.View) ([]ui.Node, error) {
	addresses := m.usable(v)
	if len(addresses) == 0 {
		return nil, nil
	}
	kept, ok, err := waiting(v)
	if err != nil {
		return nil, err
	}
	if ok && v.Flow.State == flow.Challenged {
		return []ui.Node{ui.CSRF(), {Name: "identifier", Type: "hidden", Value: kept.Typed}, codeNode("Login code"), resend()}, nil
	}
	nodes := []ui.Node{ui.CSRF()}
	for _, a := range addresses {
		nodes = append(nodes, ui.Node{
			Name: "address", Type: "submit", Value: a.Value, Label: "Send code to " + a.Value,
			Context: map[string]any{"address": a.Value, "channel": a.Via},
		})
	}
	return nodes, nil
}

// second sends a code to one of the person's addresses, or takes it back.
func (m *Method) second(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	kept, ok, err := waiting(s.View)
	if err != nil {
		return nil, err
	}
	if s.Identity == nil {
		return nil, flow.Reject("", message.Of(message.KeyCodeUnknown))
	}
	if _, sent, _ := s.Input.Text("code"); ok && sent && s.Flow.State == flow.Challenged && !s.Input.Chosen("resend") {
		if kept.IdentityID != s.Identity.ID || s.Session != nil && s.Session.Uses(kept.Normalized) {
			return nil, flow.Reject("", message.Of(message.KeyCodeSameMailbox))
		}
		return m.finish(ctx, s, kept, s.Identity.ID)
	}
	chosen, _, _ := s.Input.Text("address")
	if chosen == "" {
		chosen, _, _ = s.Input.Text("identifier")
	}
	if chosen == "" && ok && s.Flow.State == flow.Challenged && !s.Input.Chosen("resend") {
		return nil, flow.Reject("code", message.Missing("code"))
	}
	if chosen == "" && ok {
		chosen = kept.Typed
	}
	if chosen == "" {
		return nil, flow.Reject("identifier", message.Missing("identifier"))
	}
	for _, a := range m.usable(s.View) {
		if a.Normalized == traits.NormalizeAddress(a.Via, chosen) {
			return m.sendSecond(ctx, s, a)
		}
	}
	via, _ := typed(chosen)
	if s.Session != nil && s.Session.Uses(traits.NormalizeAddress(via, chosen)) {
		return nil, flow.Reject("", message.Of(message.KeyCodeSameMailbox))
	}
	return nil, flow.Reject("", message.Of(message.KeyCodeUnknown))
}
