//go:build unix

package store_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

func TestChangesAreHeardOfWhileAllConnectionsAreInUse(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(e empty) {
		t, dsn := e.t, e.dsn
		one := storetest.OpenDSN(t, dsn)
		busy := open(t, store.Config{DSN: with(dsn, "max_conns=1"), Timeout: 2 * time.Second})
		_, s := storedSession(t, one)
		heard := busy.Changes()
		err := busy.InTx(t.Context(), func(context.Context) error {
			hear(t, heard, storetest.Now)
			if err := one.RevokeSession(t.Context(), s.TokenHash); err != nil {
				return err
			}
			if changed := hear(t, heard, storetest.Now); !slices.Equal(changed, []string{s.TokenHash}) {
				t.Errorf("%v changed, want %s", changed, s.TokenHash)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A process that was stopped in the middle of a transaction must not commit it when
// others have given up looking for it.
func TestWhatIsTooLateIsNotCommitted(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var now atomic.Pointer[time.Time]
			now.Store(&storetest.Now)
			dsn := databases.DSN(t, name)
			storetest.OpenDSN(t, dsn) // migrates
			slow, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: func() time.Time { return *now.Load() }})
			if err != nil {
				t.Fatal(err)
			}
			defer slow.Close()
			_, s := storedSession(t, slow)
			err = slow.InTx(t.Context(), func(ctx context.Context) error {
				later := storetest.Now.Add(time.Minute)
				now.Store(&later)
				return slow.RevokeSession(ctx, s.TokenHash)
			})
			if !errors.Is(err, errs.ErrUnavailable) {
				t.Errorf("error is %v", err)
			}
			found, err := slow.SessionByToken(t.Context(), s.TokenHash)
			if err != nil || !found.Active {
				t.Errorf("it was committed: %v", err)
			}
		})
	}
}

func TestTheServerEndsAChangeThatIsLeftAlone(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(e empty) {
		t, dsn := e.t, e.dsn
		one, other := open(t, store.Config{DSN: dsn, Timeout: 20 * time.Second}), open(t, store.Config{DSN: dsn, Timeout: 20 * time.Second})
		_, s := storedSession(t, one)
		waited := false
		err := one.InTx(t.Context(), func(ctx context.Context) error {
			if err := one.RevokeSession(ctx, s.TokenHash); err != nil || waited {
				return err
			}
			waited = true // for the row, which the transaction keeps
			if err := other.RevokeSession(t.Context(), s.TokenHash); err != nil {
				t.Errorf("the transaction goes on: %v", err)
			}
			return nil
		})
		if err != nil && e.server == databases.Postgres { // others leave it open what became of the commit
			t.Errorf("it is not run again: %v", err)
		}
	})
}
