package totp

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

// vectors are those of RFC 6238, appendix B. Its secret is as long as the hash.
func vectors() []struct {
	at        int64
	code      string
	algorithm string
} {
	return []struct {
		at        int64
		code      string
		algorithm string
	}{
		{59, "94287082", "SHA1"},
		{59, "46119246", "SHA256"},
		{59, "90693936", "SHA512"},
		{1111111109, "07081804", "SHA1"},
		{1111111109, "68084774", "SHA256"},
		{1111111109, "25091201", "SHA512"},
		{1111111111, "14050471", "SHA1"},
		{1111111111, "67062674", "SHA256"},
		{1111111111, "99943326", "SHA512"},
		{1234567890, "89005924", "SHA1"},
		{1234567890, "91819424", "SHA256"},
		{1234567890, "93441116", "SHA512"},
		{2000000000, "69279037", "SHA1"},
		{2000000000, "90698825", "SHA256"},
		{2000000000, "38618901", "SHA512"},
		{20000000000, "65353130", "SHA1"},
		{20000000000, "77737706", "SHA256"},
		{20000000000, "47863826", "SHA512"},
	}
}

func rfcSeed(t *testing.T, algorithm string) seed {
	t.Helper()
	size := map[string]int{"SHA1": 20, "SHA256": 32, "SHA512": 64}[algorithm]
	raw := strings.Repeat("1234567890", 7)[:size]
	q := url.Values{
		"secret":    {base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(raw))},
		"algorithm": {algorithm}, "digits": {"8"}, "period": {"30"}, "issuer": {"RFC"},
	}
	s, err := parseSeed("otpauth://totp/RFC:6238?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMatch(t *testing.T) {
	t.Parallel()
	t.Run("vectors of RFC 6238", func(t *testing.T) {
		t.Parallel()
		for _, v := range vectors() {
			step, ok := rfcSeed(t, v.algorithm).match(v.code, time.Unix(v.at, 0), 0)
			if !ok || step != v.at/30 {
				t.Errorf("%s at %d: step %d, %t; want step %d", v.algorithm, v.at, step, ok, v.at/30)
			}
		}
	})
	s, at := rfcSeed(t, "SHA1"), time.Unix(1111111111, 0)
	const code = "14050471"
	cases := map[string]struct {
		code string
		now  time.Time
		last int64
		ok   bool
	}{
		"one step late":       {code, at.Add(30 * time.Second), 0, true},
		"one step early":      {code, at.Add(-30 * time.Second), 0, true},
		"two steps late":      {code, at.Add(60 * time.Second), 0, false},
		"two steps early":     {code, at.Add(-60 * time.Second), 0, false},
		"used before":         {code, at, at.Unix() / 30, false},
		"older than the last": {code, at.Add(30 * time.Second), at.Unix()/30 + 1, false},
		"too short":           {code[1:], at, 0, false},
		"too long":            {code + "1", at, 0, false},
		"no code":             {"", at, 0, false},
		"not digits":          {"1405O471", at, 0, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, ok := s.match(c.code, c.now, c.last); ok != c.ok {
				t.Errorf("match = %t, want %t", ok, c.ok)
			}
		})
	}
}

func TestNewSeed(t *testing.T) {
	t.Parallel()
	s, err := newSeed("My: App", "jo@example.org")
	if err != nil {
		t.Fatal(err)
	}
	again, err := parseSeed(s.key.URL())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.text()) != 32 || again.text() != s.text() {
		t.Errorf("secret %q, read again %q; want the same 32 characters", s.text(), again.text())
	}
	if again.key.AccountName() != "jo@example.org" {
		t.Errorf("account %q: the issuer's colon has cut the label", again.key.AccountName())
	}
	u, err := url.Parse(s.key.URL())
	if err != nil {
		t.Fatal(err)
	}
	want := "algorithm=SHA1&digits=6&issuer=My%20%20App&period=30&secret=" + s.text()
	if u.RawQuery != want {
		t.Errorf("query %s, want %s", u.RawQuery, want)
	}
	picture, err := s.picture()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(picture, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	size, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width != pictureSize || size.Height != pictureSize {
		t.Errorf("picture %dx%d (%v), want %d both ways", size.Width, size.Height, err, pictureSize)
	}
}

func TestParseSeed(t *testing.T) {
	t.Parallel()
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	refused := map[string]string{
		"other scheme":   "https://totp/x?secret=" + secret,
		"hotp":           "otpauth://hotp/x?secret=" + secret + "&counter=0",
		"no secret":      "otpauth://totp/x",
		"short secret":   "otpauth://totp/x?secret=JBSWY3DP",
		"long secret":    "otpauth://totp/x?secret=" + strings.Repeat("JBSWY3DP", 40),
		"not base32":     "otpauth://totp/x?secret=00000000000000000000",
		"seven digits":   "otpauth://totp/x?digits=7&secret=" + secret,
		"many digits":    "otpauth://totp/x?digits=900&secret=" + secret,
		"no period":      "otpauth://totp/x?period=0&secret=" + secret,
		"endless period": "otpauth://totp/x?period=18446744073709551615&secret=" + secret,
		"md5":            "otpauth://totp/x?algorithm=MD5&secret=" + secret,
		"steam":          "otpauth://totp/x?encoder=steam&secret=" + secret,
		"not a url":      "otpauth://totp/%zz",
		"empty":          "",
	}
	for name, text := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parseSeed(text); errs.Of(err) != errs.Invalid {
				t.Errorf("parseSeed(%q) = %v, want an error of code Invalid", text, err)
			}
		})
	}
	if _, err := parseSeed("otpauth://totp/Example:jo?secret=" + strings.ToLower(secret)); err != nil {
		t.Errorf("without the optional parameters: %v", err)
	}
}
