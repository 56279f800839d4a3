package code

import (
	"context"
	"errors"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// showLogin asks for the identifier, and then for the code that was sent.
func (m *Method) showLogin(_ context.Context, v flow.View) ([]ui.Node, error) {
	kept, ok, err := waiting(v)
	if err != nil {
		return nil, err
	}
	if ok && v.Flow.State == flow.Challenged {
		return []ui.Node{ui.CSRF(), {Name: "identifier", Type: "hidden", Value: kept.Typed}, codeNode("Login code"), resend()}, nil
	}
	who := ui.Node{Name: "identifier", Type: "text", Required: true, Label: "E-mail or phone number", Autocomplete: "username"}
	if v.Identity != nil {
		addresses := verified(v.Identity)
		if len(addresses) == 0 {
			addresses = v.Identity.Verifiable // the code proves it
		}
		if len(addresses) == 0 {
			return nil, nil
		}
		who.Value = addresses[0].Value
	}
	return []ui.Node{ui.CSRF(), who}, nil
}

// login sends a code as first factor, or takes it back.
func (m *Method) login(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	kept, ok, err := waiting(s.View)
	if err != nil {
		return nil, err
	}
	expects := s.Flow.State == flow.Challenged || s.Flow.State == flow.Passed // the same code again, after an answer that was lost
	if _, sent, _ := s.Input.Text("code"); ok && sent && expects && !s.Input.Chosen("resend") {
		return m.finish(ctx, s, kept, "")
	}
	var in struct {
		Identifier string `json:"identifier" required:"filled"`
	}
	if err := s.Input.Bind(&in); err != nil {
		if !ok || !s.Input.Chosen("resend") {
			return nil, err
		}
		in.Identifier = kept.Typed
	}
	via, value := typed(in.Identifier)
	owner, address, err := m.identities.ByAddress(ctx, identity.ForVerification, via, value)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return nil, err
	}
	if owner != nil {
		may, err := s.MaySignIn(ctx, owner, address)
		if err != nil {
			return nil, err
		}
		if !may || s.Identity != nil && s.Identity.ID != owner.ID { // a person who signs in again stays the same person
			owner, address = nil, nil
		}
	}
	return m.send(ctx, s, delivery{owner: owner, address: address, via: via, typed: value, unknown: courier.LoginCodeInvalid})
}

// finish takes a code of a login. counted is the identity that guesses count against; empty for the client's address
// alone, where strangers may try and must not lock the owner out.
func (m *Method) finish(ctx context.Context, s flow.Submission, kept memory, counted string) (flow.Fact, error) {
	var in struct {
		Code string `json:"code" required:"filled"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	if err := s.CountCode(ctx, counted); err != nil {
		return nil, err
	}
	if err := m.verify(s.Flow, kept, in.Code); err != nil {
		return nil, err
	}
	owner, err := m.identities.ByID(ctx, kept.IdentityID)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return nil, err
	}
	may := false
	if owner != nil {
		a := identity.Find(owner.Verifiable, kept.Via, kept.Normalized)
		may = a != nil && a.Verified
		if a != nil && !may && counted == "" {
			if may, err = s.MaySignIn(ctx, owner, a); err != nil {
				return nil, err
			}
		}
	}
	if !may {
		return nil, flow.Reject("", message.Of(message.KeyCodeInvalidPrefix+string(s.Flow.Kind)))
	}
	proof := flow.Authenticated{Identity: owner, Factor: factor(kept.Via, kept.Normalized)}
	if counted == "" {
		proof.Again = kept
	}
	return proof, nil
}
