package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// While an identity is locked, flows about it wait. Those about no identity don't.
func TestCreateFlow_heldIdentity(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := databases.DSN(t, name)
			storetest.OpenDSN(t, dsn)
			db := open(t, store.Config{DSN: dsn, Timeout: 3 * time.Second})
			other := open(t, store.Config{DSN: dsn, Timeout: time.Minute})
			i := create(t, db, "jane@example.org")
			held, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- other.InTx(context.Background(), func(ctx context.Context) error {
					if err := other.DeleteIdentity(ctx, i.ID); err != nil {
						return err
					}
					close(held)
					<-release
					return errors.New("undo")
				})
			}()
			<-held
			const waiting = 6 // more than there are statements at a time
			done := make(chan error, waiting)
			for range waiting {
				go func() {
					f := storetest.NewFlow()
					f.IdentityID = i.ID
					done <- db.CreateFlow(context.Background(), f)
				}()
			}
			for db.Stats().InUse < 2 {
				select {
				case err := <-done:
					t.Fatalf("a flow about a locked identity did not wait: %v", err)
				case <-time.After(time.Millisecond):
				}
			}
			if err := db.CreateFlow(t.Context(), storetest.NewFlow()); err != nil {
				t.Errorf("a flow about no identity: %v", err)
			}
			close(release)
			<-ended
			for range waiting {
				if err := <-done; err != nil {
					t.Errorf("after that: %v", err)
				}
			}
		})
	}
}
