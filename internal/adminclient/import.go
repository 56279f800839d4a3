package adminclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// Patch is one identity to create.
type Patch struct {
	adminapi.Patch
	// From says where it was read, for the result alone.
	From string `json:"-"`
	// Refused says that it can't even be sent; it keeps its place among the results.
	Refused *Error `json:"-"`
}

// Result is what became of a patch.
type Result struct {
	adminapi.Patched
	From  string `json:"from,omitempty"`
	Error *Error `json:"error,omitempty"`
}

const ndjson = "application/x-ndjson"

// Import creates identities, each for itself, as next hands them out until it
// returns io.EOF. Both ways are streams: each is told what became of a patch,
// in their order, while others are still being read. An error ends the import;
// what was created before stays. next is called by another goroutine, of which a
// last call may still run when Import returns.
func (c *Client) Import(ctx context.Context, next func() (Patch, error), each func(Result) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body, lines := io.Pipe()
	sent := &sentPatches{}
	defer func() { _ = body.Close() }() // which ends the writer
	// The caller does not wait for the writer: next may be reading from a terminal, and the
	// server may be gone.
	go func() {
		err := writePatches(lines, next, sent)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			cancel(err)
		}
		_ = lines.CloseWithError(err)
	}()
	response, err := c.send(ctx, request{method: http.MethodPatch, path: []string{"identities"}}, ndjson, body)
	if err != nil {
		return causeOr(ctx, err)
	}
	defer response.Body.Close()
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); response.StatusCode != http.StatusOK || media != ndjson {
		return c.refusedImport(response)
	}
	if err := readResults(response.Body, sent, each); err != nil {
		return causeOr(ctx, err)
	}
	if left := sent.left(); left > 0 {
		return fmt.Errorf("the server ended the import; what became of %d identities is not known", left)
	}
	return causeOr(ctx, nil)
}

// causeOr prefers the error that ended the import to what followed from it.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (c *Client) refusedImport(r *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return c.foreign(r)
	}
	if err := c.checkAnswer(r, raw, nil); err != nil {
		return err
	}
	return c.foreign(r)
}

func writePatches(w io.Writer, next func() (Patch, error), sent *sentPatches) error {
	lines := json.NewEncoder(w)
	for {
		p, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		sent.add(p)
		if p.Refused != nil {
			continue
		}
		if err := lines.Encode(p); err != nil {
			return err
		}
	}
}

func readResults(r io.Reader, sent *sentPatches, each func(Result) error) error {
	lines := json.NewDecoder(r)
	for {
		var result Result
		err := lines.Decode(&result)
		if tellErr := sent.tellRefused(each); tellErr != nil {
			return tellErr
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the answer of the server ended early, what became of %d identities is not known: %w", sent.left(), err)
		}
		about, ok := sent.take()
		if !ok {
			return errors.New("the server answered about more identities than were sent")
		}
		result.From = about.From
		if err := each(result); err != nil {
			return err
		}
	}
}

// sentPatches are the patches without a result, in order and without their
// content.
type sentPatches struct {
	mu    sync.Mutex
	queue []Patch
}

func (s *sentPatches) add(p Patch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, Patch{Patch: adminapi.Patch{PatchID: p.PatchID}, From: p.From, Refused: p.Refused})
}

// take returns the first one.
func (s *sentPatches) take() (Patch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return Patch{}, false
	}
	p := s.queue[0]
	s.queue = s.queue[1:]
	return p, true
}

// refused returns the first one if it was never sent.
func (s *sentPatches) refused() (Patch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 || s.queue[0].Refused == nil {
		return Patch{}, false
	}
	p := s.queue[0]
	s.queue = s.queue[1:]
	return p, true
}

// tellRefused gives those at the front that were never sent their results.
func (s *sentPatches) tellRefused(each func(Result) error) error {
	for {
		p, ok := s.refused()
		if !ok {
			return nil
		}
		if err := each(Result{Patched: adminapi.Patched{Action: "error", PatchID: p.PatchID}, From: p.From, Error: p.Refused}); err != nil {
			return err
		}
	}
}

func (s *sentPatches) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}
