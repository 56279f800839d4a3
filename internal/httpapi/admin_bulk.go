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
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/archive"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
)

// maxBulk is how many identities one JSON document may create. Newline-separated
// JSON is read as it comes and has no such limit.
const maxBulk = 1000

const ndjson = "application/x-ndjson"

// patched is what became of a patch.
type patched struct {
	adminapi.Patched
	Error any `json:"error,omitempty"`
}

// importIdentities creates many identities, each for itself: one that is refused
// does not stop the others.
func (m *mount) importIdentities(w http.ResponseWriter, r *http.Request) error {
	waiting, stop := context.WithTimeout(r.Context(), importWait)
	err := m.imports.Acquire(waiting, 1)
	stop()
	if err != nil {
		return &errs.Error{
			Code: errs.Unavailable, ID: "imports_busy", Message: "The server is busy with other imports", RetryAfter: importWait,
			Reason: fmt.Sprintf("%d imports are running, which is the most at a time. Send this one again when one of them has ended.", maxImports),
		}
	}
	defer m.imports.Release(1)
	// The listener's time-outs are for requests that come at once; this one may have waited.
	client := importClient{http.NewResponseController(w), r}
	client.mustSend()
	client.mustTake()
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == ndjson {
		return m.importStream(w, r, client)
	}
	var in struct {
		Identities []adminapi.Patch `json:"identities"`
	}
	if err := decodeJSON(r, maxBulk*maxIdentity/16, &in); err != nil {
		return err
	}
	if len(in.Identities) > maxBulk {
		return errs.New(errs.Invalid, "bulk_too_large", fmt.Sprintf("At most %d identities fit one call. Split the list, or send %s.", maxBulk, ndjson))
	}
	client.hasSent()
	out := make([]patched, 0, len(in.Identities))
	m.importAll(r, slices.Values(in.Identities), func(p patched, _ bool) { out = append(out, p) })
	client.mustTake()
	return writeJSON(w, http.StatusOK, map[string]any{"identities": out})
}

// maxImports is how many imports a server takes at a time, over all listeners and wires; others wait for importWait.
const (
	maxImports = 8
	importWait = 30 * time.Second
)

// importIdle is how long an import waits for its client to send the next identity, and to take the next answer.
const importIdle = time.Minute

// importClient is the connection of an import, which takes as long as there are identities. It must not be idle
// meanwhile: others wait for its place.
type importClient struct {
	*http.ResponseController
	r *http.Request
}

// mustSend gives the client importIdle to send something. Writers without deadlines, such as those of tests, have none.
func (c importClient) mustSend() { _ = c.SetReadDeadline(c.deadline()) }

// mustTake gives the client importIdle to take what is written next.
func (c importClient) mustTake() { _ = c.SetWriteDeadline(c.deadline()) }

// hasSent lifts the deadline of mustSend: no more identities are expected. The server reads on to notice that the client
// disconnects, and would take a missed deadline for that.
func (c importClient) hasSent() { _ = c.SetReadDeadline(time.Time{}) }

// deadline is importIdle from now by the clock of the machine, which connections and contexts use; tests choose the clock of
// the server.
func (c importClient) deadline() time.Time {
	ctx, stop := context.WithTimeout(context.WithoutCancel(c.r.Context()), importIdle)
	defer stop()
	at, _ := ctx.Deadline()
	return at
}

// importers is how many identities of one import are in memory: read, checked, stored or
// about to be answered. Each that is larger than importSize counts for several.
const (
	importers  = 128
	importSize = 16 << 10 // bytes
)

// importing is one of them.
type importing struct {
	id      string
	patch   adminapi.Patch
	checked chan struct{}   // closed once draft or out is set
	draft   *identity.Draft // to be stored; nil if out says already what became of it
	out     patched
}

// importAll creates identities as they come and answers them in their order, in which they
// are listed too. They are checked several at once, and what has been checked while others
// were stored is stored together. An answer with more set is followed by another at once.
func (m *mount) importAll(r *http.Request, all iter.Seq[adminapi.Patch], answer func(p patched, more bool)) {
	ctx, room := context.WithoutCancel(r.Context()), semaphore.NewWeighted(importers)
	read, stored := make(chan *importing, importers), make(chan *importing, importers)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(stored)
		for first := range read {
			together := gather(first, read)
			m.importTogether(r, together)
			for _, one := range together {
				stored <- one
			}
		}
	})
	running.Go(func() {
		for one := range stored {
			answer(one.out, len(stored) > 0)
			room.Release(one.size())
		}
	})
	for p := range all {
		one := &importing{id: secret.NewOrderedID(), patch: p, checked: make(chan struct{})}
		_ = room.Acquire(ctx, one.size()) // ctx does not end
		read <- one
		go m.importOne(r, one)
	}
	close(read)
	running.Wait()
}

// size is how much of the room it takes.
func (one *importing) size() int64 { return min(1+int64(len(one.patch.Create)/importSize), importers) }

// gather waits until those that have been read are checked.
func gather(first *importing, read <-chan *importing) []*importing {
	<-first.checked
	all := []*importing{first}
	for {
		select {
		case next, more := <-read:
			if !more {
				return all
			}
			<-next.checked
			all = append(all, next)
		default:
			return all
		}
	}
}

// importStream reads one patch after the other and answers each in its line.
func (m *mount) importStream(w http.ResponseWriter, r *http.Request, client importClient) error {
	// Without full duplex the server would read the whole body before the first
	// answer; where it can't be had, that is what happens.
	_ = client.EnableFullDuplex()
	w.Header().Set("Content-Type", ndjson)
	// What is left of a body that can't be read on must not be taken for the next
	// request.
	w.Header().Set("Connection", "close")
	out := json.NewEncoder(w)
	var broken error
	write := func(p patched, more bool) {
		client.mustTake()
		_ = out.Encode(p) // the client disconnected, which ends the context
		if !more {
			_ = client.Flush()
		}
	}
	m.importAll(r, client.patches(&broken), write)
	if broken != nil {
		fault := m.wire.Fault(errs.New(errs.Invalid, "body_invalid", "Unable to decode JSON payload: "+broken.Error()), "")
		write(patched{Patched: adminapi.Patched{Action: "error"}, Error: fault.Object}, false)
	}
	return nil
}

// patches reads one patch after the other, until the end, the first that can't be read,
// which is what broken is then, or an answer that the client does not take.
func (c importClient) patches(broken *error) iter.Seq[adminapi.Patch] {
	body := &byteBudget{Reader: c.r.Body}
	in := json.NewDecoder(body)
	return func(yield func(adminapi.Patch) bool) {
		defer c.hasSent()
		for c.r.Context().Err() == nil {
			// The decoder reads ahead, but not by more than one identity.
			body.left = 2 * maxIdentity
			c.mustSend()
			var p adminapi.Patch
			err := in.Decode(&p)
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.Is(err, os.ErrDeadlineExceeded):
				err = fmt.Errorf("no identity came for %s", importIdle)
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

// importOne checks one identity, and stores it if it is one that was exported.
func (m *mount) importOne(r *http.Request, one *importing) {
	defer close(one.checked)
	defer m.importPanicked(r, one)
	var err error
	if archive.Is(one.patch.Create) {
		var id string
		id, err = m.Archive.ImportExported(r.Context(), one.patch.Create)
		one.out = patched{Patched: adminapi.Patched{Action: "create", PatchID: one.patch.PatchID, Identity: id}}
		err = adminFault(err)
	} else {
		var in identityBody
		if in, err = decodeIdentity(one.patch.Create); err == nil {
			one.draft, err = m.draft(r.Context(), one.id, in)
		}
	}
	if err != nil {
		one.refuse(m.fault(r, err))
	}
}

// importTogether stores what has been checked.
func (m *mount) importTogether(r *http.Request, all []*importing) {
	defer m.importPanicked(r, all...)
	var drafts []*identity.Draft
	var each []*importing
	for _, one := range all {
		if one.draft != nil {
			drafts, each = append(drafts, one.draft), append(each, one)
		}
	}
	if len(drafts) == 0 {
		return
	}
	for n, err := range m.Identities.CreateAll(r.Context(), drafts) {
		one := each[n]
		if err != nil {
			one.refuse(m.fault(r, adminFault(err)))
			continue
		}
		one.draft, one.out = nil, patched{Patched: adminapi.Patched{Action: "create", PatchID: one.patch.PatchID, Identity: one.id}}
	}
}

func (one *importing) refuse(why wire.Fault) {
	one.draft, one.out = nil, patched{Patched: adminapi.Patched{Action: "error", PatchID: one.patch.PatchID}, Error: why.Object}
}

// importPanicked is to be deferred: an import runs beside the handler, whose listener
// answers panics, so it answers its own.
func (m *mount) importPanicked(r *http.Request, all ...*importing) {
	trouble := recover()
	if trouble == nil {
		return
	}
	m.Log.ErrorContext(r.Context(), "import panicked", slog.Any("panic", trouble), slog.String("stack", string(debug.Stack())))
	for _, one := range all {
		if one.out.Action == "" {
			one.refuse(m.fault(r, errs.New(errs.Internal, "", "")))
		}
	}
}
