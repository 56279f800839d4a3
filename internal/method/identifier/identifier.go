package identifier

import (
	"context"
	"errors"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire, as configuration spells the style of login.
const ID = "identifier_first"

// The button that leads back to the identifier.
const (
	screen   = "screen"
	previous = "previous"
)

// Identities finds whom an identifier or an address belongs to.
type Identities interface {
	ByIdentifier(ctx context.Context, typ, typed string) (*identity.Identity, *identity.Credential, error)
	ByAddress(ctx context.Context, p identity.Purpose, via, typed string) (*identity.Identity, *identity.Address, error)
}

// Method is the method.
type Method struct {
	identities Identities
	tells      bool
}

// New returns the method. With tells the form shows what the account has, and says
// where there is none: strangers learn who has an account. Otherwise it looks no account up,
// so that answer and time are the same for everyone (OWASP ASVS 5.0, 6.3.8).
func New(i Identities, tells bool) *Method { return &Method{identities: i, tells: tells} }

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{flow.Login: {Role: flow.Naming, Show: show, Submit: m.name}}
}

// show asks for the identifier, and once it is known offers to enter another.
func show(_ context.Context, v flow.View) ([]ui.Node, error) {
	who := ui.Node{Name: "identifier", Type: "text", Required: true, Label: message.LabelIdentifier, Autocomplete: "username"}
	nodes := []ui.Node{ui.CSRF(), who}
	if v.Flow.Named() != "" {
		nodes = append(nodes, ui.Node{Name: screen, Type: "submit", Value: previous, Label: "Use another account"})
	}
	return nodes, nil
}

// name takes what the person says to be.
func (m *Method) name(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if back, _, _ := s.Input.Text(screen); back == previous {
		return flow.Named{}, nil
	}
	typed, err := s.Input.Identifier()
	if err != nil {
		return nil, err
	}
	if !m.tells {
		return flow.Named{Identifier: typed}, nil
	}
	owner, err := m.owner(ctx, s, typed)
	if err != nil {
		return nil, err
	}
	// Browsers that the owner knows have counts of their own, which strangers can't fill.
	ownerID := ""
	if owner != nil {
		ownerID = owner.ID
	}
	if err := s.CountGuess(ctx, ownerID, typed); err != nil {
		return nil, err
	}
	if owner == nil {
		return nil, flow.Reject("identifier", message.Of(message.KeyNoMethodLeft))
	}
	return flow.Named{Identifier: typed, Owner: owner}, nil
}

// owner finds whom an identifier belongs to: one that signs in with a password, or an
// address that receives codes; nil where there is none.
func (m *Method) owner(ctx context.Context, s flow.Submission, typed string) (*identity.Identity, error) {
	owner, _, err := m.identities.ByIdentifier(ctx, identity.TypePassword, typed)
	if !errors.Is(err, errs.ErrNotFound) {
		return owner, err
	}
	via := identity.ViaSMS
	if strings.Contains(typed, "@") {
		via = identity.ViaEmail
	}
	owner, address, err := m.identities.ByAddress(ctx, identity.ForVerification, via, typed)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if may, err := s.MaySignIn(ctx, owner, address); err != nil || !may {
		return nil, err // a code goes to none
	}
	return owner, nil
}
