package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"symbolon/internal/courier"
	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/secret"
)

// The slots of Flow.Private about subjects of providers.
const (
	askedMemory = "missingTraits" // traits that a provider did not tell
	linkMemory  = "link"          // a subject that waits for its owner to sign in
)

// missingTraits is what a registration knows of a person whose traits are incomplete.
type missingTraits struct {
	Method string          `json:"method"`
	Traits json.RawMessage `json:"traits"`
}

// pendingLink is a subject whose registration found its identifiers taken.
type pendingLink struct {
	Account ExternalAccount `json:"subject"`
	Wanted  []string        `json:"wanted"` // normalised identifiers and addresses, of which the owner has one
}

// kindAfter returns the kind whose effect a fact needs: who signs in with a subject
// that nobody has is new, and who registers with one that somebody has is known.
func kindAfter(f *Flow, fact Fact) Kind {
	switch fact.(type) {
	case ProvedExternalAccount:
		if f.Kind == Login && !f.Refresh {
			return Registration
		}
	case Authenticated:
		if f.Kind == Registration {
			return Login
		}
	}
	return f.Kind
}

// switchKind ends a flow and goes on with one of another kind. Where the person came
// from and wanted to go stays.
func (e *Engine) switchKind(ctx context.Context, old *Flow, k Kind, s Submission) (*Flow, error) {
	if _, served := e.steps[k][s.method]; !served || !e.Serves(k) {
		return nil, errs.ErrNotFound
	}
	f := e.newFlow(k, old.Client, e.now())
	f.Request, f.ReturnTo = old.Request, old.ReturnTo
	f.CSRF = secret.MaskCSRF(s.caller.csrf(f.Client))
	f.Private = map[string]json.RawMessage{s.method: old.Private[s.method]}
	if err := e.build(ctx, f, nil); err != nil {
		return nil, err
	}
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		ended := old.clone() // the function may run again
		ended.end(e.now())
		if err := e.store.SaveFlow(ctx, ended); err != nil {
			return err
		}
		return e.store.CreateFlow(ctx, f)
	})
	if err != nil {
		return nil, fmt.Errorf("go on with a %s flow: %w", k, err)
	}
	return f, nil
}

// AsksMissingTraits reports whether the flow asks for traits that the method's provider did
// not tell.
func (v View) AsksMissingTraits() bool { return v.Flow.MissingTraitsOf() == v.method }

// MissingTraitsOf names the method whose form alone the person is to complete; empty if the
// choice is free.
func (f *Flow) MissingTraitsOf() string { return f.missingTraits().Method }

func (f *Flow) missingTraits() missingTraits {
	var memory missingTraits
	if _, err := f.recall(askedMemory, &memory); err != nil {
		return missingTraits{} // what can't be read leaves the choice free
	}
	return memory
}

// register drafts the identity that a provider's claims make, completed by what was
// submitted. What is missing is missingTraits for.
func (s Submission) register(ctx context.Context, fact ProvedExternalAccount) error {
	delete(s.Flow.Private, linkMemory)
	schema, err := s.engine.schemaFor(ctx, Registration, nil)
	if err != nil {
		return err
	}
	in := traitsInput(s.Input)
	in.EmptyIsAbsent = true
	submitted, err := schema.Decode(in)
	if err != nil {
		return rejectTraits(err)
	}
	merged, err := schema.Merge(fact.Traits, submitted)
	if err != nil {
		return rejectTraits(err)
	}
	if err := s.Flow.remember(askedMemory, missingTraits{Method: s.method, Traits: merged}); err != nil {
		return err
	}
	if s.work.draft, err = s.engine.identities.Draft(ctx, s.engine.config.DefaultSchema, merged); err != nil {
		return rejectTraits(err)
	}
	s.work.draft.Link(fact.Account.Type, fact.Account.Identifier)
	if err := s.Claim(ctx, s.work.draft); err != nil {
		return err
	}
	return s.Flow.remember(linkMemory, pendingLink{Account: fact.Account, Wanted: wanted(s.work.draft)})
}

// PendingLink names the provider whose subject could not be registered, since somebody
// has its identifiers, and can be linked by signing in (StartRequest.Link); empty if
// there is none.
func (f *Flow) PendingLink() string {
	var waits pendingLink
	if f.Kind != Registration {
		return ""
	}
	_, _ = f.recall(linkMemory, &waits) // what can't be read can't be linked
	return waits.Account.Provider
}

// wanted lists what a draft wants to be known by, normalised.
func wanted(d *identity.Draft) []string {
	all := slices.Clone(d.Identifiers)
	for _, a := range d.Identity.Verifiable {
		if !slices.Contains(all, a.Normalized) {
			all = append(all, a.Normalized)
		}
	}
	return all
}

// link drafts the subject's credential for the identity that is about to sign in:
// the one that the proof names, or the one that the flow was started to link.
// The latter must own what the provider's claims wanted, so that nobody links a
// stranger's account to their own by mistake.
func (s Submission) link(ctx context.Context, proof Authenticated) error {
	subject := proof.Link
	if subject == nil {
		var waits pendingLink
		if ok, err := s.Flow.recall(linkMemory, &waits); err != nil || !ok {
			return err
		}
		ownsAnyIdentifier, err := s.engine.ownsAnyIdentifier(ctx, proof.Identity, waits.Wanted)
		if err != nil || !ownsAnyIdentifier {
			return err
		}
		subject = &waits.Account
	}
	draft, err := s.engine.identities.DraftUnchanged(ctx, proof.Identity)
	if err != nil {
		return err
	}
	draft.Link(subject.Type, subject.Identifier)
	s.work.draft = draft
	return nil
}

func (e *Engine) ownsAnyIdentifier(ctx context.Context, i *identity.Identity, wanted []string) (bool, error) {
	for _, a := range i.Verifiable {
		if slices.Contains(wanted, a.Normalized) {
			return true, nil
		}
	}
	c, err := e.identities.Credential(ctx, i.ID, identity.TypePassword)
	if errors.Is(err, errs.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(c.Identifiers, func(id string) bool { return slices.Contains(wanted, id) }), nil
}

// saveLink stores the drafted link and tells the owner.
func (e *Engine) saveLink(ctx context.Context, d *identity.Draft) (*identity.Identity, error) {
	saved, err := e.identities.Save(ctx, d)
	if errors.Is(err, errs.ErrConflict) {
		return nil, Reject("", message.Of(message.KeySubjectTaken))
	}
	if err != nil {
		return nil, err
	}
	return saved, e.notifyOwner(ctx, courier.CredentialsChanged, saved.ID, saved.Verifiable)
}

// claimPendingLink takes over the subject that waits in a registration whose identifiers are
// taken: whoever signs in now gets it linked. It works once, and in the browser
// that the registration belongs to.
func (e *Engine) claimPendingLink(ctx context.Context, f *Flow, from string, c Caller) error {
	old, err := e.load(ctx, Registration, from)
	if errors.Is(err, errs.ErrNotFound) {
		return errNoLink
	}
	if err != nil {
		return err
	}
	var waits pendingLink
	ok, err := old.recall(linkMemory, &waits)
	if err != nil {
		return err
	}
	if !ok || old.Expired(e.now()) || !secret.CheckCSRF(old.CSRF, c.CSRF) {
		return errNoLink
	}
	if err := f.remember(linkMemory, waits); err != nil {
		return err
	}
	f.ReturnTo = old.ReturnTo
	f.Form.Messages = append(f.Form.Messages, message.SignInToLink(waits.Account.Provider))
	old.end(e.now())
	if err := e.store.SaveFlow(ctx, old); errors.Is(err, errs.ErrStale) {
		return errNoLink
	} else if err != nil {
		return fmt.Errorf("end registration: %w", err)
	}
	return nil
}
