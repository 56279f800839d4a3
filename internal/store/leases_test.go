package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

func TestADutyIsOfOneProcessAtATime(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.OpenDSN(t, databases.DSN(t, name))
			take := func(now time.Time) int32 {
				var taken atomic.Int32
				var group sync.WaitGroup
				for range 8 {
					group.Go(func() {
						mine, err := db.AcquireLease(t.Context(), store.LeaseCleanup, now, now.Add(time.Minute))
						if err != nil {
							t.Error(err)
						}
						if mine {
							taken.Add(1)
						}
					})
				}
				group.Wait()
				return taken.Load()
			}
			if n := take(storetest.Now); n != 1 {
				t.Errorf("%d have it at once", n)
			}
			if n := take(storetest.Now.Add(time.Minute - time.Microsecond)); n != 0 {
				t.Errorf("%d took it from who has it", n)
			}
			if n := take(storetest.Now.Add(time.Minute)); n != 1 {
				t.Errorf("%d have it at the next time", n)
			}
			take(storetest.Now.Add(24 * time.Hour)) // by a clock that is wrong
			if n := take(storetest.Now.Add(2 * time.Minute)); n != 1 {
				t.Errorf("%d have it although no node can have it for so long", n)
			}
		})
	}
}
