package wire1

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/symbolon/symbolon/internal/traits"
)

// schemaShape is a schema in a list.
type schemaShape struct {
	ID     string          `json:"id"`
	Schema json.RawMessage `json:"schema"`
}

// listSchemas lists the identity schemas that are configured.
func (w *Wire) listSchemas(out http.ResponseWriter, r *http.Request) error {
	ids := w.parts.Schemas.IDs()
	p := pageOf(r.URL.Query(), defaultPage)
	shown := []schemaShape{}
	for _, id := range window(ids, p) {
		raw, err := w.parts.Schemas.Raw(r.Context(), id)
		if err != nil {
			return schemaFault(id, err)
		}
		shown = append(shown, schemaShape{ID: id, Schema: raw})
	}
	p.numbered(out.Header(), r, len(ids))
	return writeJSON(out, http.StatusOK, shown)
}

// getSchema answers a schema as its author wrote it. The id may be encoded, as it
// is in the schema_url of identities.
func (w *Wire) getSchema(out http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	raw, err := w.parts.Schemas.Raw(r.Context(), id)
	if _, unknown := errors.AsType[*traits.UnknownError](err); unknown {
		if plain, decodeErr := base64.RawURLEncoding.DecodeString(id); decodeErr == nil {
			raw, err = w.parts.Schemas.Raw(r.Context(), string(plain))
		}
	}
	if err != nil {
		return schemaFault(id, err)
	}
	out.Header().Set("Content-Type", jsonUTF8)
	_, _ = out.Write(raw)
	return nil
}

// schemaFault says that there is no such schema, or that it can't be read.
func schemaFault(id string, err error) error {
	if _, unknown := errors.AsType[*traits.UnknownError](err); unknown {
		return refusal(http.StatusNotFound, "", fmt.Sprintf("Identity schema `%s` could not be found.", id), "")
	}
	f := refusal(http.StatusInternalServerError, "", "The identity schema could not be read. This is a configuration issue.", "")
	f.err = err
	return f
}
