package kratoskeys

import (
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

func TestDecrypt(t *testing.T) {
	t.Parallel()
	const secret = "takeover26-cipher-secret-0123456"
	aead, err := chacha20poly1305.NewX([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, aead.NonceSize())
	chacha := hex.EncodeToString(aead.Seal(nonce, nonce, []byte("token"), nil))
	const aes = "bc6257c046d62f629d1fea1efeb3c730b8e0fadc7e3164d0268889c33a2a089544a991b72c621e07ca76afb66f8f" // of the original
	for _, c := range []struct {
		name    string
		secrets []string
		stored  string
		want    string
		ok      bool
	}{
		{"AES-GCM", []string{secret}, aes, "access-fritz-sub|1", true},
		{"an older secret", []string{"another-secret-of-32-bytes-00000", secret}, aes, "access-fritz-sub|1", true},
		{"XChaCha20-Poly1305", []string{secret}, chacha, "token", true},
		{"in clear", nil, "token", "token", true},
		{"none", []string{secret}, "", "", true},
		{"another secret", []string{"another-secret-of-32-bytes-00000"}, aes, "", false},
		{"a secret of another length", []string{"short"}, aes, "", false},
		{"cut off", []string{secret}, aes[:10], "", false},
		{"no hexadecimal", []string{secret}, "token", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := Decrypt(c.secrets, c.stored); got != c.want || ok != c.ok {
				t.Errorf("Decrypt() = %q, %v", got, ok)
			}
		})
	}
}
