package secret_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

func TestACookieIs32BytesInBase64AndNeverTheSame(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		cookie := secret.NewCSRF()
		if raw, err := base64.StdEncoding.DecodeString(cookie); err != nil || len(raw) != 32 || len(cookie) != 44 || !secret.IsCSRF(cookie) {
			t.Fatalf("cookie %q", cookie)
		}
		if seen[cookie] {
			t.Fatalf("cookie %q came twice", cookie)
		}
		seen[cookie] = true
	}
}

func TestAFormTokenDiffersEachTimeAndBelongsToItsCookieAlone(t *testing.T) {
	t.Parallel()
	mine, other := secret.NewCSRF(), secret.NewCSRF()
	seen := map[string]bool{}
	for range 1000 {
		token := secret.MaskCSRF(mine)
		raw, err := base64.StdEncoding.DecodeString(token)
		if err != nil || len(raw) != 64 || len(token) != 88 {
			t.Fatalf("token %q", token)
		}
		plain, _ := base64.StdEncoding.DecodeString(mine)
		if strings.Contains(string(raw), string(plain)) {
			t.Fatalf("token %q shows the cookie", token)
		}
		if seen[token] {
			t.Fatalf("token %q came twice", token)
		}
		seen[token] = true
		if !secret.CheckCSRF(token, mine) || secret.CheckCSRF(token, other) {
			t.Fatalf("token %q: own cookie %v, another's %v", token, secret.CheckCSRF(token, mine), secret.CheckCSRF(token, other))
		}
	}
}

func TestTheBareCookieIsAccepted(t *testing.T) {
	t.Parallel()
	mine, other := secret.NewCSRF(), secret.NewCSRF()
	if !secret.CheckCSRF(mine, mine) || secret.CheckCSRF(other, mine) {
		t.Errorf("own %v, another's %v", secret.CheckCSRF(mine, mine), secret.CheckCSRF(other, mine))
	}
}

func TestWhateverIsChangedInACSRFTokenItFails(t *testing.T) {
	t.Parallel()
	cookie := secret.NewCSRF()
	for kind, token := range map[string]string{"masked": secret.MaskCSRF(cookie), "bare": cookie} {
		for how, changed := range changes(token) {
			if secret.CheckCSRF(changed, cookie) {
				t.Errorf("%s token with %s is accepted: %q", kind, how, changed)
			}
		}
	}
	for how, changed := range changes(cookie) {
		if secret.CheckCSRF(secret.MaskCSRF(cookie), changed) {
			t.Errorf("cookie with %s is accepted: %q", how, changed)
		}
	}
}

func TestACookieOfAnotherFormIsNone(t *testing.T) {
	t.Parallel()
	for name, cookie := range map[string]string{
		"nothing":               "",
		"31 bytes":              base64.StdEncoding.EncodeToString(make([]byte, 31)),
		"33 bytes":              base64.StdEncoding.EncodeToString(make([]byte, 33)),
		"64 bytes":              base64.StdEncoding.EncodeToString(make([]byte, 64)),
		"the URL's alphabet":    strings.Repeat("-", 43) + "=",
		"no padding":            strings.Repeat("A", 43),
		"padding alone":         strings.Repeat("=", 44),
		"stray bits at the end": strings.Repeat("A", 42) + "B=",
		"a line feed":           strings.Repeat("A", 43) + "\n",
		"text":                  strings.Repeat("ü", 22),
	} {
		if secret.IsCSRF(cookie) || secret.MaskCSRF(cookie) != "" {
			t.Errorf("%s: %q is taken for a cookie", name, cookie)
		}
		// An attacker who can put a value into form and cookie must not pass with nothing.
		if secret.CheckCSRF(cookie, cookie) || secret.CheckCSRF("", cookie) {
			t.Errorf("%s: %q matches itself", name, cookie)
		}
	}
}

func FuzzCSRFToken(f *testing.F) {
	zero := strings.Repeat("A", 43) + "="
	for _, token := range []string{"", zero, zero[:43], zero + "\n", strings.Repeat("A", 86) + "==", strings.Repeat("A", 85) + "B==", strings.Repeat("/", 86) + "==", "\xff"} {
		f.Add(token, zero)
		f.Add(token, token)
	}
	f.Fuzz(func(t *testing.T, token, cookie string) {
		if masked := secret.MaskCSRF(cookie); secret.IsCSRF(cookie) != secret.CheckCSRF(masked, cookie) {
			t.Errorf("cookie %q: its own token %q is judged differently", cookie, masked)
		}
		if !secret.CheckCSRF(token, cookie) {
			return
		}
		raw, err := base64.StdEncoding.DecodeString(token)
		if err != nil || token != base64.StdEncoding.EncodeToString(raw) {
			t.Fatalf("%q is accepted and is not base64 as we write it", token)
		}
		if len(raw) == 64 {
			for i := range 32 {
				raw[i] ^= raw[32+i]
			}
			raw = raw[:32]
		}
		if base64.StdEncoding.EncodeToString(raw) != cookie {
			t.Errorf("%q is accepted for cookie %q", token, cookie)
		}
	})
}
