package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration, and the type of its credentials.
const ID = "lookup_secret"

// Method is the lookup_secret method.
type Method struct {
	hasher Hasher
	sealer *secret.Sealer
	now    func() time.Time
}

// New returns the method.
func New(h Hasher, s *secret.Sealer, now func() time.Time) *Method {
	return &Method{hasher: h, sealer: s, now: now}
}

var _ flow.FactorCounter = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{
		flow.Login:    {Role: flow.SecondFactor, Show: showLogin, Submit: m.login},
		flow.Settings: {Role: flow.Management, Privileged: true, Show: m.showSettings, Submit: m.change},
	}
}

// CountFactors implements flow.FactorCounter. A list whose codes are all used is not a factor: its owner could not get in with it.
func (*Method) CountFactors(_ *identity.Identity, credentials []identity.Credential, _ flow.Client) flow.Factors {
	c := identity.Of(credentials, ID)
	if c == nil {
		return flow.Factors{}
	}
	if stored, err := read(c); err != nil || stored.left() == 0 {
		return flow.Factors{}
	}
	return flow.Factors{Second: 1}
}

func showLogin(_ context.Context, v flow.View) ([]ui.Node, error) {
	c := v.Credential(ID)
	if c == nil {
		return nil, nil
	}
	if stored, err := read(c); err != nil || stored.left() == 0 {
		return nil, err
	}
	return []ui.Node{ui.CSRF(), {Name: ID, Type: "text", Required: true, Label: "Backup recovery code", Autocomplete: "off", Once: true}}, nil
}

// login judges a code of the person who is signed in.
func (m *Method) login(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	var in struct {
		Code string `json:"lookup_secret" required:"filled"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	c := s.Credential(ID)
	if s.Identity == nil || c == nil {
		return nil, flow.Reject("", message.Of(message.KeyLookupNone))
	}
	if err := s.CountCode(ctx, s.Identity.ID); err != nil {
		return nil, err
	}
	stored, err := read(c)
	if err != nil {
		return nil, err
	}
	at, err := stored.find(ctx, m.hasher, normalize(in.Code))
	switch {
	case err != nil:
		return nil, busy(err)
	case at < 0:
		return nil, flow.Reject("", message.Of(message.KeyLookupInvalid))
	case stored.Codes[at].UsedAt != nil:
		return nil, flow.Reject("", message.Of(message.KeyLookupUsed))
	}
	next, err := stored.use(*c, at, m.now())
	if err != nil {
		return nil, err
	}
	return flow.Authenticated{Identity: s.Identity, Factor: session.Factor{Method: ID}, Judged: c, Upgrade: &next, Spent: true}, nil
}

// busy turns a full hashing queue into an answer that says when to come back.
func busy(err error) error {
	if full, ok := errors.AsType[*passhash.Busy](err); ok {
		return &errs.Error{
			Code: errs.Unavailable, ID: "hashing_busy", RetryAfter: full.RetryAfter, Err: err,
			Reason: "The service is busy right now. Please try again in a moment.",
		}
	}
	return err
}

// memory is what a settings flow knows of a list: the new codes, sealed, or that the stored ones are to be listed.
type memory struct {
	Sealed   string `json:"sealed,omitempty"`
	Revealed bool   `json:"revealed,omitempty"`
}

func (m *Method) recall(v flow.View) (codes []string, revealed bool, err error) {
	var kept memory
	if ok, err := v.Recall(&kept); err != nil || !ok || kept.Sealed == "" {
		return nil, kept.Revealed, err
	}
	text, err := m.sealer.Open(kept.Sealed, "flow "+v.Flow.ID)
	if err == nil {
		err = json.Unmarshal([]byte(text), &codes)
	}
	if err != nil {
		return nil, false, fmt.Errorf("recovery codes of a flow: %w", err)
	}
	return codes, false, nil
}

func button(name, label string) ui.Node {
	return ui.Node{Name: name, Type: "submit", Value: "true", Label: label}
}

func codesNode(texts []message.Message) ui.Node {
	plain := make([]string, len(texts))
	for i, t := range texts {
		plain[i] = t.English()
	}
	return ui.Node{
		Kind: ui.Text, Name: "lookup_secret_codes", Type: "text", Value: strings.Join(plain, ", "), Disabled: true, Confidential: true,
		Label: "These are your back up recovery codes. Please keep them in a safe place!", Texts: texts,
	}
}

// showSettings shows new codes until they are confirmed. Codes that are stored can't be shown again: a list says which
// of them are left.
func (m *Method) showSettings(_ context.Context, v flow.View) ([]ui.Node, error) {
	codes, revealed, err := m.recall(v)
	if err != nil {
		return nil, err
	}
	if codes != nil {
		texts := make([]message.Message, len(codes))
		for i, text := range codes {
			texts[i] = message.Message{Key: message.KeyLookupCode, Params: map[string]any{"secret": text}}
		}
		return []ui.Node{ui.CSRF(), codesNode(texts), button("lookup_secret_confirm", "Confirm backup recovery codes")}, nil
	}
	c := v.Credential(ID)
	if c == nil {
		return []ui.Node{ui.CSRF(), button("lookup_secret_regenerate", "Generate new backup recovery codes")}, nil
	}
	disable := button("lookup_secret_disable", "Disable this method")
	if !revealed {
		return []ui.Node{ui.CSRF(), button("lookup_secret_reveal", "Reveal backup recovery codes"), disable}, nil
	}
	stored, err := read(c)
	if err != nil {
		return nil, err
	}
	texts := make([]message.Message, len(stored.Codes))
	for i, kept := range stored.Codes {
		texts[i] = message.Message{Key: message.KeyLookupCodeHidden, Params: map[string]any{"hint": kept.Hint}}
		if kept.UsedAt != nil {
			texts[i] = message.Message{Key: message.KeyLookupCodeUsed, Params: map[string]any{"used_at": kept.UsedAt.UTC().Format(time.RFC3339)}}
		}
	}
	return []ui.Node{ui.CSRF(), codesNode(texts), disable, button("lookup_secret_regenerate", "Generate new backup recovery codes")}, nil
}

// change makes new codes, stores them once they are confirmed, lists those that are left, or removes them all.
func (m *Method) change(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	switch {
	case s.Input.Chosen("lookup_secret_disable"):
		if s.Credential(ID) == nil {
			return nil, flow.Reject("", message.Of(message.KeyLookupNone))
		}
		return flow.RemoveCredential{Type: ID, Memory: memory{}}, nil
	case s.Input.Chosen("lookup_secret_confirm"):
		return m.confirm(ctx, s)
	case s.Input.Chosen("lookup_secret_regenerate"):
		raw, err := json.Marshal(generate())
		if err != nil {
			return nil, fmt.Errorf("keep recovery codes: %w", err)
		}
		return flow.Prepared{Memory: memory{Sealed: m.sealer.Seal(string(raw), "flow "+s.Flow.ID)}}, nil
	case s.Input.Chosen("lookup_secret_reveal"):
		if s.Credential(ID) == nil {
			return nil, flow.Reject("", message.Of(message.KeyLookupNone))
		}
		return flow.Prepared{Memory: memory{Revealed: true}}, nil
	}
	return nil, flow.Reject("", message.Of(message.KeyNoChanges))
}

func (m *Method) confirm(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	codes, _, err := m.recall(s.View)
	if err != nil {
		return nil, err
	}
	if codes == nil {
		return nil, flow.Reject("", message.Of(message.KeyLookupNotGenerated))
	}
	c, err := hashed(ctx, m.hasher, codes, m.now())
	if err != nil {
		return nil, busy(err)
	}
	c.Identifiers = []string{s.Identity.ID}
	return flow.NewCredential{Credential: c, Factor: session.Factor{Method: ID}, Memory: memory{}}, nil
}
