package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/traits"
)

// Submission is a View plus what was sent.
type Submission struct {
	View
	Input Input
	// Resumed: the secret that the flow waits for has come back.
	Resumed bool
	// CallbackParams is what another site answered; nil unless the person comes from there.
	Callback *CallbackParams

	url    string
	caller Caller
	engine *Engine
	work   *work
}

// work is what one submission has computed so far.
type work struct {
	draft   *identity.Draft
	refunds []func()
}

func (w *work) refunded() {
	for _, refund := range w.refunds {
		refund()
	}
}

// keepAttempts keeps the attempts counted: what looks like a success is none.
func (w *work) keepAttempts() { w.refunds = nil }

// Charge counts an attempt at guessing before the method judges it; success
// gives it back. The error is to be returned as it is.
func (s Submission) Charge(ctx context.Context, identityID, identifier string) error {
	return s.charge(ctx, Attempt{Kind: LimitPassword, IdentityID: identityID, Identifiers: []string{traits.Normalize(identifier)}})
}

// Claim counts an attempt to register what the draft wants to own, before a
// password is hashed for it; success gives it back. Where owners are told of it,
// it counts for what is wanted too, else it would fill their mailboxes.
func (s Submission) Claim(ctx context.Context, d *identity.Draft) error {
	if !s.engine.config.HideExisting {
		return s.charge(ctx, Attempt{Kind: LimitRegister})
	}
	return s.charge(ctx, Attempt{Kind: LimitRegister, Identifiers: wanted(d)})
}

func (s Submission) charge(ctx context.Context, a Attempt) error {
	refund, err := s.engine.charge(ctx, s.Flow, a)
	if err == nil {
		s.work.refunds = append(s.work.refunds, refund)
	}
	return err
}

// Spend counts a link sent to an address. It costs someone else something and so is
// not given back on success.
func (s Submission) Spend(ctx context.Context, address string) error {
	_, err := s.engine.charge(ctx, s.Flow, Attempt{Kind: LimitSendLink, Identifiers: []string{traits.Normalize(address)}})
	return err
}

// spendNews counts the mails that a change in settings sends.
func (s Submission) spendNews(ctx context.Context, fact Fact) error {
	var to []identity.Address
	switch fact := fact.(type) {
	case NewCredential, ProvedExternalAccount, RemoveCredential:
		if s.engine.config.Notices {
			to = s.Identity.Verifiable
		}
	case NewTraits:
		if s.engine.verifies() {
			to = fact.Draft.NewAddresses()
		}
		if s.engine.config.Notices {
			to = append(slices.Clip(to), fact.Draft.RemovedAddresses()...)
		}
	}
	if len(to) == 0 {
		return nil
	}
	a := Attempt{Kind: LimitNotify, IdentityID: s.Identity.ID}
	for _, address := range to {
		a.Identifiers = append(a.Identifiers, address.Normalized)
	}
	_, err := s.engine.charge(ctx, s.Flow, a)
	return err
}

// HasTraits reports whether any trait of the schema was submitted.
func (s Submission) HasTraits(ctx context.Context) (bool, error) {
	schema, err := s.engine.schemaFor(ctx, s.Flow.Kind, s.Identity)
	if err != nil {
		return false, err
	}
	return len(schema.Submitted(traitsInput(s.Input))) > 0, nil
}

// Draft returns the identity that the submitted traits make: a new one in
// registration, the changed subject in settings, where what was not submitted
// stays as it was. The error is *Rejected where the schema refuses the traits.
func (s Submission) Draft(ctx context.Context) (*identity.Draft, error) {
	if s.work.draft != nil {
		return s.work.draft, nil
	}
	schema, err := s.engine.schemaFor(ctx, s.Flow.Kind, s.Identity)
	if err != nil {
		return nil, err
	}
	in := traitsInput(s.Input)
	in.Complete = s.Flow.Client == Browser
	in.EmptyIsAbsent = s.Identity == nil && s.engine.config.Kinds[s.Flow.Kind].SendsEmpty
	if s.Identity == nil {
		values, err := schema.Decode(in)
		if err != nil {
			return nil, rejectTraits(err)
		}
		s.work.draft, err = s.engine.identities.Draft(ctx, s.engine.config.DefaultSchema, values)
		return s.work.draft, rejectTraits(err)
	}
	merged, err := schema.Apply(s.Identity.Traits, in)
	if err != nil {
		return nil, rejectTraits(err)
	}
	s.work.draft, err = s.engine.identities.DraftFrom(ctx, s.Identity, s.Identity.SchemaID, merged)
	return s.work.draft, rejectTraits(err)
}

// Kept returns the subject of settings as a draft with its traits untouched, to
// set a credential on.
func (s Submission) CurrentDraft(ctx context.Context) (*identity.Draft, error) {
	if s.work.draft == nil {
		kept, err := s.engine.identities.DraftUnchanged(ctx, s.Identity)
		if err != nil {
			return nil, err
		}
		s.work.draft = kept
	}
	return s.work.draft, nil
}

// prepare makes the draft that the fact needs while no transaction is open: a
// schema may have to be fetched.
func (s Submission) prepare(ctx context.Context, fact Fact) error {
	switch fact := fact.(type) {
	case Authenticated:
		return s.link(ctx, fact)
	case ProvedAddress:
		return s.loadSettings(ctx, fact)
	case NewTraits:
		return s.spendNews(ctx, fact)
	case NewCredential, ProvedExternalAccount, RemoveCredential:
		return s.prepareCredential(ctx, fact)
	}
	return nil // to wait or to leave needs no draft
}

// prepareCredential drafts the identity that gets or loses a credential.
func (s Submission) prepareCredential(ctx context.Context, fact Fact) error {
	if s.Flow.Kind == Settings {
		if err := s.spendNews(ctx, fact); err != nil {
			return err
		}
		_, err := s.CurrentDraft(ctx)
		return err
	}
	if subject, ok := fact.(ProvedExternalAccount); ok && s.Flow.Kind == Registration {
		return s.register(ctx, subject)
	}
	if s.Flow.Kind != Registration {
		return nil
	}
	_, err := s.Draft(ctx)
	return err
}

// loadSettings fetches the schema of whoever proved an address: a recovery leads to
// a form of settings.
func (s Submission) loadSettings(ctx context.Context, fact ProvedAddress) error {
	if s.Flow.Kind != Recovery {
		return nil
	}
	owner, err := s.engine.identities.ByID(ctx, fact.IdentityID)
	if err == nil {
		_, err = s.engine.schemaFor(ctx, Settings, owner)
	}
	return err
}

// schemaFor returns the schema of the subject, or of registrations.
func (e *Engine) schemaFor(ctx context.Context, k Kind, subject *identity.Identity) (*traits.Schema, error) {
	id := e.config.DefaultSchema
	if subject != nil {
		id = subject.SchemaID
	}
	schema, err := e.identities.Schema(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load schema for %s flow: %w", k, err)
	}
	return schema, nil
}

func traitsInput(in Input) traits.Input {
	return traits.Input{Form: in.form, JSON: in.object}
}

// rejectTraits places what the schema objects to on the fields concerned.
func rejectTraits(err error) error {
	invalid, ok := errors.AsType[*traits.Invalid](err)
	if !ok {
		return err
	}
	rejected := &Rejected{}
	for _, v := range invalid.Violations {
		m := message.Schema(v.Kind, v.Text, v.Params)
		if v.Property != "" {
			m = message.Missing(v.Property)
		}
		rejected.Messages = append(rejected.Messages, FieldMessage{v.Field, m})
	}
	return rejected
}
