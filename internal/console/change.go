package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
)

// changing finds the identity that a posted form is about.
func (o *Console) changing(r *http.Request) (*identity.Identity, error) {
	if err := r.ParseForm(); err != nil {
		return nil, errForm
	}
	return o.byID(r)
}

// verify marks an address as verified, for an operator who knows that it is.
func (o *Console) verify(w http.ResponseWriter, r *http.Request) error {
	i, err := o.changing(r)
	if err != nil {
		return err
	}
	id := r.PostForm.Get("address")
	at := slices.IndexFunc(i.Verifiable, func(a identity.Address) bool { return a.ID == id })
	if at < 0 {
		return &refusal{http.StatusNotFound, "There is no such address", "It may have been changed since."}
	}
	if err := o.Identities.MarkVerified(r.Context(), i.ID, id); err != nil {
		return err
	}
	if err := o.record(r, "address.verified", i.ID, "address_id", id); err != nil {
		return err
	}
	return o.redirect(w, o.at("identities", i.ID)+"?done=verified")
}

// setPassword gives an identity the password that was typed, or takes its password away if
// that is what the button says. Both sign out every session: a person who knew the old password
// may hold one.
func (o *Console) setPassword(w http.ResponseWriter, r *http.Request) error {
	i, err := o.changing(r)
	if err != nil {
		return err
	}
	credential, action, done := identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{}`)}, "password.expired", "expired"
	if r.PostForm.Get("expire") == "" {
		typed := r.PostForm.Get("password")
		if len([]rune(typed)) < minPassword {
			return errShortPassword
		}
		if credential, err = o.NewPasswords.Import(r.Context(), "", typed); err != nil {
			return err
		}
		action, done = "password.set", "password"
	}
	err = o.saveDraft(r.Context(), i, func(d *identity.Draft) error {
		if len(d.Identifiers) == 0 {
			return errNoIdentifier
		}
		d.Set(credential)
		return nil
	})
	if err != nil {
		return err
	}
	return o.finish(w, r, i, action, done)
}

// minPassword is the least number of characters that an operator may give as a password.
// Nothing else is checked: it is to be replaced by its owner.
const minPassword = 8

var (
	errShortPassword = &refusal{http.StatusUnprocessableEntity, "The password is too short", "Go back and type at least 8 characters."}
	errNoIdentifier  = &refusal{http.StatusUnprocessableEntity, "There is nothing to sign in with", "None of the traits is a login identifier, so a password would be of no use. Edit the traits first."}
	errLastFactor    = &refusal{http.StatusConflict, "This is the last way to sign in", "Nothing was changed. Set a password first, or delete the identity."}
	errChanged       = &refusal{http.StatusConflict, "The identity has changed meanwhile", "Nothing was changed by you. Go back, look again and repeat what you wanted."}
)

// setState disables or enables an identity.
func (o *Console) setState(w http.ResponseWriter, r *http.Request) error {
	i, err := o.changing(r)
	if err != nil {
		return err
	}
	state, action, done := identity.Active, "identity.enabled", "enabled"
	if r.PostForm.Get("state") == identity.Inactive {
		state, action, done = identity.Inactive, "identity.disabled", "disabled"
	}
	err = o.saveDraft(r.Context(), i, func(d *identity.Draft) error {
		d.Identity.State, d.Identity.StateChangedAt = state, o.Now()
		return nil
	})
	if err != nil {
		return err
	}
	if state == identity.Active {
		if err := o.record(r, action, i.ID); err != nil {
			return err
		}
		return o.redirect(w, o.at("identities", i.ID)+"?done="+done)
	}
	return o.finish(w, r, i, action, done)
}

// resetFactor removes the credential of a type, such as an authenticator app that its owner
// has lost.
func (o *Console) resetFactor(w http.ResponseWriter, r *http.Request) error {
	i, err := o.changing(r)
	if err != nil {
		return err
	}
	typ := r.PostForm.Get("type")
	if typ == identity.TypePassword {
		return errs.ErrNotFound
	}
	switch err := o.Flows.RemoveFactor(r.Context(), i.ID, typ, nil); {
	case errors.Is(err, errs.ErrStale):
		return errChanged
	case errors.Is(err, flow.ErrLastFactor):
		return errLastFactor
	case errors.Is(err, flow.ErrNoCredential):
		return errs.ErrNotFound
	case err != nil:
		return err
	}
	if err := o.record(r, "factor.reset", i.ID, "factor", typ); err != nil {
		return err
	}
	return o.redirect(w, o.at("identities", i.ID)+"?done=reset")
}

// saveDraft changes an identity and what it signs in with, but for its traits.
func (o *Console) saveDraft(ctx context.Context, i *identity.Identity, change func(*identity.Draft) error) error {
	draft, err := o.Identities.DraftUnchanged(ctx, i)
	if err != nil {
		return err
	}
	if err := change(draft); err != nil {
		return err
	}
	_, err = o.Identities.Save(ctx, draft)
	if errors.Is(err, errs.ErrStale) {
		return errChanged
	}
	return err
}

// finish signs out every session of an identity, records what was done and shows it.
func (o *Console) finish(w http.ResponseWriter, r *http.Request, i *identity.Identity, action, done string) error {
	if err := o.Sessions.RevokeOthers(r.Context(), i.ID, ""); err != nil && !errors.Is(err, errs.ErrNotFound) {
		return err
	}
	if err := o.record(r, action, i.ID); err != nil {
		return err
	}
	return o.redirect(w, o.at("identities", i.ID)+"?done="+done)
}
