package cli

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	logDelay = 10 * time.Millisecond // that a line waits for others at most
	logBytes = 32 << 10              // of lines that wait; more are written at once
)

// logWriter writes the log lines of a few milliseconds in one call. A call of its own for
// each line took a tenth of a session check (docs/measurements.md).
type logWriter struct {
	to io.Writer

	writing sync.Mutex // is held while to is written to, and locked before mu
	mu      sync.Mutex
	waiting []byte // whole lines
	spare   []byte // what waiting is replaced with
	flush   *time.Timer
}

func newLogWriter(to io.Writer) *logWriter {
	w := &logWriter{to: to}
	w.flush = time.AfterFunc(time.Hour, w.Flush)
	w.flush.Stop()
	return w
}

// Write implements io.Writer. It never fails: a log that cannot be written must not fail
// the request.
func (w *logWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	if len(w.waiting) == 0 {
		w.flush.Reset(logDelay)
	}
	w.waiting = append(w.waiting, line...)
	full := len(w.waiting) >= logBytes
	w.mu.Unlock()
	if full {
		w.Flush()
	}
	return len(line), nil
}

// Flush writes the lines that wait.
func (w *logWriter) Flush() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	lines := w.waiting
	w.waiting, w.spare = w.spare[:0], lines
	w.flush.Stop()
	w.mu.Unlock()
	if len(lines) > 0 {
		_, _ = w.to.Write(lines)
	}
}

// promptHandler writes warnings and errors at once, and what waits before them: the
// process may not live for long after an error.
type promptHandler struct {
	slog.Handler
	writer *logWriter
}

// Handle implements slog.Handler.
func (h promptHandler) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.writer.Flush()
	}
	return err
}

// WithAttrs implements slog.Handler.
func (h promptHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptHandler{h.Handler.WithAttrs(attrs), h.writer}
}

// WithGroup implements slog.Handler.
func (h promptHandler) WithGroup(name string) slog.Handler {
	return promptHandler{h.Handler.WithGroup(name), h.writer}
}
