package wire1

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
)

// csrfName is the name of the anti-CSRF cookie: servers on one host must not
// overwrite each other's.
func csrfName(public *url.URL) string {
	sum := sha256.Sum256([]byte(public.JoinPath("/").String()))
	return "csrf_token_" + hex.EncodeToString(sum[:])
}
