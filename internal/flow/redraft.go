package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
)

// redraft replaces the draft of a submission by what a hook makes of it. That is judged as if
// the person had typed it: the traits by their schema, the change by what it needs of the
// session, and its mails by their limit.
func (e *Engine) redraft(ctx context.Context, j *judged, c *IdentityChange) (err error) {
	if j.draft, err = e.changedDraft(ctx, j, c); err != nil {
		return err
	}
	switch fact := j.fact.(type) {
	case NewTraits:
		fact.Draft = j.draft
		j.fact = fact
	case NewCredential:
		if fact.Credential.Type == identity.TypeCode && j.flow.Kind == Registration {
			fact.Credential = j.draft.Codes() // of its addresses as they are now
			j.fact = fact
		}
	}
	switch {
	case j.flow.Kind == Registration && (c.Traits != nil || c.SchemaID != nil) && e.config.HideExisting:
		return j.attempts.countRegistration(ctx, j.draft) // owners of what it wants get mail
	case j.flow.Kind == Settings:
		if err := e.permit(ctx, j, j.draft.Protected()); err != nil {
			return err
		}
		return e.countNotices(ctx, j)
	}
	return nil
}

// changedDraft returns a copy of the submission's draft with what a hook changes.
func (e *Engine) changedDraft(ctx context.Context, j *judged, c *IdentityChange) (*identity.Draft, error) {
	own := *j.draft
	d := &own
	if c.Traits != nil || c.SchemaID != nil {
		var err error
		if d, err = e.draftChanged(ctx, j, c); err != nil {
			return j.draft, err
		}
	}
	i := &d.Identity
	i.Verifiable = slices.Clone(i.Verifiable) // its owner's session may share them
	said := *c
	if j.flow.Kind == Settings { // what the owner has proven stays proven
		said.Proven = slices.DeleteFunc(slices.Clone(c.Proven), func(p ProvenAddress) bool { return !p.Verified })
	}
	e.addTo(i, &said)
	if c.State == nil || *c.State == identity.Active {
		return d, nil
	}
	if *c.State != identity.Inactive {
		return j.draft, Reject("", message.Reason(fmt.Sprintf("The state %q is neither active nor inactive.", *c.State)))
	}
	if j.flow.Kind == Registration {
		return j.draft, &errs.Error{
			Code: errs.Unauthorized, ID: "identity_disabled", Reason: "This account was disabled.", Details: map[string]any{"identity_id": i.ID},
		}
	}
	i.State, i.StateChangedAt = identity.Inactive, e.now()
	return d, nil
}

// addTo adds to an identity what a change says beside its traits, schema and state.
func (e *Engine) addTo(i *identity.Identity, c *IdentityChange) {
	if c.MetadataPublic != nil {
		i.MetadataPublic = metadata(c.MetadataPublic)
	}
	if c.MetadataAdmin != nil {
		i.MetadataAdmin = metadata(c.MetadataAdmin)
	}
	if c.ExternalID != nil {
		i.ExternalID = *c.ExternalID
	}
	for _, p := range c.Proven {
		for k := range i.Verifiable {
			if a := &i.Verifiable[k]; a.Via == p.Via && (a.Value == p.Value || a.Normalized == p.Value) && a.Verified != p.Verified {
				a.Verified, a.VerifiedAt = p.Verified, e.now()
			}
		}
	}
}

// draftChanged drafts the identity of a submission with other traits or by another schema.
func (e *Engine) draftChanged(ctx context.Context, j *judged, c *IdentityChange) (*identity.Draft, error) {
	old := j.draft
	schema, traits := old.Identity.SchemaID, old.Identity.Traits
	if c.SchemaID != nil {
		schema = *c.SchemaID
	}
	if c.Traits != nil {
		traits = c.Traits
	}
	if _, err := e.identities.Schema(ctx, schema); err != nil {
		return nil, Reject("", message.Reason("Unable to find JSON Schema ID: "+schema))
	}
	var made *identity.Draft
	var err error
	if j.flow.Kind == Registration {
		made, err = e.identities.Draft(ctx, schema, traits)
	} else {
		made, err = e.identities.DraftFrom(ctx, j.identity, schema, traits)
	}
	if err != nil {
		return nil, rejectTraits(err)
	}
	i := &made.Identity
	i.ID = old.Identity.ID // by which the hook knows a newcomer
	i.MetadataPublic, i.MetadataAdmin, i.ExternalID = old.Identity.MetadataPublic, old.Identity.MetadataAdmin, old.Identity.ExternalID
	i.State, i.StateChangedAt = old.Identity.State, old.Identity.StateChangedAt // as an earlier hook left it
	for k := range i.Verifiable {
		a := &i.Verifiable[k]
		if was := identity.Find(old.Identity.Verifiable, a.Via, a.Normalized); was != nil {
			a.Verified, a.VerifiedAt = was.Verified, was.VerifiedAt
		}
	}
	for _, credential := range old.Credentials {
		if credential.Type != identity.TypePassword && credential.Type != "code" { // which follow the traits
			made.Set(credential)
		}
	}
	return made, nil
}

// metadata is a JSON object, nil for any other value.
func metadata(raw json.RawMessage) json.RawMessage {
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil
	}
	return raw
}
