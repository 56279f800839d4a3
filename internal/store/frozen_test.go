//go:build unix

package store_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"symbolon/internal/errs"
	"symbolon/internal/store"
	"symbolon/internal/store/storetest"
	"symbolon/test/databases"
)

// relay carries connections to a server, and can let those that there are fall silent,
// as they do when the machine behind an address loses power and another takes it over.
type relay struct {
	address string
	mu      sync.Mutex
	silent  chan struct{} // of the present connections
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &relay{address: l.Addr().String(), silent: make(chan struct{})}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			other, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", to)
			if err != nil {
				_ = from.Close()
				continue
			}
			r.mu.Lock()
			silent := r.silent
			r.mu.Unlock()
			go carry(other, from, silent)
			go carry(from, other, silent)
		}
	}()
	return r
}

func (r *relay) silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.silent)
	r.silent = make(chan struct{})
}

func carry(to io.WriteCloser, from io.ReadCloser, silent <-chan struct{}) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-silent:
			if err != nil {
				return
			}
			continue
		default:
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func TestWhereOneConnectionFellSilentTheOthersAreNotTried(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			r := newRelay(t, server.Address())
			dsn := strings.Replace(server.DSN(t), server.Address(), r.address, 1)
			db := open(t, store.Config{DSN: dsn, Patience: 2 * time.Second})
			for what, ask := range map[string]func() error{
				"a read":  func() error { _, err := db.Flow(t.Context(), storetest.NewFlow().ID); return err },
				"a write": func() error { return db.CreateFlow(t.Context(), storetest.NewFlow()) },
			} {
				fill(t, db)
				r.silence()
				if err := ask(); !errors.Is(err, errs.ErrUnavailable) {
					t.Fatalf("%s on a connection that is silent: %v", what, err)
				}
				if err := ask(); errors.Is(err, errs.ErrUnavailable) {
					t.Fatalf("%s after that: %v", what, err)
				}
			}
		})
	}
}
