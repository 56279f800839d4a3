package link

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration.
const ID = "link"

// Identities finds the owner of an address.
type Identities interface {
	ByAddress(ctx context.Context, p identity.Purpose, via, typed string) (*identity.Identity, *identity.Address, error)
}

// Method is the link method.
type Method struct {
	identities Identities
	config     Config
	now        func() time.Time
}

// Config is what operators decide.
type Config struct {
	Public   *url.URL      // links lead below it, never to what a Host header says
	Lifespan time.Duration // of a link; 0 for that of its flow, which it never outlives
	// Direct: links name the flow and lead where its form is sent, as those of v1 do.
	Direct bool
	// NotifyUnknown are the kinds in which the owner of an address without an account is
	// written to.
	NotifyUnknown map[flow.Kind]bool
}

// New returns the method.
func New(i Identities, c Config, now func() time.Time) *Method {
	return &Method{identities: i, config: c, now: now}
}

var _ flow.Challenger = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	step := flow.Step{Role: flow.AddressProof, Show: show, Submit: m.submit}
	return map[flow.Kind]flow.Step{flow.Recovery: step, flow.Verification: step}
}

// memory is whose address an outstanding token proves.
type memory struct {
	IdentityID string `json:"identity_id"`
	Via        string `json:"via"`
	Normalized string `json:"normalized"`
	// Expires is when the link ends before its flow does; zero for with it.
	Expires time.Time `json:"expires,omitzero"`
}

// Imported is what a flow waits for of a link to an address that another server sent:
// hash is a form of its token that Config.ImportedHashes of the engine returns.
func Imported(hash, identityID string, a identity.Address) flow.Challenge {
	return flow.Challenge{ResumeHash: hash, Memory: memory{IdentityID: identityID, Via: a.Via, Normalized: a.Normalized}}
}

func show(context.Context, flow.View) ([]ui.Node, error) {
	return []ui.Node{ui.CSRF(), {
		Name: "email", Type: "email", Required: true, Label: message.LabelEmail, Autocomplete: "email",
	}}, nil
}

// submit sends a link, or takes the token of one.
func (m *Method) submit(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Redeemed {
		return m.proved(s)
	}
	var in struct {
		Email string `json:"email" required:"filled"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	in.Email = strings.TrimSpace(in.Email)
	if !traits.IsEmail(in.Email) {
		return nil, flow.Reject("email", message.Message{Key: message.KeyNotAnEmail, Params: map[string]any{"value": in.Email}})
	}
	if err := s.CountMail(ctx, traits.Normalize(in.Email)); err != nil {
		return nil, err
	}
	return m.send(ctx, s, in.Email)
}

// send answers the same whether the address is known or not, after the same
// work: one look-up, one mail, one write.
func (m *Method) send(ctx context.Context, s flow.Submission, email string) (flow.Fact, error) {
	kind := s.Flow.Kind
	owner, address, err := m.identities.ByAddress(ctx, purpose(kind), identity.ViaEmail, email)
	if errors.Is(err, errs.ErrNotFound) {
		return m.sendUnknown(s, traits.Normalize(email))
	}
	if err != nil {
		return nil, err
	}
	if kind == flow.Recovery {
		if may, err := s.MayRecover(ctx, owner, address); err != nil {
			return nil, err
		} else if !may {
			return m.sendUnknown(s, traits.Normalize(email))
		}
	}
	c, err := m.Challenge(s.Flow, *address, owner.ID)
	if err != nil {
		return nil, err
	}
	if kind == flow.Verification && !address.Verified {
		c.Mail.Created = owner.CreatedAt
	}
	return flow.Sent{
		Notify: message.Sent(string(kind), ID), ResumeHash: c.ResumeHash, Memory: c.Memory, IdentityID: owner.ID,
		Mail: []courier.Message{c.Mail},
	}, nil
}

// sendUnknown does the work that it takes to send a link to a known address: a token
// that no identity has is made and remembered. A link that was sent before, in the same
// flow, stays good.
func (m *Method) sendUnknown(s flow.Submission, email string) (flow.Fact, error) {
	c, err := m.Challenge(s.Flow, identity.Address{Via: identity.ViaEmail, Normalized: email}, "")
	if err != nil {
		return nil, err
	}
	sent := flow.Sent{
		Notify: message.Sent(string(s.Flow.Kind), ID), ResumeHash: c.ResumeHash, Memory: c.Memory,
	}
	if m.config.NotifyUnknown[s.Flow.Kind] {
		sent.Mail = []courier.Message{{Template: unknown(s.Flow.Kind), To: email}}
	}
	var before memory
	if waits, err := s.Recall(&before); err != nil {
		return nil, err
	} else if waits && before.IdentityID != "" {
		sent.ResumeHash, sent.Memory = s.Flow.ResumeHash, before
	}
	return sent, nil
}

// Challenge implements flow.Challenger.
func (m *Method) Challenge(f *flow.Flow, a identity.Address, identityID string) (flow.Challenge, error) {
	token := secret.Token()
	link := m.config.Public.JoinPath("self-service", string(f.Kind), "methods", ID)
	query := url.Values{"token": {token}}
	if m.config.Direct {
		link = m.config.Public.JoinPath("self-service", string(f.Kind))
		query.Set("flow", f.ID)
	}
	link.RawQuery = query.Encode()
	kept, expires := memory{IdentityID: identityID, Via: a.Via, Normalized: a.Normalized}, f.ExpiresAt
	if end := m.now().Add(m.config.Lifespan); m.config.Lifespan > 0 && end.Before(expires) {
		kept.Expires, expires = end, end
	}
	return flow.Challenge{
		Link: link.String(), ResumeHash: secret.Hash(token), Memory: kept,
		Mail: courier.Message{Template: known(f.Kind), To: a.Value, URL: link.String(), Expires: expires, IdentityID: identityID},
	}, nil
}

func (m *Method) proved(s flow.Submission) (flow.Fact, error) {
	var kept memory
	if ok, err := s.Recall(&kept); err != nil || !ok {
		return nil, errors.Join(errors.New("flow waits for a token but remembers no address"), err)
	}
	if kept.IdentityID == "" || !kept.Expires.IsZero() && !m.now().Before(kept.Expires) {
		return nil, errs.ErrNotFound // the address was unknown and the token was never sent, or it came too late
	}
	return flow.ProvedAddress{
		IdentityID: kept.IdentityID, Via: kept.Via, Normalized: kept.Normalized,
		Factor: session.Factor{Method: ID},
	}, nil
}

func purpose(k flow.Kind) identity.Purpose {
	if k == flow.Recovery {
		return identity.ForRecovery
	}
	return identity.ForVerification
}

func known(k flow.Kind) courier.Template {
	if k == flow.Recovery {
		return courier.RecoveryValid
	}
	return courier.VerificationValid
}

func unknown(k flow.Kind) courier.Template {
	if k == flow.Recovery {
		return courier.RecoveryInvalid
	}
	return courier.VerificationInvalid
}
