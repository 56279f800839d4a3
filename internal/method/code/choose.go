package code

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/traits"
	"github.com/symbolon/symbolon/internal/ui"
)

// The inputs of a recovery in which people choose among the addresses of their account.
const (
	askedField   = "recovery_address"         // any of them
	chosenField  = "recovery_select_address"  // one of those that are shown masked
	confirmField = "recovery_confirm_address" // where the code goes, in full
	backField    = "screen"
	backValue    = "previous"
)

// The steps of such a recovery before a code is sent.
const (
	stepChoice  = "choice"  // among masked addresses
	stepConfirm = "confirm" // the chosen address is asked for in full
)

// option is an address that may be chosen. Its id says nothing about it.
type option struct {
	ID     string `json:"id"`
	Masked string `json:"masked"`
}

// masked hides most of an address. People who know the address recognise it.
func masked(address string) string {
	const head, tail, shortest = 3, 2, 6 // what is shown of a number, and the length below which no account has it
	if local, domain, ok := strings.Cut(address, "@"); ok {
		return string([]rune(local)[:min(2, len([]rune(local)))]) + "****@" + domain
	}
	r := []rune(address)
	if len(r) < shortest {
		return address
	}
	return string(r[:head]) + "****" + string(r[len(r)-tail:])
}

// showChoice asks for an address, then for a choice among those of its account, and then for the code.
func (m *Method) showChoice(_ context.Context, v flow.View) ([]ui.Node, error) {
	kept, sent, err := waiting(v)
	if err != nil {
		return nil, err
	}
	asked := ui.Node{Name: askedField, Type: "hidden", Value: kept.Asked, Once: true}
	back := ui.Node{Name: backField, Type: "submit", Value: backValue, Label: "Back"}
	switch {
	case sent && v.Flow.State == flow.Challenged:
		asked.Value = cmp.Or(kept.Asked, kept.Typed)
		again := ui.Node{Name: confirmField, Type: "submit", Value: kept.Typed, Label: "Resend code"}
		if v.Flow.Offered() { // as in showAddress
			return []ui.Node{ui.CSRF(), codeNode("Recovery code")}, nil
		}
		return []ui.Node{ui.CSRF(), codeNode("Recovery code"), again, asked, back}, nil
	case kept.Step == stepChoice:
		nodes := []ui.Node{ui.CSRF()}
		for _, o := range kept.Options {
			nodes = append(nodes, ui.Node{Name: chosenField, Type: "submit", Value: o.ID, Label: o.Masked})
		}
		return append(nodes, asked), nil
	case kept.Step == stepConfirm:
		return []ui.Node{ui.CSRF(), {Name: confirmField, Type: "text", Required: true, Label: "Recovery address"}, asked, back}, nil
	}
	return []ui.Node{ui.CSRF(), {Name: askedField, Type: "text", Required: true, Label: "Recovery address"}}, nil
}

// choose takes a recovery a step further: an address, a choice, the address in full, the code.
func (m *Method) choose(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	kept, waits, err := waiting(s.View)
	if err != nil {
		return nil, err
	}
	var in struct {
		Asked   string `json:"recovery_address"`
		Chosen  string `json:"recovery_select_address"`
		Confirm string `json:"recovery_confirm_address"`
		Screen  string `json:"screen"`
		Code    string `json:"code"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	_, typed, _ := s.Input.Text("code")
	waits = waits && s.Flow.State == flow.Challenged
	in.Asked, in.Confirm = strings.TrimSpace(in.Asked), strings.TrimSpace(in.Confirm)
	switch {
	case in.Screen == backValue && !s.Flow.Offered():
		return flow.Prepared{Memory: memory{}}, nil
	case waits && (in.Code != "" || typed && in.Confirm == ""):
		return m.proved(ctx, s, kept, in.Code)
	case waits && s.Flow.Offered() && in.Confirm == "": // before the code that an operator made there was no step
		return nil, flow.Reject("code", message.Missing("code"))
	case in.Confirm != "":
		return m.sendTo(ctx, s, cmp.Or(in.Asked, kept.Asked, in.Confirm), in.Confirm)
	case waits, in.Chosen == "" && kept.Step == stepConfirm:
		return nil, flow.Reject(confirmField, message.Missing(confirmField))
	case in.Asked == "" && (in.Chosen == "" || kept.Asked == ""):
		return nil, flow.Reject(askedField, message.Missing(askedField))
	}
	return m.offer(ctx, s, cmp.Or(in.Asked, kept.Asked), in.Chosen)
}

// offer shows the addresses of the account that asked has, masked, or sends a code at once where there is no choice: asked is
// the only one, it is the one that was chosen, or no account has it.
func (m *Method) offer(ctx context.Context, s flow.Submission, asked, chosen string) (flow.Fact, error) {
	owner, address, err := m.recoverable(ctx, s, asked)
	if err != nil {
		return nil, err
	}
	if owner == nil {
		return m.sendTo(ctx, s, asked, asked)
	}
	shown := memory{Asked: asked, Step: stepChoice}
	for i := range owner.Recovery {
		a := &owner.Recovery[i]
		if may, err := s.MayRecover(ctx, owner, a); err != nil {
			return nil, err
		} else if !may {
			continue
		}
		if a.ID == chosen && a.ID == address.ID {
			return m.sendTo(ctx, s, asked, asked)
		}
		if a.ID == chosen {
			return flow.Prepared{Memory: memory{Asked: asked, Step: stepConfirm}}, nil
		}
		shown.Options = append(shown.Options, option{ID: a.ID, Masked: masked(a.Value)})
	}
	if len(shown.Options) < 2 {
		return m.sendTo(ctx, s, asked, asked)
	}
	if err := s.CountMail(ctx, address.Normalized); err != nil { // what is shown tells something of the account
		return nil, err
	}
	return flow.Prepared{Memory: shown}, nil
}

// recoverable finds the identity that an address may recover, with that address; nil if there is none.
func (m *Method) recoverable(ctx context.Context, s flow.Submission, text string) (*identity.Identity, *identity.Address, error) {
	via, value := typed(text)
	owner, address, err := m.identities.ByAddress(ctx, identity.ForRecovery, via, value)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if may, err := s.MayRecover(ctx, owner, address); err != nil || !may {
		return nil, nil, err
	}
	return owner, address, nil
}

// sendTo sends a code to an address that was typed in full. asked is the one that the recovery began with.
func (m *Method) sendTo(ctx context.Context, s flow.Submission, asked, to string) (flow.Fact, error) {
	owner, address, err := m.recoverable(ctx, s, to)
	if err != nil {
		return nil, err
	}
	via, value := typed(to)
	unknown := courier.RecoveryCodeInvalid
	if !traits.IsEmail(value) {
		unknown = ""
	}
	fact, err := m.send(ctx, s, delivery{owner: owner, address: address, via: via, typed: value, unknown: unknown})
	sent, ok := fact.(flow.Sent)
	if err != nil || !ok {
		return fact, err
	}
	kept, _ := sent.Memory.(memory)
	kept.Asked, kept.Step = asked, ""
	sent.Memory = kept
	sent.Notify.Params = map[string]any{"masked_address": masked(value)}
	return sent, nil
}
