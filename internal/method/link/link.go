package link

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"symbolon/internal/courier"
	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/secret"
	"symbolon/internal/session"
	"symbolon/internal/traits"
	"symbolon/internal/ui"
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
	public     *url.URL // links lead below it, never to what a Host header says
}

// New returns the method; public is the base URL of the public listener.
func New(i Identities, public *url.URL) *Method {
	return &Method{identities: i, public: public}
}

var _ flow.Challenger = (*Method)(nil)

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	step := flow.Step{Show: show, Submit: m.submit}
	return map[flow.Kind]flow.Step{flow.Recovery: step, flow.Verification: step}
}

// memory is whose address an outstanding token proves.
type memory struct {
	IdentityID string `json:"identity_id"`
	Via        string `json:"via"`
	Normalized string `json:"normalized"`
}

// Memory is what a flow remembers of a link to an address, for links that another
// server sent.
func Memory(identityID string, a identity.Address) (json.RawMessage, error) {
	return json.Marshal(memory{IdentityID: identityID, Via: a.Via, Normalized: a.Normalized})
}

func show(context.Context, flow.View) ([]ui.Node, error) {
	return []ui.Node{ui.CSRF(), {
		Name: "email", Type: "email", Required: true, Label: "E-mail", Autocomplete: "email",
	}}, nil
}

// submit sends a link, or takes the token of one.
func (m *Method) submit(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Resumed {
		return proved(s)
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
	if err := s.Spend(ctx, in.Email); err != nil {
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
		return flow.Sent{
			Notify: message.Of(sent(kind)),
			Mail:   []courier.Message{{Template: unknown(kind), To: traits.Normalize(email)}},
		}, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := m.Challenge(kind, *address, owner.ID, s.Flow.ExpiresAt)
	if err != nil {
		return nil, err
	}
	return flow.Sent{
		Notify: message.Of(sent(kind)), ResumeHash: c.ResumeHash, Memory: c.Memory, IdentityID: owner.ID,
		Mail: []courier.Message{c.Mail},
	}, nil
}

// Challenge implements flow.Challenger.
func (m *Method) Challenge(k flow.Kind, a identity.Address, identityID string, expires time.Time) (flow.Challenge, error) {
	token := secret.Token()
	link := m.public.JoinPath("self-service", string(k), "methods", ID)
	link.RawQuery = url.Values{"token": {token}}.Encode()
	return flow.Challenge{
		ResumeHash: secret.Hash(token),
		Memory:     memory{IdentityID: identityID, Via: a.Via, Normalized: a.Normalized},
		URL:        link.String(),
		Mail: courier.Message{
			Template: known(k), To: a.Value, URL: link.String(), Expires: expires, IdentityID: identityID,
		},
	}, nil
}

// proved turns a returned token into the address it was sent to. The engine
// found the flow by the token's hash, so the token itself is right.
func proved(s flow.Submission) (flow.Fact, error) {
	var m memory
	if ok, err := s.Recall(&m); err != nil || !ok {
		return nil, errors.Join(errors.New("flow waits for a token but remembers no address"), err)
	}
	return flow.ProvedAddress{
		IdentityID: m.IdentityID, Via: m.Via, Normalized: m.Normalized,
		Factor: session.Factor{Method: ID},
	}, nil
}

func purpose(k flow.Kind) identity.Purpose {
	if k == flow.Recovery {
		return identity.ForRecovery
	}
	return identity.ForVerification
}

func sent(k flow.Kind) string {
	if k == flow.Recovery {
		return message.KeyRecoverySent
	}
	return message.KeyVerificationSent
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
