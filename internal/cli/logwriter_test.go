package cli

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/symbolon/symbolon/internal/config"
)

// pipe notes what each call wrote.
type pipe struct {
	mu    sync.Mutex
	calls []string
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, string(b))
	return len(b), nil
}

// written returns the calls. The timer of the writer may make one at any time.
func (p *pipe) written() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

func (p *pipe) lines() int { return strings.Count(strings.Join(p.written(), ""), "\n") }

func TestLogWriter(t *testing.T) {
	t.Parallel()
	t.Run("lines of a few milliseconds are one call", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var p pipe
			log, _ := newLogger(&p, config.Log{})
			log.Info("one")
			log.With(slog.Int("n", 2)).WithGroup("g").Info("two")
			if len(p.written()) != 0 {
				t.Fatalf("wrote %q at once", p.written())
			}
			time.Sleep(logDelay)
			synctest.Wait()
			log.Info("three")
			time.Sleep(logDelay)
			synctest.Wait()
			if len(p.written()) != 2 || p.lines() != 3 {
				t.Errorf("wrote %q", p.written())
			}
		})
	})
	t.Run("warnings come at once, in order", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for _, format := range []string{"text", "json"} {
				var p pipe
				log, _ := newLogger(&p, config.Log{Format: format})
				log.Info("first")
				log.With(slog.Int("n", 2)).Warn("second")
				if len(p.written()) != 1 || p.lines() != 2 || strings.Index(p.written()[0], "first") > strings.Index(p.written()[0], "second") {
					t.Errorf("%s: wrote %q", format, p.written())
				}
			}
		})
	})
	t.Run("many lines do not wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var p pipe
			w := newLogWriter(&p)
			line := append(bytes.Repeat([]byte("x"), 1023), '\n')
			for range logBytes/len(line) + 1 {
				_, _ = w.Write(line)
			}
			if len(p.written()) != 1 || len(p.written()[0]) != logBytes {
				t.Fatalf("%d calls", len(p.written()))
			}
			w.Flush()
			w.Flush() // nothing waits, so there is no empty call
			if len(p.written()) != 2 || len(p.written()[1]) != len(line) {
				t.Errorf("%d calls", len(p.written()))
			}
		})
	})
	t.Run("concurrent lines stay whole", func(t *testing.T) {
		t.Parallel()
		var p pipe
		w := newLogWriter(&p)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				for range 2000 {
					_, _ = fmt.Fprintf(w, "%s\n", strings.Repeat(string(rune('a'+i)), 50))
				}
			})
		}
		group.Wait()
		w.Flush()
		got := strings.Split(strings.TrimSpace(strings.Join(p.written(), "")), "\n")
		if len(got) != 16_000 {
			t.Errorf("%d lines", len(got))
		}
		for _, line := range got {
			if len(line) != 50 || strings.Trim(line, line[:1]) != "" {
				t.Fatalf("line %q", line)
			}
		}
	})
}
