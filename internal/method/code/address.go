package code

import (
	"context"
	"encoding/json"
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

func codeNode(label string) ui.Node {
	return ui.Node{Name: "code", Type: "text", Required: true, Label: label, Autocomplete: "one-time-code", Once: true}
}

func resend() ui.Node {
	return ui.Node{Name: "resend", Type: "submit", Value: ID, Label: "Resend code"}
}

// typed is what a person calls an address: mail with an @, else a telephone number.
func typed(text string) (via, value string) {
	value = strings.TrimSpace(text)
	if strings.Contains(value, "@") {
		return identity.ViaEmail, value
	}
	return identity.ViaSMS, value
}

// showAddress asks for an address, and then for the code that was sent there.
func (m *Method) showAddress(_ context.Context, v flow.View) ([]ui.Node, error) {
	kept, ok, err := waiting(v)
	if err != nil {
		return nil, err
	}
	if !ok || v.Flow.State != flow.Challenged {
		return []ui.Node{ui.CSRF(), {Name: "email", Type: "email", Required: true, Label: "E-mail", Autocomplete: "email"}}, nil
	}
	label := "Verification code"
	if v.Flow.Kind == flow.Recovery {
		label = "Recovery code"
	}
	if v.Flow.Offered() { // anyone with the id sees the form, and its code was sent to no address
		return []ui.Node{ui.CSRF(), codeNode(label)}, nil
	}
	again := ui.Node{Name: "email", Type: "submit", Value: kept.Typed, Label: "Resend code"}
	return []ui.Node{ui.CSRF(), codeNode(label), again}, nil
}

// proveAddress sends a code to an address, or takes it back.
func (m *Method) proveAddress(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	kept, ok, err := waiting(s.View)
	if err != nil {
		return nil, err
	}
	text, sent, got := s.Input.Text("code")
	if sent && ok && s.Flow.State == flow.Challenged {
		if got != "" {
			return nil, flow.Reject("code", message.Message{Key: message.KeyWrongType, Params: map[string]any{"want": "string", "got": got}})
		}
		if _, again, _ := s.Input.Text("email"); !again || text != "" {
			return m.proved(ctx, s, kept, text)
		}
	}
	var in struct {
		Email string `json:"email" required:"filled"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	via, value := typed(in.Email)
	if via == identity.ViaEmail && !traits.IsEmail(value) || via != identity.ViaEmail {
		return nil, flow.Reject("email", message.Message{Key: message.KeyNotAnEmail, Params: map[string]any{"value": value}})
	}
	p, unknown := identity.ForVerification, courier.VerificationCodeInvalid
	if s.Flow.Kind == flow.Recovery {
		p, unknown = identity.ForRecovery, courier.RecoveryCodeInvalid
	}
	owner, address, err := m.identities.ByAddress(ctx, p, via, value)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return nil, err
	}
	if owner != nil && s.Flow.Kind == flow.Recovery {
		if may, err := s.MayRecover(ctx, owner, address); err != nil {
			return nil, err
		} else if !may {
			owner, address = nil, nil
		}
	}
	return m.send(ctx, s, delivery{owner: owner, address: address, via: via, typed: value, unknown: unknown})
}

func (m *Method) proved(ctx context.Context, s flow.Submission, kept memory, text string) (flow.Fact, error) {
	if err := s.CountCode(ctx, ""); err != nil {
		return nil, err
	}
	if err := m.verify(s.Flow, kept, text); err != nil {
		return nil, err
	}
	return flow.ProvedAddress{
		IdentityID: kept.IdentityID, Via: kept.Via, Normalized: kept.Normalized, Factor: factor(kept.Via, kept.Normalized),
	}, nil
}

// delivery is where a code goes, if anywhere.
type delivery struct {
	owner   *identity.Identity // nil for an unknown address
	address *identity.Address
	via     string
	typed   string
	unknown courier.Template // what the owner of an unknown mailbox is told; empty for nothing
	traits  string
	values  json.RawMessage // the traits of a newcomer; nil for others
}

// send draws a code and says that it was sent, for every address and however often it is asked: a code goes out at most
// once in a pause, and to known addresses alone. The work is the same.
func (m *Method) send(ctx context.Context, s flow.Submission, d delivery) (flow.Fact, error) {
	before, again, err := waiting(s.View)
	if err != nil {
		return nil, err
	}
	notify := message.Of(message.KeyCodeSentPrefix + string(s.Flow.Kind))
	normalized := traits.NormalizeAddress(d.via, d.typed)
	if again && before.Normalized == normalized && m.now().Before(before.SentAt.Add(m.config.Pause)) && before.Traits == d.traits {
		// Also where a newer code or link took its place, which happens to known addresses alone: that one stays the newest.
		id := before.IdentityID
		if !before.current(s.Flow) {
			id = ""
		}
		return flow.Sent{Notify: notify, ResumeHash: s.Flow.ResumeHash, Memory: before, IdentityID: id}, nil
	}
	if err := s.CountMail(ctx, normalized); err != nil {
		return nil, err
	}
	to, id := identity.Address{Via: d.via, Value: d.typed, Normalized: normalized}, ""
	if d.owner != nil {
		to, id = *d.address, d.owner.ID
	}
	kept, text := m.draw(s.Flow, id, to)
	kept.Typed, kept.Traits = d.typed, d.traits
	if again {
		kept.Step = "again"
	}
	fact := flow.Sent{Notify: notify, ResumeHash: kept.Newest, Memory: kept, IdentityID: id}
	switch {
	case d.owner != nil || d.traits != "":
		mail := m.mail(s.Flow, template(s.Flow.Kind), kept, text)
		mail.To, mail.Traits = to.Value, d.values
		if s.Flow.Kind == flow.Verification && d.owner != nil && !to.Verified {
			mail.Created = d.owner.CreatedAt
		}
		fact.Mail = []courier.Message{mail}
	case d.unknown != "" && d.via == identity.ViaEmail && m.config.NotifyUnknown[s.Flow.Kind]:
		fact.Mail = []courier.Message{{Template: d.unknown, To: normalized}}
	}
	return fact, nil
}
