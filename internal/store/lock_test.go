//go:build unix

package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// A person signs in with a password that is being replaced: either the session is
// ended with the others, or the sign-in sees the new password.
func TestAnIdentityThatIsHeldIsNotSavedMeanwhile(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(e empty) {
		t, dsn := e.t, e.dsn
		one := storetest.OpenDSN(t, dsn)
		other := open(t, store.Config{DSN: dsn, Timeout: 300 * time.Millisecond})
		i, s := storedSession(t, one)
		err := one.InTx(t.Context(), func(ctx context.Context) error {
			if err := one.LockIdentity(ctx, i.ID); err != nil {
				return err
			}
			changed := *i
			if err := other.SaveIdentity(t.Context(), &changed, nil); !errors.Is(err, errs.ErrUnavailable) {
				t.Errorf("it was saved: %v", err)
			}
			another, _ := storetest.NewSession(i.ID)
			return one.CreateSession(ctx, another)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = one.InTx(t.Context(), func(ctx context.Context) error {
			return errors.Join(one.SaveIdentity(ctx, i, nil), one.RevokeSessions(ctx, i.ID, s.ID))
		})
		if err != nil {
			t.Fatalf("when it is held no longer: %v", err)
		}
		all, err := one.Sessions(t.Context(), i.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, held := range all {
			if held.Active != (held.ID == s.ID) {
				t.Errorf("session %s is active: %t", held.ID, held.Active)
			}
		}
		if err := one.InTx(t.Context(), func(ctx context.Context) error { return one.LockIdentity(ctx, s.ID) }); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("what is not there: %v", err)
		}
	})
}
