package authentik

import (
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/symbolon/symbolon/internal/store/scratch"
	"github.com/symbolon/symbolon/internal/takeover"
)

// usersOf is Users with a scratch that ends with the test.
func usersOf(t *testing.T, r io.Reader) iter.Seq2[takeover.User, error] {
	t.Helper()
	s := &scratch.Scratch{}
	t.Cleanup(func() {
		if err := errors.Join(s.Err(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return Users(r, s)
}
