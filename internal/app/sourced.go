package app

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/traits"
)

// The ages of documents from other machines.
const (
	sourceAge    = 5 * time.Minute
	sourceRepeat = 5 * time.Second // before a source that failed is asked again
	sourceWithin = 10 * time.Second
)

// sourced is a program from where the operator keeps it, as it is now: a file is read
// each time, so that a change takes effect; a document of another machine is kept for
// a while, and one request for it runs at a time, shared by all callers. It is safe for
// concurrent use.
type sourced[T any] struct {
	url     string
	compile func(name, text string) (T, error)
	guard   *netguard.Guard
	now     func() time.Time
	log     *slog.Logger

	mu     sync.Mutex
	text   string
	value  T
	known  bool // value is there
	err    error
	until  time.Time     // when value or err is asked for again
	flight chan struct{} // closed when the request in progress ends; nil without one
}

func (s *sourced[T]) remote() bool { return remote(s.url) }

// remote reports whether a document is on another machine.
func remote(url string) bool { return strings.HasPrefix(url, "http") }

// check reads a program of this machine, so that a mistake in it is found at start.
func (s *sourced[T]) check() error {
	if s.remote() {
		return nil
	}
	_, err := s.current(context.Background())
	return err
}

// current returns the program as it is now, or as it was before if it cannot be read.
// The wait for another machine ends with ctx.
func (s *sourced[T]) current(ctx context.Context) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.remote() {
		s.load(ctx)
		return s.outcome()
	}
	if s.now().Before(s.until) {
		return s.outcome()
	}
	if s.flight == nil {
		s.flight = make(chan struct{})
		go s.fetch(context.WithoutCancel(ctx), s.flight)
	}
	if s.known {
		return s.value, nil // the next caller gets the new one
	}
	flight := s.flight
	s.mu.Unlock()
	var stopped error
	select {
	case <-flight:
	case <-ctx.Done():
		stopped = ctx.Err()
	}
	s.mu.Lock()
	if stopped != nil {
		var none T
		return none, stopped
	}
	return s.outcome()
}

func (s *sourced[T]) outcome() (T, error) {
	if s.known {
		return s.value, nil
	}
	return s.value, s.err
}

// fetch loads a document of another machine and lets those go on who wait for it.
func (s *sourced[T]) fetch(ctx context.Context, flight chan struct{}) {
	defer close(flight)
	ctx, cancel := context.WithTimeout(ctx, sourceWithin)
	defer cancel()
	raw, err := s.read(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	s.take(ctx, raw, err)
}

func (s *sourced[T]) load(ctx context.Context) {
	raw, err := s.read(ctx)
	s.take(ctx, raw, err)
}

func (s *sourced[T]) read(ctx context.Context) ([]byte, error) {
	return traits.ReadSource(ctx, s.url, func(ctx context.Context, url string) ([]byte, error) {
		return fetch(ctx, s.guard, url, url)
	})
}

// take compiles what was read, unless it equals what is in use.
func (s *sourced[T]) take(ctx context.Context, raw []byte, err error) {
	s.until = s.now().Add(sourceAge)
	if err == nil && (!s.known || s.text != string(raw)) {
		var value T
		if value, err = s.compile(s.name(), string(raw)); err == nil {
			s.text, s.value, s.known = string(raw), value, true
		}
	}
	if s.err = err; err == nil {
		return
	}
	s.until = s.now().Add(sourceRepeat)
	if s.known {
		s.log.WarnContext(ctx, "program cannot be read again, using the one before", slog.String("url", s.name()), slog.Any("error", err))
	}
}

// name is the URL as logs and warnings may show it: without the document itself, a password
// or a query, which may hold a signature.
func (s *sourced[T]) name() string {
	if scheme, _, _ := strings.Cut(s.url, "://"); strings.EqualFold(scheme, "base64") {
		return scheme + "://…"
	}
	return traits.SourceName(s.url)
}
