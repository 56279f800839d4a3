package wire1

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/identity"
)

const patchFailed = "An error occurred when applying the JSON patch"

// patchIdentity applies a JSON Patch (RFC 6902) to what operators may write of an
// identity.
func (w *Wire) patchIdentity(out http.ResponseWriter, r *http.Request) error {
	current, err := w.parts.Identities.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	body, err := readBody(r, maxIdentity)
	if err != nil {
		return err
	}
	patched, err := w.patched(current, body)
	if err != nil {
		return err
	}
	saved, err := w.replace(r.Context(), current, patched)
	if err != nil {
		return err
	}
	return w.answerIdentity(out, r, saved, nil, nil)
}

// patched returns the identity as the patch makes it.
func (w *Wire) patched(current *identity.Identity, body []byte) (identityBody, error) {
	refuse := func(err error) (identityBody, error) {
		return identityBody{}, refusal(http.StatusBadRequest, "", patchFailed, err.Error())
	}
	if err := wire.CheckJSON(body); err != nil {
		return refuse(err)
	}
	patch, err := jsonpatch.DecodePatch(body)
	if err != nil {
		return refuse(err)
	}
	for _, op := range patch {
		path, err := op.Path()
		if err != nil {
			return refuse(err)
		}
		if strings.Count(path, "/") > maxSteps {
			return refuse(fmt.Errorf("patch includes a path of more than %d steps", maxSteps))
		}
		if denied(path) {
			return refuse(fmt.Errorf("patch includes denied path: %s", path))
		}
	}
	// A struct of JSON values always encodes.
	before, _ := json.Marshal(w.operable(current))
	options := jsonpatch.NewApplyOptions()
	options.EnsurePathExistsOnAdd, options.AllowMissingPathOnRemove = padding(patch) <= maxPadding, false
	options.AccumulatedCopySizeLimit = maxIdentity
	after, err := patch.ApplyWithOptions(before, options)
	if err != nil {
		return refuse(err)
	}
	var in identityBody
	if err := json.Unmarshal(after, &in); err != nil {
		return refuse(err)
	}
	if in.State != identity.Active && in.State != identity.Inactive {
		return in, refusal(http.StatusBadRequest, "",
			fmt.Sprintf("The supplied state ('%s') was not valid. Valid states are ('active', 'inactive').", in.State), "identity state is not valid")
	}
	return in, nil
}

// operable is what operators may write of an identity.
func (w *Wire) operable(i *identity.Identity) identityBody {
	body := identityBody{
		SchemaID: i.SchemaID, Traits: i.Traits, State: cmp.Or(i.State, identity.Active), ExternalID: i.ExternalID,
		MetadataPublic: orNull(i.MetadataPublic), MetadataAdmin: orNull(i.MetadataAdmin),
	}
	for _, a := range i.Verifiable {
		body.VerifiableAddresses = append(body.VerifiableAddresses, addressBody{ID: a.ID, Value: a.Value, Verified: a.Verified, Via: a.Via})
	}
	return body
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return rawNull()
	}
	return raw
}

const (
	maxSteps   = 100    // of a path; traits and metadata nest less
	maxPadding = 10_000 // values that a patch makes around those that it names
)

// padding is the most values that a patch makes around those that it names: the library makes each step of a path that is
// not there, and fills an array up to the index.
func padding(patch jsonpatch.Patch) (total int) {
	for _, op := range patch {
		path, err := op.Path()
		if err != nil || op.Kind() != "add" {
			continue
		}
		for step := range strings.SplitSeq(path, "/") {
			n, err := strconv.Atoi(step)
			if err != nil && !errors.Is(err, strconv.ErrRange) {
				n = 1
			}
			total += min(max(n, 0), maxPadding+1)
		}
	}
	return total
}

// denied reports whether a patch may not touch a path: what an identity is, and
// what is kept of it elsewhere.
func denied(path string) bool {
	for _, prefix := range []string{"/id", "/stateChangedAt", "/state_changed_at", "/credentials", "/created_at", "/updated_at", "/schema_url", "/organization_id"} {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}

// deleteCredential takes a way to sign in from an identity, unless it is the last.
func (w *Wire) deleteCredential(out http.ResponseWriter, r *http.Request) error {
	id, typ, given := r.PathValue("id"), r.PathValue("type"), r.URL.Query().Get("identifier")
	if typ == "code" {
		if _, err := w.parts.Identities.ByID(r.Context(), id); err != nil {
			return err
		}
		return badRequest("Credentials type code cannot be deleted.")
	}
	err := w.parts.Engine.RemoveFactor(r.Context(), id, typ, func(d *identity.Draft, held *identity.Credential) error {
		return remove(d, held, given)
	})
	switch {
	case errors.Is(err, flow.ErrNoCredential):
		return refusal(http.StatusNotFound, "", fmt.Sprintf("You tried to remove a %[1]s but this user have no %[1]s set up.", typ), "")
	case errors.Is(err, flow.ErrLastFactor):
		return badRequest("You cannot remove the last first factor credential.")
	case err != nil:
		return operatorFault(err)
	}
	out.WriteHeader(http.StatusNoContent)
	return nil
}

// remove takes a credential, or one subject of a provider, from a draft.
func remove(d *identity.Draft, held *identity.Credential, given string) error {
	if held.Type != identity.TypeOIDC {
		d.Remove(held.Type)
		return nil
	}
	if given == "" {
		return badRequest("You must provide an identifier to delete this credential.")
	}
	if slices.Contains(held.Identifiers, given) {
		d.Unlink(held.Type, given)
		return nil
	}
	return refusal(http.StatusNotFound, "", fmt.Sprintf("The identifier `%s` was not found among OIDC credentials.", given), "")
}
