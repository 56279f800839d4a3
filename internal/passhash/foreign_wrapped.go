package passhash

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// Formats that change the password before, or the key after, a well-known function.

// parseWordPress reads WordPress 6.8: bcrypt of an HMAC.
func parseWordPress(encoded string) (spec, error) {
	s, err := parse(strings.TrimPrefix(encoded, "$wp"))
	s.prehash = func(password string) string {
		mac := hmac.New(sha512.New384, []byte("wp-sha384"))
		mac.Write([]byte(strings.TrimSpace(password)))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return s, err
}

// parseOldBcrypt reads $2x$, whose fault with letters beyond ASCII is not repeated, and
// $2$, which lacks the zero byte at the end of a password: bcrypt repeats its key
// until it has 72 bytes.
func parseOldBcrypt(encoded string) (spec, error) {
	name, rest, _ := strings.Cut(encoded[1:], "$")
	s, err := parse("$2b$" + rest)
	if name == "2" {
		s.prehash = func(password string) string {
			if password == "" {
				return password
			}
			return strings.Repeat(password, 72/len(password)+1)[:72]
		}
	}
	return s, err
}

// parsePasslibBcrypt reads both versions of passlib's bcrypt_sha256.
func parsePasslibBcrypt(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 || len(parts[3]) != 22 {
		return spec{}, malformed("bcrypt-sha256 without parameters, salt and key")
	}
	kind, rounds, version := "", "", 1
	if older, cost, ok := strings.Cut(parts[2], ","); ok && !strings.Contains(parts[2], "=") {
		kind, rounds = older, cost
	} else {
		version = 2
		for entry := range strings.SplitSeq(parts[2], ",") {
			switch name, value, _ := strings.Cut(entry, "="); name {
			case "t":
				kind = value
			case "r":
				rounds = value
			}
		}
	}
	if len(rounds) == 1 {
		rounds = "0" + rounds
	}
	s, err := parse("$" + kind + "$" + rounds + "$" + parts[3] + parts[4])
	if err != nil || s.algorithm != bcryptName {
		return spec{}, malformed("bcrypt-sha256 with parameters that bcrypt does not allow")
	}
	s.prehash = func(password string) string {
		sum := sha256.New()
		if version == 2 {
			sum = hmac.New(sha256.New, []byte(parts[3]))
		}
		sum.Write([]byte(password))
		return base64.StdEncoding.EncodeToString(sum.Sum(nil))
	}
	return s, nil
}

// parseDjangoBcrypt reads bcrypt$$2b$… and bcrypt_sha256$$2b$…
func parseDjangoBcrypt(encoded string) (spec, error) {
	name, rest, _ := strings.Cut(encoded, "$")
	if !strings.HasPrefix(rest, "$") {
		rest = "$" + rest
	}
	s, err := parse(rest)
	if err == nil && s.algorithm != bcryptName {
		return spec{}, malformed("%s without bcrypt", name)
	}
	if name == "bcrypt_sha256" {
		s.prehash = func(password string) string {
			sum := sha256.Sum256([]byte(password))
			return hex.EncodeToString(sum[:])
		}
	}
	return s, err
}

// parseDjangoPBKDF2 reads pbkdf2_sha256$iterations$salt$key, whose salt is text.
func parseDjangoPBKDF2(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	digest := strings.TrimPrefix(parts[0], "pbkdf2_")
	if len(parts) != 4 || digests[digest] == nil {
		return spec{}, malformed("pbkdf2_sha256 without iterations, salt and key")
	}
	n, err := number(parts[1])
	key, ok := base(parts[3])
	if err != nil || n < 1 || !ok || len(key) < minKey || parts[2] == "" {
		return spec{}, malformed("pbkdf2_sha256 without iterations, salt and key")
	}
	return spec{algorithm: pbkdf2Name, digest: digest, iterations: n, salt: []byte(parts[2]), key: key}, nil
}

// parseDjangoScrypt reads scrypt$N$salt$r$p$key, whose salt is text.
func parseDjangoScrypt(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 {
		return spec{}, malformed("scrypt without N, salt, r, p and key")
	}
	return scryptText(parts[1], parts[3], parts[4], parts[2], parts[5], base)
}

// parseWerkzeug reads scrypt:N:r:p$salt$hex and pbkdf2:digest:iterations$salt$hex.
func parseWerkzeug(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	settings := strings.Split(parts[0], ":")
	if len(parts) != 3 || len(settings) < 2 {
		return spec{}, malformed("%s without salt and key", settings[0])
	}
	fromHex := func(text string) ([]byte, bool) {
		raw, err := hex.DecodeString(text)
		return raw, err == nil
	}
	if settings[0] == "scrypt" && len(settings) == 4 {
		return scryptText(settings[1], settings[2], settings[3], parts[1], parts[2], fromHex)
	}
	iterations := "1000" // of versions that did not write them
	if len(settings) == 3 {
		iterations = settings[2]
	}
	n, err := number(iterations)
	key, ok := fromHex(parts[2])
	if err != nil || n < 1 || !ok || len(key) < minKey || len(key) > maxPart || digests[settings[1]] == nil {
		return spec{}, malformed("pbkdf2 without digest, iterations, salt and key")
	}
	return spec{algorithm: pbkdf2Name, digest: settings[1], iterations: n, salt: []byte(parts[1]), key: key}, nil
}

// scryptText makes a spec of scrypt of parameters in text. N is not a logarithm.
func scryptText(n, r, p, salt, key string, decode func(string) ([]byte, bool)) (spec, error) {
	s, err := parseScrypt([]string{"ln=" + n + ",r=" + r + ",p=" + p, "c2FsdA", strings.Repeat("A", 32)})
	if err != nil {
		return spec{}, err
	}
	raw, ok := decode(key)
	if !ok || len(raw) < minKey || len(raw) > maxPart || salt == "" {
		return spec{}, malformed("scrypt without salt and key")
	}
	s.salt, s.key = []byte(salt), raw
	return s, nil
}

// parseFirebase reads the scrypt of Firebase with the parameters of its project:
// $firescrypt$ln=14,r=8,p=1$salt$key$salt separator$signer key. The key of scrypt
// encrypts the signer key by AES-256-CTR.
func parseFirebase(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 7 {
		return spec{}, malformed("firescrypt without parameters, salt, key, salt separator and signer key")
	}
	salt, saltOK := base(parts[3])
	want, wantOK := base(parts[4])
	separator, separatorOK := base(parts[5])
	signer, signerOK := base(parts[6])
	s, err := parseScrypt([]string{parts[2], "c2FsdA", strings.Repeat("A", 32)})
	if err != nil {
		return spec{}, err
	}
	if !saltOK || !wantOK || !separatorOK || !signerOK || len(want) < minKey || len(want) != len(signer) {
		return spec{}, malformed("firescrypt whose salt, key, salt separator or signer key is no base64")
	}
	salt = append(salt, separator...)
	s.check = func(password string) bool {
		key, err := scrypt.Key([]byte(password), salt, 1<<s.cost, int(s.blockSize), int(s.parallelism), 32)
		if err != nil {
			return false
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return false
		}
		made := make([]byte, len(signer))
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(made, signer)
		return subtle.ConstantTimeCompare(made, want) == 1
	}
	return s, nil
}
