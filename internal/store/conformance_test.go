package store_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(tb testing.TB) storetest.Store { tb.Helper(); return storetest.Open(tb) })
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			databases.DSN(t, name) // skips them all if there is none
			storetest.Run(t, func(tb testing.TB) storetest.Store {
				tb.Helper()
				return storetest.OpenDSN(tb, databases.DSN(tb, name))
			})
		})
	}
}
