package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/courier"
)

// healthDetail tells administrators how each part is doing. What delays mail
// alone is not a failure of the server: the status stays ok.
func (s *Server) healthDetail(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	out := adminapi.Health{Status: "ok", Database: adminapi.DatabaseHealth{Status: "ok"}, Hashing: s.Hashing(), UntrustedForwards: s.warnings.untrustedForwards()}
	mail, err := s.Courier.Overview(ctx)
	if notReady := s.Ready(ctx); notReady != nil {
		err = notReady
	}
	if err != nil {
		noteError(r, err)
		out.Status, out.Database = "error", adminapi.DatabaseHealth{Status: "error", Error: err.Error()}
		return writeJSON(w, http.StatusServiceUnavailable, out)
	}
	out.Courier = &adminapi.CourierHealth{
		Channel: s.config.MailChannel,
		Queued:  mail.Counts[courier.Queued], Sending: mail.Counts[courier.Sending],
		Sent: mail.Counts[courier.Sent], Dead: mail.Counts[courier.Dead],
		Oldest: omitZero(mail.Oldest), NextTry: omitZero(mail.NextTry), LastError: mail.LastError,
	}
	return writeJSON(w, http.StatusOK, out)
}

func omitZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
