package wire1

import (
	"cmp"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
)

// getError answers an error that was kept for the error page. Knowing its id is the
// right to read it.
func (w *Wire) getError(out http.ResponseWriter, r *http.Request) error {
	w.host.EnsureCSRF(out, r)
	query := r.URL.Query()
	id := cmp.Or(query.Get("id"), query.Get("error"))
	if id == "stub:500" { // an example for authors of error pages
		example := refusal(http.StatusInternalServerError, "", "This is a stub error.", "").body.Error
		return writeJSON(out, http.StatusOK, StoredError{ID: secret.NewID(), Error: example, CreatedAt: time.Time{}, UpdatedAt: time.Time{}})
	}
	kept, err := w.parts.Errors.Error(r.Context(), id)
	if err != nil {
		return err
	}
	shown, err := w.StoredError(kept)
	if err != nil {
		return err
	}
	return writeJSON(out, http.StatusOK, shown)
}
