package console

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/traits"
)

// editBody is the form of the traits, of a new identity or one that exists.
type editBody struct {
	Action   string
	Back     string
	New      bool
	Schema   string
	Schemas  []string // to choose from; of a new identity, if there are several
	Version  int
	Fields   []field
	Problems []pagekit.Problem
}

// newForm is the form of a new identity, by the schema that its address names.
func (o *Console) newForm(w http.ResponseWriter, r *http.Request) error {
	return o.showNew(w, r, http.StatusOK, r.URL.Query().Get("schema"), nil)
}

// rejected is a form that was sent and not taken.
type rejected struct {
	form    url.Values
	invalid *traits.Invalid
	wrong   map[string]error
	general string
}

func (o *Console) showNew(w http.ResponseWriter, r *http.Request, status int, id string, why *rejected) error {
	ids := o.Schemas.IDs()
	if id == "" {
		id = o.config.DefaultSchema
	}
	if !slices.Contains(ids, id) {
		return errNoSchema
	}
	body := editBody{Action: o.at("identities", "new"), Back: o.at("identities"), New: true, Schema: id}
	if len(ids) > 1 {
		body.Schemas = ids
	}
	return o.showForm(w, r, status, "New identity", body, nil, why)
}

var errNoSchema = &refusal{http.StatusNotFound, "There is no such schema", "The configuration may have changed since. Go back to the identities and start again."}

func (o *Console) editForm(w http.ResponseWriter, r *http.Request) error {
	i, err := o.byID(r)
	if err != nil {
		return err
	}
	return o.showEdit(w, r, http.StatusOK, i, nil)
}

func (o *Console) showEdit(w http.ResponseWriter, r *http.Request, status int, i *identity.Identity, why *rejected) error {
	body := editBody{Action: o.at("identities", i.ID, "edit"), Back: o.at("identities", i.ID), Schema: i.SchemaID, Version: i.Version}
	return o.showForm(w, r, status, "Edit "+nameOf(i), body, i.Traits, why)
}

// showForm shows the form with the stored traits, or with what the operator typed and the
// errors in it.
func (o *Console) showForm(w http.ResponseWriter, r *http.Request, status int, heading string, body editBody, values json.RawMessage, why *rejected) error {
	schema, err := o.schema(r.Context(), body.Schema)
	if err != nil {
		return err
	}
	body.Fields = fieldsOf(schema, values)
	if why != nil {
		restoreTyped(body.Fields, schema, why.form)
		body.Problems = attachViolations(body.Fields, why.invalid, why.wrong)
		if why.general != "" {
			body.Problems = append([]pagekit.Problem{{Text: why.general}}, body.Problems...)
		}
	}
	p := o.pageFor(r, pageEdit, heading)
	p.Body = body
	return o.write(w, status, p)
}

// schema finds a schema and tells an operator what is wrong with it.
func (o *Console) schema(ctx context.Context, id string) (*traits.Schema, error) {
	schema, err := o.Schemas.Schema(ctx, id)
	if err == nil {
		return schema, nil
	}
	reqctx.Note(ctx, slog.String("error", err.Error()))
	return nil, &refusal{http.StatusServiceUnavailable, "The schema “" + id + "” can't be used", err.Error()}
}

// create stores a new identity. No hook runs and no mail is sent.
func (o *Console) create(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	id := r.PostForm.Get("schema")
	if !slices.Contains(o.Schemas.IDs(), id) {
		return errNoSchema
	}
	schema, err := o.schema(r.Context(), id)
	if err != nil {
		return err
	}
	in, wrong := inputOf(schema, r.PostForm)
	in.EmptyIsAbsent = true
	created, err := func() (*identity.Identity, error) {
		values, err := schema.Decode(in)
		if err != nil {
			return nil, err
		}
		draft, err := o.Identities.Draft(r.Context(), id, values)
		if err != nil || len(wrong) > 0 {
			return nil, err
		}
		return o.Identities.Create(r.Context(), draft)
	}()
	if why := rejectionOf(err, r.PostForm, wrong); why != nil {
		return o.showNew(w, r, http.StatusUnprocessableEntity, id, why)
	}
	if err != nil {
		return err
	}
	if err := o.record(r, "identity.created", created.ID); err != nil {
		return err
	}
	return o.redirect(w, o.at("identities", created.ID)+"?done=created")
}

// save replaces the traits that the form shows. Traits that the schema does
// not name stay.
func (o *Console) save(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	i, err := o.byID(r)
	if err != nil {
		return err
	}
	schema, err := o.schema(r.Context(), i.SchemaID)
	if err != nil {
		return err
	}
	if r.PostForm.Get("version") != strconv.Itoa(i.Version) {
		return o.showEdit(w, r, http.StatusConflict, i, &rejected{form: r.PostForm, general: changedMeanwhile})
	}
	in, wrong := inputOf(schema, r.PostForm)
	_, err = func() (*identity.Identity, error) {
		values, err := schema.Decode(in)
		if err != nil {
			return nil, err
		}
		merged, err := schema.Merge(i.Traits, values)
		if err != nil {
			return nil, err
		}
		draft, err := o.Identities.DraftFrom(r.Context(), i, i.SchemaID, merged)
		if err != nil || len(wrong) > 0 {
			return nil, err
		}
		return o.Identities.Save(r.Context(), draft)
	}()
	if why := rejectionOf(err, r.PostForm, wrong); why != nil {
		return o.showEdit(w, r, http.StatusUnprocessableEntity, i, why)
	}
	if err != nil {
		return err
	}
	if err := o.record(r, "identity.updated", i.ID); err != nil {
		return err
	}
	return o.redirect(w, o.at("identities", i.ID)+"?done=saved")
}

const changedMeanwhile = "The identity has changed since you opened the form. What you typed is still here; saving it now replaces the other change."

// rejectionOf says why the form must be shown again; nil if it need not be.
func rejectionOf(err error, form url.Values, wrong map[string]error) *rejected {
	why := &rejected{form: form, wrong: wrong}
	switch invalid, is := errors.AsType[*traits.Invalid](err); {
	case is:
		why.invalid = invalid
	case errors.Is(err, errs.ErrStale):
		why.general = changedMeanwhile
	case errors.Is(err, errs.ErrConflict):
		why.general = "Another identity has this identifier or address already."
	case err != nil || len(wrong) == 0:
		return nil
	}
	return why
}
