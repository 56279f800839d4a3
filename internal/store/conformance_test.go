package store_test

import (
	"testing"

	"symbolon/internal/store/storetest"
)

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) storetest.Store { return storetest.Open(t) })
}

func TestConformanceInAFile(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) storetest.Store { return storetest.OpenFile(t) })
}
