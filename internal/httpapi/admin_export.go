package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// Archive takes identities out with everything that belongs to them, and in again.
type Archive interface {
	// ExportIdentities returns identities as lines of an export, from the one after that
	// id on: at most limit, and none after more than size bytes. next is the id of the
	// last one where more may follow.
	ExportIdentities(ctx context.Context, after string, limit, size int, sessions bool) (lines []json.RawMessage, next string, err error)
	// ImportExported stores a line of an export under its id, which it returns.
	ImportExported(ctx context.Context, raw []byte) (string, error)
}

// The bounds of a page of an export. It ends early once it is larger than the bytes.
const (
	exportPage  = 250
	exportBytes = 8 << 20
)

// exportIdentities answers a page of identities with their credentials, in the form
// that importIdentities takes.
func (s *Server) exportIdentities(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	after := query.Get("after")
	if after != "" && !secret.IsID(after) {
		return errs.New(errs.Invalid, "after_invalid", "The parameter after must be the id of an identity, or be left out.")
	}
	sessions := false
	if text := query.Get("sessions"); text != "" {
		var err error
		if sessions, err = strconv.ParseBool(text); err != nil {
			return errs.New(errs.Invalid, "sessions_invalid", "The parameter sessions must be true or false.")
		}
	}
	lines, next, err := s.Archive.ExportIdentities(r.Context(), after, exportPage, exportBytes, sessions)
	if err != nil {
		return err
	}
	s.Log.WarnContext(r.Context(), "identities exported with their credentials", slog.Int("identities", len(lines)), slog.Bool("sessions", sessions))
	return writeJSON(w, http.StatusOK, adminapi.ExportPage{Identities: lines, Next: next})
}
