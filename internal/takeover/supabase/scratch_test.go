package supabase

import (
	"io"
	"iter"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store/scratch/scratchtest"
	"github.com/symbolon/symbolon/internal/takeover"
)

// usersOf is Users with a scratch that ends with the test.
func usersOf(t *testing.T, r io.Reader, now time.Time) iter.Seq2[takeover.User, error] {
	t.Helper()
	return Users(r, now, scratchtest.New(t))
}
