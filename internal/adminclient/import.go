package adminclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Patch is one identity to create.
type Patch struct {
	Create  json.RawMessage `json:"create"`
	PatchID string          `json:"patch_id,omitempty"`
	// From says where it was read, for the result alone.
	From string `json:"-"`
}

// Result is what became of a patch.
type Result struct {
	Action   string `json:"action"` // create, error
	Identity string `json:"identity,omitempty"`
	PatchID  string `json:"patch_id,omitempty"`
	From     string `json:"from,omitempty"`
	Error    *Error `json:"error,omitempty"`
}

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
	defer body.Close()
	// Nobody waits for the writer: next may be reading from a terminal, and the
	// server may be gone.
	go func() {
		err := writePatches(lines, next, sent)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			cancel(err)
		}
		_ = lines.CloseWithError(err)
	}()
	response, err := c.send(ctx, request{method: http.MethodPatch, path: []string{"identities"}}, "application/x-ndjson", body)
	if err != nil {
		return causeOr(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
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
	if err := c.judge(r, raw, nil); err != nil {
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
		sent.add(p.From)
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
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the answer of the server ended early, what became of %d identities is not known: %w", sent.left(), err)
		}
		from, ok := sent.take()
		if !ok {
			return errors.New("the server answered about more identities than were sent")
		}
		result.From = from
		if err := each(result); err != nil {
			return err
		}
	}
}

// sentPatches are the names of patches that are not answered yet, in order.
type sentPatches struct {
	mu    sync.Mutex
	names []string
}

func (s *sentPatches) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, name)
}

func (s *sentPatches) take() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) == 0 {
		return "", false
	}
	name := s.names[0]
	s.names = s.names[1:]
	return name, true
}

func (s *sentPatches) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.names)
}
