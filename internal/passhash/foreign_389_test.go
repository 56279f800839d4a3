package passhash_test

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"testing"
)

// TestVerify_389 verifies the form of 389 Directory Server and FreeIPA: iterations, salt and key in one base64.
func TestVerify_389(t *testing.T) {
	t.Parallel()
	salt := bytes.Repeat([]byte("salt"), 16)
	key, err := pbkdf2.Key(sha256.New, "correct horse", salt, 1000, 256)
	if err != nil {
		t.Fatal(err)
	}
	raw := slices.Concat([]byte{0, 0, 3, 232}, salt, key)
	h, stored := newHasher(t), "{PBKDF2_SHA256}"+base64.StdEncoding.EncodeToString(raw)
	for password, want := range map[string]bool{"correct horse": true, "wrong": false} {
		if got, err := h.Verify(t.Context(), stored, password); err != nil || got.Match != want {
			t.Errorf("%s: %+v, %v", password, got, err)
		}
	}
	for _, broken := range []string{"{PBKDF2_SHA256}", "{PBKDF2_SHA256}!", "{PBKDF2_SHA256}" + base64.StdEncoding.EncodeToString(raw[1:])} {
		if err := h.Check(broken); err == nil {
			t.Errorf("%.40s is taken", broken)
		}
	}
}
