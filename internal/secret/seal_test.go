package secret_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

func newSealer(t testing.TB, purpose string, secrets ...string) *secret.Sealer {
	t.Helper()
	s, err := secret.NewSealer(purpose, secrets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASealedValueOpensToItselfAndShowsNothing(t *testing.T) {
	t.Parallel()
	s := newSealer(t, "test", "first-secret-0123")
	for _, plain := range []string{"", "x", "https://example.org/?token=" + secret.Token(), strings.Repeat("long", 1000)} {
		sealed := s.Seal(plain, "row")
		raw, err := base64.RawStdEncoding.DecodeString(sealed)
		if err != nil || len(plain) > 1 && strings.Contains(string(raw), plain[:len(plain)/2]) {
			t.Errorf("%.40q is sealed as %q, %v", plain, sealed, err)
		}
		if got, err := s.Open(sealed, "row"); err != nil || got != plain {
			t.Errorf("%.40q opens to %.40q, %v", plain, got, err)
		}
		if again := s.Seal(plain, "row"); again == sealed {
			t.Errorf("%.40q is sealed the same twice", plain)
		}
	}
}

// Sealed mails and submissions outlive releases.
func TestWhatAnEarlierReleaseSealedOpens(t *testing.T) {
	t.Parallel()
	const sealed = "Tz4xSEVs1b0nzZmFMFn47a7f/lFVHZ9No4i3gbzDgLqY"
	if got, err := newSealer(t, "test", "first-secret-0123").Open(sealed, "row"); err != nil || got != "plain" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTheFirstSecretSealsAndEveryOneOpens(t *testing.T) {
	t.Parallel()
	const first, second = "first-secret-0123", "second-secret-0123"
	before, rotated, after := newSealer(t, "test", first), newSealer(t, "test", second, first), newSealer(t, "test", second)
	old, renewed := before.Seal("plain", "row"), rotated.Seal("plain", "row")
	tests := map[string]struct {
		sealer *secret.Sealer
		sealed string
		want   error
	}{
		"old value, secret rotated":        {rotated, old, nil},
		"new value, secret rotated":        {rotated, renewed, nil},
		"new value, old secret removed":    {after, renewed, nil},
		"old value, old secret removed":    {after, old, secret.ErrSealed},
		"new value, a server not yet told": {before, renewed, secret.ErrSealed},
	}
	for name, test := range tests {
		if got, err := test.sealer.Open(test.sealed, "row"); !errors.Is(err, test.want) || (got == "plain") != (test.want == nil) {
			t.Errorf("%s: %q, %v; want %v", name, got, err, test.want)
		}
	}
}

func TestASealedValueIsTiedToItsRowAndPurpose(t *testing.T) {
	t.Parallel()
	s := newSealer(t, "test", "first-secret-0123")
	sealed := s.Seal("plain", "row")
	for _, bound := range []string{"", "ro", "row2", "Row"} {
		if got, err := s.Open(sealed, bound); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("bound to %q: %q, %v", bound, got, err)
		}
	}
	for _, purpose := range []string{"", "tes", "test2"} {
		if got, err := newSealer(t, purpose, "first-secret-0123").Open(sealed, "row"); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("purpose %q: %q, %v", purpose, got, err)
		}
	}
}

func TestWhateverIsChangedInASealedValueItFails(t *testing.T) {
	t.Parallel()
	s := newSealer(t, "test", "first-secret-0123", "second-secret-0123")
	for _, plain := range []string{"", "p", "pl", "plain"} {
		for how, changed := range changes(s.Seal(plain, "row")) {
			if got, err := s.Open(changed, "row"); !errors.Is(err, secret.ErrSealed) || got != "" {
				t.Errorf("%q with %s: %q, %v", plain, how, got, err)
			}
		}
	}
}

func TestASealerNeedsASecret(t *testing.T) {
	t.Parallel()
	if _, err := secret.NewSealer("test", nil); err == nil {
		t.Error("a sealer without secret was made")
	}
}

func FuzzSealed(f *testing.F) {
	s := newSealer(f, "test", "first-secret-0123")
	for _, sealed := range []string{"", "=", "\n", "\xff", strings.Repeat("A", 37), strings.Repeat("A", 38), strings.Repeat("A", 60)} {
		f.Add(sealed)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		if got, err := s.Open(sealed, "row"); !errors.Is(err, secret.ErrSealed) || got != "" {
			t.Errorf("%q, which we never made, opens to %q, %v", sealed, got, err)
		}
	})
}
