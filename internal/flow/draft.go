package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/traits"
)

// drafter makes drafts of identities from submissions. It is all that a method
// reaches of the engine's parts beside the counters.
type drafter struct {
	identities    Identities
	defaultSchema string
	client        Client
	sendsEmpty    bool // the page sends an empty value for every trait that was not filled in
	made          **identity.Draft
}

func (e *Engine) drafter(f *Flow) drafter {
	return drafter{
		identities: e.identities, defaultSchema: e.config.DefaultSchema, client: f.Client,
		sendsEmpty: e.config.Kinds[f.Kind].SendsEmpty, made: new(*identity.Draft),
	}
}

// HasTraits reports whether any trait of the schema was submitted.
func (s Submission) HasTraits(ctx context.Context) (bool, error) {
	schema, err := s.drafts.schema(ctx, s.Identity)
	if err != nil {
		return false, err
	}
	return s.Input.whole || len(schema.Submitted(traitsInput(s.Input))) > 0, nil
}

// Draft returns the identity that the submitted traits make: a new one in
// registration, the changed identity in settings, where what was not submitted
// stays as it was. The error is *Rejected where the schema refuses the traits.
func (s Submission) Draft(ctx context.Context) (*identity.Draft, error) {
	return s.drafts.submitted(ctx, s.Identity, s.Input)
}

// CurrentDraft returns the owner of settings as a draft with the traits untouched,
// to set a credential on.
func (s Submission) CurrentDraft(ctx context.Context) (*identity.Draft, error) {
	return s.drafts.current(ctx, s.Identity)
}

// submitted drafts what an input makes of an identity, nil for a new one, once for
// a submission.
func (d drafter) submitted(ctx context.Context, owner *identity.Identity, in Input) (*identity.Draft, error) {
	if *d.made != nil {
		return *d.made, nil
	}
	schema, err := d.schema(ctx, owner)
	if err != nil {
		return nil, err
	}
	typed := traitsInput(in)
	typed.Complete = d.client == Browser
	typed.EmptyIsAbsent = owner == nil && d.sendsEmpty
	if owner == nil {
		values, err := schema.Decode(typed)
		if err != nil {
			return nil, rejectTraits(err)
		}
		if in.whole {
			if values, err = schema.Returned(json.RawMessage(`{}`), in.withUnknown(values)); err != nil {
				return nil, rejectTraits(err)
			}
		}
		*d.made, err = d.identities.Draft(ctx, d.defaultSchema, values)
		return *d.made, rejectTraits(err)
	}
	var merged json.RawMessage
	if !in.whole {
		merged, err = schema.Apply(owner.Traits, typed)
	} else if typed.Form != nil {
		merged, err = schema.FormReturned(owner.Traits, typed)
	} else if merged, err = schema.Decode(typed); err == nil {
		merged, err = schema.Returned(owner.Traits, in.withUnknown(merged))
	}
	if err != nil {
		return nil, rejectTraits(err)
	}
	*d.made, err = d.identities.DraftFrom(ctx, owner, owner.SchemaID, merged)
	return *d.made, rejectTraits(err)
}

func (d drafter) current(ctx context.Context, owner *identity.Identity) (*identity.Draft, error) {
	if *d.made != nil {
		return *d.made, nil
	}
	var err error
	*d.made, err = d.identities.DraftUnchanged(ctx, owner)
	return *d.made, err
}

// completed drafts a new identity of what a provider's claims say, completed by
// what was submitted. merged is kept for the form that asks for the rest.
func (d drafter) completed(ctx context.Context, fact ProvedExternalAccount, in Input) (made *identity.Draft, merged json.RawMessage, err error) {
	schema, err := d.schema(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	typed := traitsInput(in)
	typed.EmptyIsAbsent = true
	submitted, err := schema.Decode(typed)
	if err != nil {
		return nil, nil, rejectTraits(err)
	}
	first, last := fact.Traits, submitted
	if fact.Fixed {
		first, last = last, first
	}
	if merged, err = schema.Merge(first, last); err != nil {
		return nil, nil, rejectTraits(err)
	}
	made, err = d.identities.Draft(ctx, d.defaultSchema, merged)
	return made, merged, rejectTraits(err)
}

// tells reports whether a provider's claims name all of what a draft wants to be known by.
func (d drafter) tells(ctx context.Context, fact ProvedExternalAccount, names []string) (bool, error) {
	if len(fact.Traits) == 0 {
		return false, nil
	}
	schema, err := d.schema(ctx, nil)
	if err != nil {
		return false, err
	}
	found, err := schema.Annotations(fact.Traits)
	if err != nil {
		return false, err
	}
	told := found.Identifiers
	for _, a := range found.Verifiable {
		told = append(told, a.Normalized)
	}
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(told, name) }), nil
}

// schema returns the schema of an identity, or of registrations.
func (d drafter) schema(ctx context.Context, owner *identity.Identity) (*traits.Schema, error) {
	id := d.defaultSchema
	if owner != nil {
		id = owner.SchemaID
	}
	schema, err := d.identities.Schema(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load schema %s: %w", id, err)
	}
	return schema, nil
}

func traitsInput(in Input) traits.Input {
	return traits.Input{Form: in.form, JSON: in.object, Numbered: in.whole}
}
