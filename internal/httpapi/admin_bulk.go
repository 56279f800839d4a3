package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"symbolon/internal/archive"
	"symbolon/internal/errs"
	"symbolon/internal/secret"
)

// maxBulk is how many identities one JSON document may create. Newline-separated
// JSON is read as it comes and has no such limit.
const maxBulk = 1000

const ndjson = "application/x-ndjson"

// patch is one identity of a bulk import.
type patch struct {
	Create  json.RawMessage `json:"create"`
	PatchID string          `json:"patch_id"`
}

// patched is what became of it.
type patched struct {
	Action   string `json:"action"` // create, error
	Identity string `json:"identity,omitempty"`
	PatchID  string `json:"patch_id,omitempty"`
	Error    any    `json:"error,omitempty"`
}

// importIdentities creates many identities, each for itself: one that is refused
// does not stop the others.
func (m *mount) importIdentities(w http.ResponseWriter, r *http.Request) error {
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == ndjson {
		return m.importStream(w, r)
	}
	var in struct {
		Identities []patch `json:"identities"`
	}
	if err := decodeJSON(r, maxBulk*maxIdentity/16, &in); err != nil {
		return err
	}
	if len(in.Identities) > maxBulk {
		return errs.New(errs.Invalid, "bulk_too_large", fmt.Sprintf("At most %d identities fit one call. Split the list, or send %s.", maxBulk, ndjson))
	}
	out := make([]patched, 0, len(in.Identities))
	m.importAll(r, slices.Values(in.Identities), func(p patched) { out = append(out, p) })
	return writeJSON(w, http.StatusOK, map[string]any{"identities": out})
}

// importers is how many identities of one import are created at once. The store
// commits together what waits together.
const importers = 32

// importAll creates identities as they come, several at once, and answers them in
// their order, in which they are listed too. So many wait for their answer and no
// more.
func (m *mount) importAll(r *http.Request, all iter.Seq[patch], answer func(patched)) {
	waiting := make(chan chan patched, importers)
	var answers sync.WaitGroup
	answers.Go(func() {
		for one := range waiting {
			answer(<-one)
		}
	})
	for p := range all {
		one, id := make(chan patched, 1), secret.NewOrderedID()
		waiting <- one
		go func() { one <- m.importOne(r, id, p) }()
	}
	close(waiting)
	answers.Wait()
}

// importStream reads one patch after the other and answers each in its line.
func (m *mount) importStream(w http.ResponseWriter, r *http.Request) error {
	control := http.NewResponseController(w)
	// Without full duplex the server would read the whole body before the first
	// answer; where it can't be had, that is what happens.
	_ = control.EnableFullDuplex()
	w.Header().Set("Content-Type", ndjson)
	// What is left of a body that can't be read on must not be taken for the next
	// request.
	w.Header().Set("Connection", "close")
	// The listener's time-outs are for requests that come at once; this one takes
	// as long as there are identities.
	_ = errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{}))
	body := &byteBudget{Reader: r.Body}
	in, out := json.NewDecoder(body), json.NewEncoder(w)
	var broken error
	write := func(p patched) {
		_ = out.Encode(p) // the client disconnected; nothing to report
		_ = control.Flush()
	}
	m.importAll(r, patches(in, body, &broken), write)
	if broken != nil {
		fault := m.wire.Fault(errs.New(errs.Invalid, "body_invalid", "Unable to decode JSON payload: "+broken.Error()), "")
		write(patched{Action: "error", Error: fault.Object})
	}
	return nil
}

// patches reads one patch after the other, until the end or the first that can't be
// read, which is what broken is then.
func patches(in *json.Decoder, body *byteBudget, broken *error) iter.Seq[patch] {
	return func(yield func(patch) bool) {
		for {
			// The decoder reads ahead, but not by more than one identity.
			body.left = 2 * maxIdentity
			var p patch
			err := in.Decode(&p)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				*broken = err
				return
			}
			if !yield(p) {
				return
			}
		}
	}
}

// byteBudget is a reader that fails when more is read than it has left.
type byteBudget struct {
	io.Reader
	left int
}

func (a *byteBudget) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, fmt.Errorf("one identity is larger than %d bytes", maxIdentity)
	}
	n, err := a.Reader.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}

// importOne creates one identity. It runs beside the handler, whose listener answers
// panics, so it answers its own.
func (m *mount) importOne(r *http.Request, id string, p patch) (out patched) {
	defer func() {
		if trouble := recover(); trouble != nil {
			m.Log.ErrorContext(r.Context(), "import panicked", slog.Any("panic", trouble), slog.String("stack", string(debug.Stack())))
			fault := m.fault(r, errs.New(errs.Internal, "", ""))
			out = patched{Action: "error", PatchID: p.PatchID, Error: fault.Object}
		}
	}()
	created, err := m.importBody(r.Context(), id, p.Create)
	if err != nil {
		fault := m.fault(r, err)
		return patched{Action: "error", PatchID: p.PatchID, Error: fault.Object}
	}
	return patched{Action: "create", PatchID: p.PatchID, Identity: created}
}

func (m *mount) importBody(ctx context.Context, id string, body []byte) (string, error) {
	if archive.Is(body) {
		id, err := m.Archive.ImportExported(ctx, body)
		return id, adminFault(err)
	}
	in, err := decodeIdentity(body)
	if err != nil {
		return "", err
	}
	created, err := m.create(ctx, id, in)
	if err != nil {
		return "", err
	}
	return created.ID, nil
}
