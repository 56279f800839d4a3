package webhook

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
)

// A pointer names a field whose name has the characters that it escapes (RFC 6901, 4).
func TestField(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[string]string{
		"": "", "#": "", "#/traits/email": "traits.email", "/password": "password", "#/traits/a~1b": "traits.a/b", "#/traits/a~01": "traits.a~1",
	} {
		if got := field(pointer); got != want {
			t.Errorf("%q: %q, want %q", pointer, got, want)
		}
	}
}

// Metadata that is no object takes none away.
func TestCall_metadata(t *testing.T) {
	t.Parallel()
	for sent, fits := range map[string]bool{`{"a":1}`: true, `null`: true, `"a"`: false, `[1]`: false, `1`: false, `{"a":1e999}`: false, `{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`: false} {
		for _, member := range []string{"metadata_public", "metadata_admin"} {
			s := &sink{status: []int{200}, answer: `{"identity":{"` + member + `":` + sent + `}}`}
			made, err := call(t, hook(t, s, Config{Parse: true}))
			if fits && (err != nil || made == nil) || !fits && (errs.Of(err) != errs.Upstream || made != nil) {
				t.Errorf("%s %s: %+v, %v", member, sent, made, err)
			}
		}
	}
}
