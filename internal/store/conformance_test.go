package store_test

import (
	"testing"

	"symbolon/internal/store/storetest"
)

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(tb testing.TB) storetest.Store { tb.Helper(); return storetest.Open(tb) })
}

func TestConformanceInAFile(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(tb testing.TB) storetest.Store { tb.Helper(); return storetest.OpenFile(tb) })
}
