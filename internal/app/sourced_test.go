package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/netguard"
)

func newSourced(t *testing.T, url string, now func() time.Time) *sourced[string] {
	t.Helper()
	guard, err := netguard.New(netguard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &sourced[string]{
		url: url, guard: guard, now: now, log: slog.New(slog.DiscardHandler),
		compile: func(_, text string) (string, error) {
			if text == "broken" {
				return "", errors.New("it is broken")
			}
			return text, nil
		},
	}
}

func TestSourced_manyWaitForOneRequest(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-release
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	s := newSourced(t, server.URL, time.Now)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := s.current(t.Context()); err == nil {
				t.Error("no error")
			}
		})
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.current(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left got %v", err)
	}
	close(release)
	all.Wait()
	if _, err := s.current(t.Context()); err == nil || asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

func TestSourced_keepsWhatWorked(t *testing.T) {
	t.Parallel()
	var text atomic.Value
	text.Store("one")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text.Load().(string))) }))
	t.Cleanup(server.Close)
	var passed atomic.Int64
	s := newSourced(t, server.URL, func() time.Time { return time.Unix(passed.Load(), 0) })
	if got, err := s.current(t.Context()); got != "one" || err != nil {
		t.Fatalf("%s, %v", got, err)
	}
	for _, step := range []struct{ text, want string }{{"broken", "one"}, {"two", "two"}} {
		text.Store(step.text)
		passed.Add(int64(sourceAge / time.Second))
		_, _ = s.current(t.Context()) // asks
		s.mu.Lock()
		flight := s.flight
		s.mu.Unlock()
		if flight != nil {
			<-flight
		}
		if got, err := s.current(t.Context()); got != step.want || err != nil {
			t.Errorf("%s, %v; want %s", got, err, step.want)
		}
	}
}

func TestSourced_fileIsReadEachTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "map.jsonnet")
	s := newSourced(t, "file://"+path, time.Now)
	if _, err := s.current(t.Context()); err == nil {
		t.Error("a file that is not there")
	}
	for _, text := range []string{"one", "two"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.current(t.Context()); got != text || err != nil {
			t.Errorf("%s, %v", got, err)
		}
	}
}
