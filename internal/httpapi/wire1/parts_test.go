package wire1_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/httpapi/wire1"
)

func TestParts_missing(t *testing.T) {
	t.Parallel()
	if got := (wire1.Parts{}).Missing(); got != "Engine" {
		t.Errorf("missing is %q", got)
	}
}
