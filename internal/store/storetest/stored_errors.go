package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

func errorTests() []test {
	return []test{
		{"a stored error is read as it was saved", errorRoundTrip},
		{"an unknown stored error is not found", errorUnknown},
	}
}

func errorRoundTrip(t *testing.T, s Store) {
	e := &errs.Stored{
		ID: secret.NewID(), CSRFHash: secret.Hash("cookie"),
		Payload: json.RawMessage(`[{"code":500,"message":"ä 😀"}]`), CreatedAt: Now,
	}
	must(t, s.SaveError(t.Context(), e))
	read := got(s.Error(t.Context(), e.ID))(t)
	wantSame(t, read, e)
	if want := Now.Truncate(time.Microsecond); read.CreatedAt != want {
		t.Errorf("created at %v, want %v", read.CreatedAt, want)
	}
}

func errorUnknown(t *testing.T, s Store) {
	_, err := s.Error(t.Context(), secret.NewID())
	wantError(t, err, errs.ErrNotFound)
	_, err = s.Error(t.Context(), "no id")
	wantError(t, err, errs.ErrNotFound)
}
