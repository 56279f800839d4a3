package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// identityBody is what administrators send of an identity.
type identityBody struct {
	SchemaID    string           `json:"schema_id"`
	Traits      json.RawMessage  `json:"traits"`
	Credentials *credentialsBody `json:"credentials"`
}

// credentialsBody carries credentials into an identity, in the shape of later
// versions of the API. They are never sent out.
type credentialsBody struct {
	Password *struct {
		Config struct {
			HashedPassword string `json:"hashed_password"`
			Password       string `json:"password"`
			ByHook         bool   `json:"use_password_migration_hook"`
		} `json:"config"`
	} `json:"password"`
	TOTP         *factorBody `json:"totp"`
	LookupSecret *factorBody `json:"lookup_secret"`
	WebAuthn     *factorBody `json:"webauthn"`
	Passkey      *factorBody `json:"passkey"`
}

// factorBody is a factor in the form in which v26 stores it.
type factorBody struct {
	Identifiers []string        `json:"identifiers"` // user handles of passkeys
	Config      json.RawMessage `json:"config"`
}

// decodeIdentity reads an identity. Unknown members are refused: a misspelt one
// would be lost in silence.
func decodeIdentity(body []byte) (identityBody, error) {
	var in identityBody
	if err := wire.CheckJSON(body); err != nil && len(bytes.TrimSpace(body)) > 0 {
		return in, errs.New(errs.Invalid, "body_invalid", "Unable to decode JSON payload: "+err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(&in)
	switch {
	case errors.Is(err, io.EOF):
		return in, errs.New(errs.Invalid, "body_invalid", "The request body is empty. Send a JSON object with the member traits.")
	case err != nil:
		return in, errs.New(errs.Invalid, "body_invalid", "Unable to decode JSON payload: "+err.Error())
	case len(in.Traits) == 0:
		return in, errs.New(errs.Invalid, "traits_missing", "The member traits is missing. Send the identity's traits as a JSON object.")
	}
	return in, nil
}

func readIdentity(r *http.Request) (identityBody, error) {
	body, err := readBody(r, maxIdentity)
	if err != nil {
		return identityBody{}, err
	}
	return decodeIdentity(body)
}

// createIdentity stores a new identity. No hook runs and no mail is sent.
func (m *mount) createIdentity(w http.ResponseWriter, r *http.Request) error {
	in, err := readIdentity(r)
	if err != nil {
		return err
	}
	created, err := m.create(r.Context(), secret.NewIdentityID(), in)
	if err != nil {
		return err
	}
	w.Header().Set("Location", m.config.AdminURL.JoinPath("identities", created.ID).String())
	return writeJSON(w, http.StatusCreated, m.wire.Identity(created))
}

// create stores a new identity.
func (m *mount) create(ctx context.Context, id string, in identityBody) (*identity.Identity, error) {
	draft, err := m.draft(ctx, id, in)
	if err != nil {
		return nil, err
	}
	created, err := m.Identities.Create(ctx, draft)
	return created, adminFault(err)
}

// draft checks a new identity, which has an ordered id: identities are listed in the order
// of their ids.
func (m *mount) draft(ctx context.Context, id string, in identityBody) (*identity.Draft, error) {
	if in.SchemaID == "" {
		in.SchemaID = m.config.DefaultSchema
	}
	draft, err := m.Identities.Draft(ctx, in.SchemaID, in.Traits)
	if err != nil {
		return nil, adminFault(err)
	}
	draft.Identity.ID = id
	return draft, m.setCredentials(ctx, draft, in.Credentials)
}

func (m *mount) setCredentials(ctx context.Context, d *identity.Draft, in *credentialsBody) error {
	if in == nil {
		return nil
	}
	if err := m.setFactors(ctx, d, in); err != nil || in.Password == nil {
		return err
	}
	given := in.Password.Config
	if given.ByHook && given.HashedPassword == "" && given.Password == "" {
		d.Set(identity.PasswordElsewhere())
		return nil
	}
	if (given.HashedPassword == "") == (given.Password == "") {
		return errs.New(errs.Invalid, "password_invalid", "Give either credentials.password.config.hashed_password or credentials.password.config.password.")
	}
	credential, err := m.Passwords.Import(ctx, given.HashedPassword, given.Password)
	if err != nil {
		return err
	}
	d.Set(credential)
	return nil
}

// setFactors imports second factors and keys. What can't be taken whole is refused.
func (m *mount) setFactors(ctx context.Context, d *identity.Draft, in *credentialsBody) error {
	for _, f := range []struct {
		typ  string
		body *factorBody
	}{{"totp", in.TOTP}, {"lookup_secret", in.LookupSecret}, {"webauthn", in.WebAuthn}, {"passkey", in.Passkey}} {
		if f.body == nil {
			continue
		}
		c, err := m.Factors.ImportFactor(ctx, d.Identity.ID, f.typ, f.body.Identifiers, f.body.Config)
		if err != nil {
			return err
		}
		d.Set(c)
	}
	return nil
}

// deleteCredential resets a factor of an identity.
func (m *mount) deleteCredential(w http.ResponseWriter, r *http.Request) error {
	if err := m.engine.RemoveFactor(r.Context(), r.PathValue("id"), r.PathValue("type"), nil); err != nil {
		return adminFault(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// updateIdentity replaces traits, and the schema where one is named.
func (m *mount) updateIdentity(w http.ResponseWriter, r *http.Request) error {
	in, err := readIdentity(r)
	if err != nil {
		return err
	}
	current, err := m.Identities.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if in.SchemaID == "" {
		in.SchemaID = current.SchemaID
	}
	draft, err := m.Identities.DraftFrom(r.Context(), current, in.SchemaID, in.Traits)
	if err != nil {
		return adminFault(err)
	}
	if err := m.setCredentials(r.Context(), draft, in.Credentials); err != nil {
		return err
	}
	saved, err := m.Identities.Save(r.Context(), draft)
	if err != nil {
		return adminFault(err)
	}
	return writeJSON(w, http.StatusOK, m.wire.Identity(saved))
}

func (m *mount) getIdentity(w http.ResponseWriter, r *http.Request) error {
	found, err := m.Identities.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m.wire.Identity(found))
}

func (m *mount) deleteIdentity(w http.ResponseWriter, r *http.Request) error {
	if err := m.Identities.Delete(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// adminFault says to an administrator what the schema or the database objects
// to.
func adminFault(err error) error {
	if invalid, ok := errors.AsType[*traits.Invalid](err); ok {
		return errs.New(errs.Invalid, "traits_invalid", invalid.Dump)
	}
	if unknown, ok := errors.AsType[*traits.UnknownError](err); ok {
		return errs.New(errs.Invalid, "schema_unknown", unknown.Error())
	}
	if unusable(err) {
		return (&errs.Error{Code: errs.Internal, ID: "schema_unreadable", Reason: "Unable to parse validate JSON object against JSON schema."}).Because(err)
	}
	if errors.Is(err, errs.ErrConflict) {
		return errs.ErrConflict.Because(err)
	}
	return err
}

// schemaFault is adminFault for those who only want to read a schema.
func schemaFault(err error) error {
	if _, ok := errors.AsType[*traits.UnknownError](err); ok {
		return (&errs.Error{Code: errs.NotFound, ID: "schema_unknown"}).Because(err)
	}
	if unusable(err) {
		return (&errs.Error{
			Code: errs.Internal, ID: "schema_unreadable",
			Reason: "The file for this JSON Schema ID could not be found or opened. This is a configuration issue.",
		}).Because(err)
	}
	return err
}

// unusable reports whether a schema can't be read or is none.
func unusable(err error) bool {
	if _, ok := errors.AsType[*traits.UnreadableError](err); ok {
		return true
	}
	_, ok := errors.AsType[*traits.SchemaError](err)
	return ok
}

// identities renders a list that is never null.
func (m *mount) identities(in []*identity.Identity) []any {
	out := make([]any, len(in))
	for i := range in {
		out[i] = m.wire.Identity(in[i])
	}
	return out
}
