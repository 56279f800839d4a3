package wire1

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/symbolon/symbolon/internal/errs"
)

// The bounds of a batch: hashing a password takes long.
const (
	maxBatchSize      = 1000
	maxBatchPasswords = 200
)

// batchEntry is one identity of a batch.
type batchEntry struct {
	Create  json.RawMessage `json:"create"`
	PatchID string          `json:"patch_id"`
}

// batchResult is what became of it.
type batchResult struct {
	Action   string `json:"action"` // create, error
	Identity string `json:"identity,omitempty"`
	PatchID  string `json:"patch_id,omitempty"`
	Error    *Error `json:"error,omitempty"`
}

// createBatch creates many identities, each for itself: one that is refused does
// not stop the others.
func (w *Wire) createBatch(out http.ResponseWriter, r *http.Request) error {
	var in struct {
		Identities []batchEntry `json:"identities"`
	}
	if err := decodeLoose(r, maxBatch, &in); err != nil {
		return err
	}
	if len(in.Identities) > maxBatchSize {
		return badRequest("The maximum number of identities per request that can be created or deleted at once is 1000.")
	}
	bodies := make([]identityBody, len(in.Identities))
	problems := make([]error, len(in.Identities))
	plain := 0
	for i, entry := range in.Identities {
		bodies[i], problems[i] = entry.body()
		if c := bodies[i].Credentials; c != nil && c.Password != nil && c.Password.Config.Password != "" {
			plain++
		}
	}
	if plain > maxBatchPasswords {
		return badRequest("The maximum number of identities per request that can be created with a plaintext password is 200.")
	}
	results := make([]batchResult, len(bodies))
	for i, one := range bodies {
		results[i] = batchResult{PatchID: in.Identities[i].PatchID}
		w.createOne(r, one, problems[i], &results[i])
	}
	return writeJSON(out, http.StatusOK, map[string]any{"identities": results})
}

// body decodes the identity of an entry.
func (e batchEntry) body() (in identityBody, err error) {
	if len(e.Create) == 0 || string(e.Create) == "null" {
		return in, badRequest("The entry has no member create. Send the identity to create there.")
	}
	dec := json.NewDecoder(bytes.NewReader(e.Create))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in, refusal(http.StatusBadRequest, "", "", err.Error())
	}
	return in, nil
}

func (w *Wire) createOne(r *http.Request, in identityBody, problem error, result *batchResult) {
	if problem == nil {
		created, err := w.create(r.Context(), in)
		if err == nil {
			result.Action, result.Identity = "create", created.ID
			return
		}
		problem = err
	}
	object := w.faultOf(problem).body.Error
	if object.Code == http.StatusConflict {
		object = refusal(http.StatusConflict, "", "", errs.ErrConflict.Message).body.Error
	}
	result.Action, result.Error = "error", &object
}
