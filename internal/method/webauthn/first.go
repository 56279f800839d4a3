package webauthn

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
	"github.com/symbolon/symbolon/internal/ui"
)

// errNoKey says that the account which the flow asks is not there, or has lost its keys meanwhile.
var errNoKey = fmt.Errorf("%w: the account has no such key", ceremony.ErrRefused)

// orNoKey tells a missing row from a fault of the database.
func orNoKey(err error) error {
	if errors.Is(err, errs.ErrNotFound) {
		return errNoKey
	}
	return err
}

// asked is what a login remembers of whom it has asked for a key.
type asked struct {
	keyform.Memory
	Identifier string `json:"identifier"`            // as typed
	IdentityID string `json:"identity_id,omitempty"` // empty where the keys are made up
}

// beginFirst asks for a key at once where it is known whose: the person signs in again.
func (m *Method) beginFirst(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	if s.Identity == nil {
		return nil, nil
	}
	keys, err := keyform.Keys(s.Credential(ID))
	if err != nil || len(keys.Of(true)) == 0 {
		return nil, err
	}
	name, err := m.identities.NameFor(ctx, s.Identity, ID)
	if err != nil {
		return nil, err
	}
	kept, err := m.ask(name, s.Identity.ID, keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept}, nil
}

// ask asks for one of the person's first factors, or for a made-up key where there is none.
func (m *Method) ask(identifier, id string, keys ceremony.Keys) (asked, error) {
	o := m.owner(keys.Handle, keys.Of(true))
	for i := range o.Keys {
		o.Keys[i].Transports = nil // which would tell a key from a made-up one
	}
	if len(o.Keys) == 0 {
		id, o = "", m.decoy(identifier)
	}
	kept, err := m.request(m.sort(), o)
	return asked{Memory: kept, Identifier: identifier, IdentityID: id}, err
}

// decoy makes up a key for an identifier, the same each time: strangers learn nothing of who has an account with a key
// (WebAuthn Level 3, 14.6.2).
func (m *Method) decoy(identifier string) ceremony.Owner {
	id := sha256.Sum256([]byte(m.decoys.Sign(traits.Normalize(identifier))))
	return m.owner(id[:16], []ceremony.Key{ceremony.Decoy(id[:])})
}

func (m *Method) showFirst(ctx context.Context, v flow.View) ([]ui.Node, error) {
	var kept asked
	ok, err := v.Recall(&kept)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return m.asking(kept.Identifier, kept.Memory), nil
	case v.Identity != nil, !m.config.Passwordless && v.Named == nil && !m.hasFirst(ctx):
		return nil, nil
	}
	return []ui.Node{
		ui.CSRF(), {Name: "identifier", Type: "text", Required: true, Label: message.LabelIdentifier, Autocomplete: "username"},
	}, nil
}

// first asks for a key of the person who is named, or judges its answer.
func (m *Method) first(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	var kept asked
	ok, err := s.Recall(&kept)
	if err != nil {
		return nil, err
	}
	if text := s.Input.Blob("webauthn_login"); text != "" && ok {
		return m.signIn(ctx, s, kept, text)
	}
	if s.Identity != nil {
		return nil, flow.Reject("webauthn_login", message.Missing("webauthn_login"))
	}
	return m.named(ctx, s)
}

// named asks for a key of whom an identifier names.
func (m *Method) named(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	typed, err := s.Input.Identifier()
	if err != nil {
		return nil, err
	}
	owner, keys, err := m.whose(ctx, typed)
	if err != nil {
		return nil, err
	}
	if m.config.Tells {
		if err := s.CountGuess(ctx, owner, typed); err != nil {
			return nil, err
		}
		if len(keys.Of(true)) == 0 {
			return nil, flow.Reject("", message.Of(message.KeyKeyUnknown))
		}
	}
	kept, err := m.ask(typed, owner, keys)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{Memory: kept, Notify: []message.Message{message.Of(message.KeyKeyPrepare)}}, nil
}

// whose finds the account of an identifier and its keys. It reads as much where there is none.
func (m *Method) whose(ctx context.Context, identifier string) (id string, keys ceremony.Keys, err error) {
	owner, _, err := m.identities.ByIdentifier(ctx, identity.TypePassword, identifier)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return "", keys, err
	}
	looked := secret.NewIdentityID()
	if err == nil {
		id, looked = owner.ID, owner.ID
	}
	c, err := m.identities.Credential(ctx, looked, ID)
	if errors.Is(err, errs.ErrNotFound) {
		return id, keys, nil
	}
	if err == nil {
		keys, err = keyform.Keys(c)
	}
	return id, keys, err
}

// signIn judges the answer of a key that was asked for.
func (m *Method) signIn(ctx context.Context, s flow.Submission, kept asked, text string) (flow.Fact, error) {
	if err := s.CountCode(ctx, ""); err != nil {
		return nil, err
	}
	fact, err := m.verify(ctx, s, kept, text)
	if err != nil {
		return nil, keyform.Refuse(err, message.KeyKeyInvalid)
	}
	return fact, nil
}

// asked finds the person whom a flow has asked, and their keys. It reads as much where the keys are made up.
func (m *Method) asked(ctx context.Context, kept asked) (*identity.Identity, *identity.Credential, error) {
	looked := cmp.Or(kept.IdentityID, secret.NewIdentityID())
	person, err := m.identities.ByID(ctx, looked)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return nil, nil, err
	}
	c, missing := m.identities.Credential(ctx, looked, ID)
	return person, c, orNoKey(cmp.Or(err, missing))
}

func (m *Method) verify(ctx context.Context, s flow.Submission, kept asked, text string) (flow.Fact, error) {
	answer, err := ceremony.Read(text)
	if err != nil {
		return nil, err
	}
	if s.Identity != nil && s.Identity.ID != kept.IdentityID {
		return nil, errNoKey
	}
	person, c, err := m.asked(ctx, kept)
	if errors.Is(err, errNoKey) { // which takes as long as the answer of a key that is there
		_, refused := m.party.Judge(kept.Pending, m.decoy(kept.Identifier), answer, m.now())
		return nil, errors.Join(errNoKey, refused)
	}
	if err != nil {
		return nil, err
	}
	keys, judged, err := m.check(ctx, person.ID, c, true, kept.Memory, text)
	if err == nil && m.config.RequireVerification && !judged.Verified {
		err = ceremony.ErrUnverified
	}
	if err != nil {
		return nil, err
	}
	another, err := m.ask(kept.Identifier, person.ID, keys)
	if err != nil {
		return nil, err
	}
	return keyform.Used(person, c, keys, judged.Key, m.factor(judged.Verified), another)
}
