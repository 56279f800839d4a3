package scratchtest

import (
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/store/scratch"
)

// New returns a scratch that ends with the test, which fails if the scratch had an error.
func New(t testing.TB) *scratch.Scratch {
	t.Helper()
	s := &scratch.Scratch{}
	t.Cleanup(func() {
		if err := errors.Join(s.Err(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}
