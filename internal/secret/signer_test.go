package secret_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

func newSigner(t testing.TB, purpose string, secrets ...string) *secret.Signer {
	t.Helper()
	s, err := secret.NewSigner(purpose, secrets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASignedValueOpensToItself(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "test", "first-secret-0123")
	for _, value := range []string{"", "x", secret.Token(), "с пробелами\n\x00", strings.Repeat("long", 1000)} {
		signed := s.Sign(value)
		if strings.Trim(signed, alphabet+"-_") != "" {
			t.Errorf("%q has characters that a cookie may not have", signed)
		}
		if got, ok := s.Open(signed); !ok || got != value {
			t.Errorf("%.40q opens to %.40q, %v", value, got, ok)
		}
	}
}

// Cookies live for weeks: a release that signed otherwise would end them all.
func TestASignatureIsTheSameInEveryRelease(t *testing.T) {
	t.Parallel()
	const want = "dmFsdWUrhE3pyykLI4ewJQtcTSKJiKhZa3fSJLVabQdg47ZLWg"
	if got := newSigner(t, "test", "first-secret-0123").Sign("value"); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}

func TestTheFirstSecretSignsAndEveryOneOpens(t *testing.T) {
	t.Parallel()
	const first, second = "first-secret-0123", "second-secret-0123"
	before, rotated, after := newSigner(t, "test", first), newSigner(t, "test", second, first), newSigner(t, "test", second)
	old, renewed := before.Sign("value"), rotated.Sign("value")
	tests := map[string]struct {
		signer *secret.Signer
		signed string
		want   bool
	}{
		"old value, secret rotated":          {rotated, old, true},
		"new value, secret rotated":          {rotated, renewed, true},
		"new value, old secret removed":      {after, renewed, true},
		"old value, old secret removed":      {after, old, false},
		"new value, a server not yet told":   {before, renewed, false},
		"order of the secrets does not open": {newSigner(t, "test", first, second), renewed, true},
	}
	for name, test := range tests {
		if got, ok := test.signer.Open(test.signed); ok != test.want || (got == "value") != test.want {
			t.Errorf("%s: %q, %v; want %v", name, got, ok, test.want)
		}
	}
}

func TestAValueSignedForOnePurposeIsWorthNothingForAnother(t *testing.T) {
	t.Parallel()
	signed := newSigner(t, "session-cookie", "first-secret-0123").Sign("value")
	for _, purpose := range []string{"continuity-cookie", "session-cooki", "session-cookie2", ""} {
		if value, ok := newSigner(t, purpose, "first-secret-0123").Open(signed); ok {
			t.Errorf("purpose %q opens it to %q", purpose, value)
		}
	}
}

func TestWhateverIsChangedInASignedValueItFails(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "test", "first-secret-0123", "second-secret-0123")
	for _, value := range []string{"", "v", "va", "val", secret.Token()} { // all lengths of base64
		for how, changed := range changes(s.Sign(value)) {
			if got, ok := s.Open(changed); ok {
				t.Errorf("%q with %s opens to %q", value, how, got)
			}
		}
	}
	if _, ok := s.Open(base64.RawURLEncoding.EncodeToString([]byte("value without signature"))); ok {
		t.Error("a value without signature opens")
	}
}

func TestASignerNeedsASecret(t *testing.T) {
	t.Parallel()
	if _, err := secret.NewSigner("test", nil); err == nil {
		t.Error("a signer without secret was made")
	}
}

func FuzzSigned(f *testing.F) {
	s := newSigner(f, "test", "first-secret-0123")
	for _, value := range []string{"", "v", "va", "value"} {
		f.Add(s.Sign(value))
	}
	for _, text := range []string{"", "=", "\n", strings.Repeat("A", 43), strings.Repeat("A", 44) + "\r\n", "\xff", "dmFsdWU"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, signed string) {
		value, ok := s.Open(signed)
		if ok && s.Sign(value) != signed {
			t.Errorf("%q opens to %q and was not signed by us", signed, value)
		}
		if !ok && value != "" {
			t.Errorf("%q does not open and gives %q", signed, value)
		}
	})
}
