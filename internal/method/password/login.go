package password

import (
	"context"
	"errors"
	"log/slog"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/ui"
)

// showLogin asks for identifier and password, and for the password alone when a person signs in again.
func showLogin(_ context.Context, v flow.View) ([]ui.Node, error) {
	identifier := ui.Node{Name: "identifier", Type: "text", Required: true, Label: message.LabelIdentifier, Autocomplete: "username"}
	known := v.Credential(identity.TypePassword)
	if known != nil && len(known.Identifiers) > 0 {
		identifier.Value = known.Identifiers[0]
	}
	typed := field("current-password")
	typed.Unusable = v.Flow.Refresh && (known == nil || !known.IsSet())
	return []ui.Node{identifier, typed, ui.CSRF()}, nil
}

// login judges an identifier and a password.
func (m *Method) login(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	var in struct {
		Identifier string `json:"identifier" required:"true"`
		Password   string `json:"password" required:"true"`
	}
	if err := s.Input.Bind(&in); err != nil {
		return nil, err
	}
	owner, credential, err := m.identities.ByIdentifier(ctx, identity.TypePassword, in.Identifier)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return nil, err
	}
	ownerID := ""
	if owner != nil {
		ownerID = owner.ID
	}
	if err := s.CountGuess(ctx, ownerID, in.Identifier); err != nil {
		return nil, err
	}
	if owner == nil {
		return nil, m.pretend(ctx, in.Password, errs.ErrNotFound)
	}
	kept, err := stored(credential)
	switch {
	case err != nil:
		return nil, err
	case kept.Hash != "":
		return m.verify(ctx, owner, credential, kept.Hash, in.Password)
	case kept.ByHook && m.migration != nil:
		return m.migrate(ctx, s, flow.Authenticated{Identity: owner, Factor: m.factor(), Judged: credential}, in.Identifier, in.Password)
	}
	return nil, m.pretend(ctx, in.Password, errors.New("identity has no password"))
}

// migrate asks the system that the account comes from, and stores the hash of a right password.
// Where that is not possible now, the next login asks again. The other system may tell spellings
// apart that are one account here: it is asked with one that the account itself has.
func (m *Method) migrate(ctx context.Context, s flow.Submission, proof flow.Authenticated, identifier, password string) (flow.Fact, error) {
	own, err := m.identities.Spelling(ctx, proof.Identity, identifier)
	if err != nil {
		return nil, err
	}
	right := false
	err = s.CallOut(ctx, func(ctx context.Context) (err error) {
		right, err = m.migration.Matches(ctx, flow.HookCall{Flow: s.Flow, Identity: proof.Identity, URL: s.Flow.Request}, own, password)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !right {
		return nil, m.pretend(ctx, password, nil) // which takes as long as to store the hash of a right one
	}
	proof.Upgrade = m.upgrade(ctx, proof.Judged, password)
	return proof, nil
}

// pretend takes as long as judging a password would.
func (m *Method) pretend(ctx context.Context, password string, why error) error {
	if err := m.hasher.VerifyNothing(ctx, password); err != nil {
		return Busy(err)
	}
	return rejected(why)
}

func (m *Method) verify(ctx context.Context, owner *identity.Identity, c *identity.Credential, hash, password string) (flow.Fact, error) {
	result, err := m.hasher.Verify(ctx, hash, password)
	if unusable(err) {
		// The hash is malformed, or it would cost more than this server may spend. The
		// caller learns nothing; the operator learns which key to raise.
		m.log.WarnContext(ctx, "stored password hash is not judged", slog.String("identity_id", owner.ID), slog.Any("error", err))
		return nil, m.pretend(ctx, password, err)
	}
	if err != nil {
		return nil, Busy(err)
	}
	if !result.Match {
		return nil, rejected(nil)
	}
	fact := flow.Authenticated{Identity: owner, Factor: m.factor(), Judged: c}
	if result.Outdated {
		fact.Upgrade = m.upgrade(ctx, c, password)
	}
	return fact, nil
}

// unusable reports whether a stored hash can't be judged here.
func unusable(err error) bool {
	if _, ok := errors.AsType[*passhash.LimitError](err); ok {
		return true
	}
	_, ok := errors.AsType[*passhash.FormatError](err)
	return ok
}

// upgrade hashes a correct password with today's parameters. Where that is not
// possible now, the next login will do.
func (m *Method) upgrade(ctx context.Context, c *identity.Credential, password string) *identity.Credential {
	hash, err := m.hasher.Hash(ctx, password)
	if err != nil {
		m.log.InfoContext(ctx, "password hash not upgraded", slog.Any("error", err))
		return nil
	}
	next := *c
	next.Config = Credential(hash).Config
	return &next
}
