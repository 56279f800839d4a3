package wire1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/revocation"
)

// Ended tells which sessions have ended. *revocation.Feed satisfies it.
type Ended interface {
	Enter() (leave func(), err error)
	History(ctx context.Context, window time.Duration) (revocation.Batch, error)
	After(ctx context.Context, p revocation.Position, until time.Time) (revocation.Batch, error)
}

const (
	maxWait = 50 * time.Second
	// heartbeat is how often a stream says that nothing has ended: readers that hear
	// nothing for a few of them no longer know.
	heartbeat = 500 * time.Millisecond
	// maxStream ends streams now and then, so that no reader outlives the token that it
	// was let in with for long. Readers come back with their position.
	maxStream = 5 * time.Minute
	// leastWindow is how far back a reader without a position is told.
	leastWindow = 10 * time.Minute
)

// endedSessions answers which sessions have ended: as a stream of server-sent events (WHATWG
// HTML, 9.2) where the client accepts it, else as JSON, at once or as soon as one ends.
func (w *Wire) endedSessions(out http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	streamed := strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	after := query.Get("after")
	if last := r.Header.Get("Last-Event-ID"); last != "" && streamed {
		after = last
	}
	wait, err := time.ParseDuration(query.Get("wait"))
	if query.Get("wait") == "" {
		wait, err = 0, nil
	}
	if err != nil || wait < 0 || wait > maxWait {
		return badRequest(fmt.Sprintf("The parameter wait must be a duration from 0s to %v.", maxWait))
	}
	var at revocation.Position
	if after != "" {
		if at, err = revocation.ParsePosition(after); err != nil {
			return badRequest("The parameter after must be a value of next, or be left out.")
		}
	}
	leave, err := w.parts.Ended.Enter()
	if err != nil {
		return feedFault(err)
	}
	defer leave()
	var batch revocation.Batch
	if at == nil {
		batch, err = w.parts.Ended.History(r.Context(), max(w.parts.Tokens.Longest(), leastWindow))
	} else {
		batch, err = w.parts.Ended.After(r.Context(), at, w.parts.Now().Add(wait))
	}
	switch {
	case err != nil:
		return feedFault(err)
	case streamed:
		w.streamEnded(out, r, batch)
		return nil
	}
	return writeJSON(out, http.StatusOK, struct {
		revocation.Batch
		Next string `json:"next"`
	}{batch, batch.Next.String()})
}

// feedFault says what a reader does about an error of the feed.
func feedFault(err error) error {
	switch {
	case errors.Is(err, revocation.ErrGone):
		return refusal(http.StatusGone, "", "The feed no longer has what followed this position. Start again without after.", "")
	case errors.Is(err, revocation.ErrBusy), errors.Is(err, revocation.ErrClosed):
		return refusal(http.StatusServiceUnavailable, "", "Too many clients follow the feed, or the server is being stopped. Try again in a moment.", "")
	}
	return err
}

// streamEnded writes batches until the client goes, something fails or maxStream is over.
func (w *Wire) streamEnded(out http.ResponseWriter, r *http.Request, batch revocation.Batch) {
	h, conn := out.Header(), http.NewResponseController(out)
	h["Content-Type"] = []string{"text/event-stream"}
	h["Cache-Control"] = []string{"no-store"}
	h["X-Accel-Buffering"] = []string{"no"} // nginx
	_, _ = out.Write([]byte("retry: 500\n\n"))
	for end := w.parts.Now().Add(maxStream); ; {
		if err := writeBatch(out, batch); err != nil {
			return
		}
		_ = conn.SetWriteDeadline(w.parts.Now().Add(maxWait))
		if err := conn.Flush(); err != nil {
			return
		}
		now := w.parts.Now()
		if now.After(end) {
			return
		}
		var err error
		if batch, err = w.parts.Ended.After(r.Context(), batch.Next, now.Add(heartbeat)); err != nil {
			return // the client comes back and is told then
		}
	}
}

// writeBatch writes an event for each session that ended, then one that says as of when
// that is all, and since when if it begins a history. Its id is the position behind them.
func writeBatch(out http.ResponseWriter, b revocation.Batch) error {
	for _, one := range b.Ended {
		data, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "event: ended\ndata: %s\n\n", data); err != nil {
			return err
		}
	}
	data, err := json.Marshal(struct {
		AsOf  time.Time `json:"as_of"`
		Since time.Time `json:"since,omitzero"`
	}{b.AsOf, b.Since})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "id: %s\nevent: current\ndata: %s\n\n", b.Next, data)
	return err
}
