//go:build unix

package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
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
	r := &relay{silent: make(chan struct{})}
	r.address = databases.Relay(t, to, r.begin)
	return r
}

func (r *relay) begin() databases.Judge {
	r.mu.Lock()
	defer r.mu.Unlock()
	silent := r.silent
	return func([]byte, bool) databases.Fate {
		select {
		case <-silent:
			return databases.Lost
		default:
			return databases.Passed
		}
	}
}

func (r *relay) silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.silent)
	r.silent = make(chan struct{})
}

func TestWhereOneConnectionFellSilentTheOthersAreNotTried(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			r := newRelay(t, server.Address())
			dsn := strings.Replace(server.DSN(t), server.Address(), r.address, 1)
			db := open(t, store.Config{DSN: dsn, Timeout: 2 * time.Second})
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

// The database says nothing more after a transaction has begun: what comes next in it is
// given up, also where no caller has a deadline.
func TestATransactionWhoseServerFallsSilentEnds(t *testing.T) {
	t.Parallel()
	const timeout = 700 * time.Millisecond
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			r := newRelay(t, server.Address())
			db := open(t, store.Config{DSN: strings.Replace(server.DSN(t), server.Address(), r.address, 1), Timeout: timeout})
			i := create(t, db, "jane@example.org")
			write := func(ctx context.Context) error { return db.MarkSent(ctx, i.Verifiable[0].ID, storetest.Now) }
			for what, next := range map[string]func(context.Context) error{
				"a read":         func(ctx context.Context) error { return db.LockIdentity(ctx, i.ID) },
				"a write":        write,
				"a nested write": func(ctx context.Context) error { return db.InTx(ctx, write) },
				"a nested read": func(ctx context.Context) error {
					return db.InTx(ctx, func(ctx context.Context) error { return db.LockIdentity(ctx, i.ID) })
				},
			} {
				done := make(chan error, 1)
				go func() {
					done <- db.InTx(context.Background(), func(ctx context.Context) error {
						if err := db.LockIdentity(ctx, i.ID); err != nil {
							return err
						}
						r.silence()
						return next(ctx)
					})
				}()
				select {
				case err := <-done:
					if !errors.Is(err, errs.ErrUnavailable) {
						t.Errorf("%s: error is %v", what, err)
					}
				case <-time.After(6 * timeout):
					t.Fatalf("%s has not ended", what)
				}
			}
		})
	}
}
