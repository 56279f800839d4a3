package store_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// cutter carries connections to a server. While it is armed it takes the next answer
// of the server for itself and closes the connection.
type cutter struct {
	address string
	armed   atomic.Bool
	cuts    atomic.Int32
}

func newCutter(t *testing.T, to string) *cutter {
	t.Helper()
	c := &cutter{}
	c.address = databases.Relay(t, to, func() databases.Judge { return c.judge })
	return c
}

func (c *cutter) judge(part []byte, answer bool) databases.Fate {
	if answer && len(part) > 0 && c.armed.CompareAndSwap(true, false) {
		c.cuts.Add(1)
		return databases.Cut
	}
	return databases.Passed
}

func TestAnInsertWhoseAnswerIsLostIsDoneOnce(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			through := newCutter(t, server.Address())
			db := open(t, store.Config{DSN: strings.Replace(server.DSN(t), server.Address(), through.address, 1), Timeout: 5 * time.Second})
			wantWorks(t, db)
			for range 10 {
				warm, f := storetest.NewFlow(), storetest.NewFlow()
				if err := db.CreateFlow(t.Context(), warm); err != nil {
					t.Fatal(err)
				}
				before := through.cuts.Load()
				through.armed.Store(true)
				if err := db.CreateFlow(t.Context(), f); err != nil {
					t.Errorf("the answer was cut off: %v", err)
				}
				if through.cuts.Load() != before+1 {
					t.Error("no answer was cut off")
				}
				if _, err := db.Flow(t.Context(), f.ID); err != nil {
					t.Errorf("what was acknowledged is not there: %v", err)
				}
				// Of an id that is taken without any accident, nothing is made of it.
				if err := db.CreateFlow(t.Context(), f); err == nil {
					t.Error("an id was taken twice")
				}
			}
		})
	}
}
