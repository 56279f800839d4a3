package wire1

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/traits"
)

// identityBody is what operators send of an identity.
type identityBody struct {
	SchemaID            string            `json:"schema_id"`
	Traits              json.RawMessage   `json:"traits"`
	Credentials         *credentialsBody  `json:"credentials,omitempty"`
	MetadataPublic      json.RawMessage   `json:"metadata_public"`
	MetadataAdmin       json.RawMessage   `json:"metadata_admin"`
	State               string            `json:"state"`
	VerifiableAddresses []addressBody     `json:"verifiable_addresses,omitempty"`
	RecoveryAddresses   []json.RawMessage `json:"recovery_addresses,omitempty"`
	ExternalID          string            `json:"external_id"`
	OrganizationID      *string           `json:"organization_id,omitempty"`
}

// addressBody says of an address that it has been proved.
type addressBody struct {
	ID         string     `json:"id,omitempty"`
	Value      string     `json:"value"`
	Verified   bool       `json:"verified"`
	Via        string     `json:"via"`
	Status     string     `json:"status"`
	VerifiedAt *time.Time `json:"verified_at,omitempty"`
	CreatedAt  *time.Time `json:"created_at,omitempty"`
	UpdatedAt  *time.Time `json:"updated_at,omitempty"`
}

// credentialsBody carries credentials into an identity.
type credentialsBody struct {
	Password *struct {
		Config struct {
			HashedPassword string `json:"hashed_password"`
			Password       string `json:"password"`
			ByHook         bool   `json:"use_password_migration_hook"`
		} `json:"config"`
	} `json:"password"`
	OIDC *struct {
		Config struct {
			Providers []struct {
				Provider     string `json:"provider"`
				Subject      string `json:"subject"`
				AutoLink     bool   `json:"use_auto_link"`
				Organization string `json:"organization"`
			} `json:"providers"`
		} `json:"config"`
	} `json:"oidc"`
}

// createIdentity stores a new identity. No hook runs and no mail is sent.
func (w *Wire) createIdentity(out http.ResponseWriter, r *http.Request) error {
	var in identityBody
	if err := decodeStrict(r, maxIdentity, &in); err != nil {
		return err
	}
	created, err := w.create(r.Context(), in)
	if err != nil {
		return err
	}
	shown, err := w.operatorIdentity(r.Context(), created, nil)
	if err != nil {
		return err
	}
	out.Header().Set("Location", w.config.Admin.JoinPath("identities", created.ID).String())
	return writeJSON(out, http.StatusCreated, shown)
}

func (w *Wire) create(ctx context.Context, in identityBody) (*identity.Identity, error) {
	in.Traits = orEmpty(in.Traits)
	draft, err := w.parts.Identities.Draft(ctx, cmp.Or(in.SchemaID, w.config.DefaultSchema), in.Traits)
	if err != nil {
		return nil, operatorFault(err)
	}
	if err := w.fill(ctx, draft, in); err != nil {
		return nil, err
	}
	for _, a := range in.VerifiableAddresses {
		prove(draft, a, w.parts.Now())
	}
	created, err := w.parts.Identities.Create(ctx, draft)
	if errors.Is(err, errs.ErrConflict) {
		return nil, refusal(http.StatusConflict, "", "This identity conflicts with another identity that already exists.", "")
	}
	return created, operatorFault(err)
}

// fill copies what an operator sent besides traits to a draft.
func (w *Wire) fill(ctx context.Context, d *identity.Draft, in identityBody) error {
	i := &d.Identity
	if in.State != "" {
		if in.State != identity.Active && in.State != identity.Inactive {
			return badRequest("identity state is not valid")
		}
		i.State = in.State
	}
	for _, m := range []struct {
		name  string
		given json.RawMessage
		into  *json.RawMessage
	}{{"metadata_public", in.MetadataPublic, &i.MetadataPublic}, {"metadata_admin", in.MetadataAdmin, &i.MetadataAdmin}} {
		if _, err := traits.Object(m.given); err != nil {
			return badRequest(fmt.Sprintf("The member %s %v; null stands for none.", m.name, err))
		}
		*m.into = m.given
	}
	i.ExternalID = in.ExternalID
	return w.setCredentials(ctx, d, in.Credentials)
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	return raw
}

// prove marks the draft's address of that value as proved.
func prove(d *identity.Draft, in addressBody, now time.Time) {
	via := cmp.Or(in.Via, identity.ViaEmail)
	a := identity.Find(d.Identity.Verifiable, via, traits.NormalizeAddress(via, in.Value))
	if a == nil || !in.Verified && in.Status != "completed" {
		return
	}
	a.Verified = true
	if a.VerifiedAt = now; in.VerifiedAt != nil {
		a.VerifiedAt = *in.VerifiedAt
	}
}

func (w *Wire) setCredentials(ctx context.Context, d *identity.Draft, in *credentialsBody) error {
	if in == nil {
		return nil
	}
	if in.OIDC != nil {
		for _, p := range in.OIDC.Config.Providers {
			if p.Organization != "" {
				return badRequest("This server has no organizations. Leave out the member organization of credentials.oidc.config.providers.")
			}
			d.Link(identity.TypeOIDC, p.Provider+":"+p.Subject)
		}
	}
	if in.Password == nil {
		return nil
	}
	given := in.Password.Config
	if given.HashedPassword == "" && given.Password == "" {
		if given.ByHook {
			d.Set(identity.PasswordElsewhere())
		}
		return nil
	}
	credential, err := w.parts.Passwords.Import(ctx, given.HashedPassword, given.Password)
	if known, ok := errors.AsType[*errs.Error](err); ok && known.Code == errs.Invalid {
		return badRequest("The imported password does not match any known hash format. " + known.Reason)
	}
	if err != nil {
		return err
	}
	d.Set(credential)
	return nil
}

// operatorFault says to an operator what the schema or the database objects to.
func operatorFault(err error) error {
	if invalid, ok := errors.AsType[*traits.Invalid](err); ok {
		return badRequest(invalid.Dump)
	}
	if unknown, ok := errors.AsType[*traits.UnknownError](err); ok {
		return badRequest(unknown.Error())
	}
	if errors.Is(err, errs.ErrConflict) {
		return refusal(http.StatusConflict, "", "", errs.ErrConflict.Message)
	}
	return err
}

// updateIdentity replaces an identity. A state or schema that is not sent stays;
// metadata that is not sent goes.
func (w *Wire) updateIdentity(out http.ResponseWriter, r *http.Request) error {
	var in identityBody
	if err := decodeLoose(r, maxIdentity, &in); err != nil {
		return err
	}
	current, err := w.parts.Identities.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	saved, err := w.replace(r.Context(), current, in)
	if err != nil {
		return err
	}
	shown, err := w.operatorIdentity(r.Context(), saved, nil)
	if err != nil {
		return err
	}
	return writeJSON(out, http.StatusOK, shown)
}

// replace saves an identity as a request makes it. The error says so if it changed since
// current was read.
func (w *Wire) replace(ctx context.Context, current *identity.Identity, in identityBody) (*identity.Identity, error) {
	if in.ExternalID == "" {
		in.ExternalID = current.ExternalID
	}
	draft, err := w.parts.Identities.DraftFrom(ctx, current, cmp.Or(in.SchemaID, current.SchemaID), orEmpty(in.Traits))
	if err != nil {
		return nil, operatorFault(err)
	}
	if err := w.fill(ctx, draft, in); err != nil {
		return nil, err
	}
	saved, err := w.parts.Identities.Save(ctx, draft)
	if err != nil {
		return nil, operatorFault(err)
	}
	if saved.State == identity.Inactive && current.State != identity.Inactive {
		err = w.parts.Sessions.RevokeOthers(ctx, saved.ID, "")
	}
	return saved, err
}

func (w *Wire) getIdentity(out http.ResponseWriter, r *http.Request) error {
	wanted, err := wantedCredentials(r, true)
	if err != nil {
		return err
	}
	found, err := w.parts.Identities.ByID(r.Context(), r.PathValue("id"))
	return w.answerIdentity(out, r, found, err, wanted)
}

func (w *Wire) getByExternalID(out http.ResponseWriter, r *http.Request) error {
	wanted, err := wantedCredentials(r, true)
	if err != nil {
		return err
	}
	found, _, err := w.parts.Identities.List(r.Context(), identity.Query{ExternalID: r.PathValue("id"), Limit: 1})
	if err == nil && len(found) == 0 {
		err = errs.ErrNotFound
	}
	if err != nil {
		return err
	}
	return w.answerIdentity(out, r, found[0], nil, wanted)
}

func (w *Wire) answerIdentity(out http.ResponseWriter, r *http.Request, i *identity.Identity, err error, wanted []string) error {
	if err != nil {
		return err
	}
	shown, err := w.operatorIdentity(r.Context(), i, wanted)
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		shown.MetadataAdmin = orNull(i.MetadataAdmin)
	}
	return writeJSON(out, http.StatusOK, shown)
}

func (w *Wire) deleteIdentity(out http.ResponseWriter, r *http.Request) error {
	if err := w.parts.Identities.Delete(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	out.WriteHeader(http.StatusNoContent)
	return nil
}

// credentialTypes are the types that operators can ask for.
func credentialTypes() []string {
	return []string{"password", "oidc", "totp", "lookup_secret", "webauthn", "passkey", "code", "saml", "link_recovery", "code_recovery"}
}

// wantedCredentials are the types whose configuration is asked for. A single
// identity and a list word the refusal differently.
func wantedCredentials(r *http.Request, single bool) ([]string, error) {
	wanted := r.URL.Query()["include_credential"]
	for _, typ := range wanted {
		if slices.Contains(credentialTypes(), typ) {
			continue
		}
		shown := typ
		if single {
			shown = "[]"
		}
		return nil, badRequest(fmt.Sprintf("Invalid value `%s` for parameter `include_credential`.", shown))
	}
	return wanted, nil
}

// operatorIdentity renders an identity as operators see it: with its credentials,
// and the configuration of those that are wanted.
func (w *Wire) operatorIdentity(ctx context.Context, i *identity.Identity, wanted []string) (Identity, error) {
	out := w.identity(i)
	out.MetadataAdmin = i.MetadataAdmin
	held, err := w.parts.Identities.Credentials(ctx, i.ID)
	if err != nil {
		return out, err
	}
	out.Credentials = map[string]Credential{}
	for _, c := range held {
		shown := Credential{Type: c.Type, Identifiers: shownIdentifiers(c, held), CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt}
		if slices.Contains(wanted, c.Type) {
			shown.Config = w.parts.CredentialConfig(i.ID, c)
		}
		out.Credentials[c.Type] = shown
	}
	return out, nil
}
