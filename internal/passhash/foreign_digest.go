package passhash

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // imported hashes use it
	"crypto/sha1" //nolint:gosec // imported hashes use it
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"

	"github.com/go-crypt/x/yescrypt"
)

// Formats of plain digests, salted or not, and of digests that are repeated.

// plainDigests are the digests that passwords were stored as.
var plainDigests = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// digestSpec is a hash that compute makes in one go.
func digestSpec(want []byte, compute func(password string) []byte) spec {
	return spec{algorithm: "digest", check: func(password string) bool {
		return subtle.ConstantTimeCompare(compute(password), want) == 1
	}}
}

func sum(digest func() hash.Hash, parts ...[]byte) []byte {
	h := digest()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// parseHex reads an unsalted digest in hexadecimal, told by its length.
func parseHex(encoded string) (spec, bool) {
	raw, err := hex.DecodeString(encoded)
	if err != nil {
		return spec{}, false
	}
	for _, digest := range plainDigests {
		if digest().Size() == len(raw) {
			return digestSpec(raw, func(password string) []byte { return sum(digest, []byte(password)) }), true
		}
	}
	return spec{}, false
}

// parseDigest reads $md5$digest and $sha256$pf=format$salt$digest, as v26 does: the
// format says in base64 how {SALT} and {PASSWORD} are put together.
func parseDigest(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	digest := plainDigests[parts[1]]
	format, salt := "{PASSWORD}", []byte(nil)
	if len(parts) == 5 {
		form, isFormat := strings.CutPrefix(parts[2], "pf=")
		raw, ok := base(form)
		decoded, saltOK := base(parts[3])
		if !isFormat || !ok || !saltOK || !strings.Contains(string(raw), "{PASSWORD}") {
			return spec{}, malformed("%s whose format pf and salt are no base64, or whose format lacks {PASSWORD}", parts[1])
		}
		format, salt = string(raw), decoded
	} else if len(parts) != 3 {
		return spec{}, malformed("%s without a digest", parts[1])
	}
	want, ok := digestOf(parts[len(parts)-1], digest().Size())
	if !ok {
		return spec{}, malformed("%s whose digest is no base64 of its length", parts[1])
	}
	return digestSpec(want, func(password string) []byte {
		return sum(digest, []byte(strings.NewReplacer("{SALT}", string(salt), "{PASSWORD}", password).Replace(format)))
	}), nil
}

// parseHMAC reads $hmac-sha256$digest$key.
func parseHMAC(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	digest := plainDigests[strings.TrimPrefix(parts[1], "hmac-")]
	if len(parts) != 4 || digest == nil {
		return spec{}, malformed("hmac without a known digest and its key")
	}
	want, ok := digestOf(parts[2], digest().Size())
	key, keyOK := base(parts[3])
	if !ok || !keyOK {
		return spec{}, malformed("hmac whose digest and key are no base64")
	}
	return digestSpec(want, func(password string) []byte {
		mac := hmac.New(digest, key)
		mac.Write([]byte(password))
		return mac.Sum(nil)
	}), nil
}

// parseSalted reads sha1$salt$hex, which Django makes of the salt before the password
// and Werkzeug by HMAC.
func parseSalted(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 3 {
		return spec{}, malformed("%s without salt and digest", parts[0])
	}
	digest := plainDigests[parts[0]]
	want, err := hex.DecodeString(parts[2])
	if err != nil || len(want) != digest().Size() {
		return spec{}, malformed("%s whose digest is not hexadecimal of its length", parts[0])
	}
	salt := []byte(parts[1])
	return spec{algorithm: "digest", check: func(password string) bool {
		mac := hmac.New(digest, salt)
		mac.Write([]byte(password))
		joined := sum(digest, salt, []byte(password))
		return subtle.ConstantTimeCompare(joined, want)|subtle.ConstantTimeCompare(mac.Sum(nil), want) == 1
	}}, nil
}

// ldapDigests are the schemes of RFC 2307 and its followers.
var ldapDigests = map[string]string{
	"{SHA}": "sha1", "{SSHA}": "sha1", "{SHA1}": "sha1", "{SSHA1}": "sha1", "{MD5}": "md5", "{SMD5}": "md5",
	"{SHA256}": "sha256", "{SSHA256}": "sha256", "{SHA384}": "sha384", "{SSHA384}": "sha384", "{SHA512}": "sha512", "{SSHA512}": "sha512",
}

// parseLDAP reads {SSHA}base64 of digest and salt, and the PBKDF2 of directories.
func parseLDAP(encoded string) (spec, error) {
	scheme, text, _ := strings.Cut(encoded, "}")
	scheme = strings.ToUpper(scheme) + "}"
	switch scheme {
	case "{PBKDF2}", "{PBKDF2-SHA1}":
		return parsePBKDF2("sha1", strings.Split(text, "$"))
	case "{PBKDF2-SHA256}", "{PBKDF2-SHA512}":
		return parsePBKDF2(strings.ToLower(strings.Trim(scheme, "{}")[len("PBKDF2-"):]), strings.Split(text, "$"))
	}
	if scheme == "{PBKDF2_SHA256}" {
		return parse389(text)
	}
	digest := plainDigests[ldapDigests[scheme]]
	if digest == nil {
		return spec{}, malformed("unknown scheme in braces; known are SSHA, SHA, SMD5, MD5 (with 256, 384, 512), CRYPT, ARGON2 and PBKDF2")
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	size := digest().Size()
	if err != nil || len(raw) < size || len(raw) > maxPart {
		return spec{}, malformed("%s whose digest is no base64 of its length", scheme)
	}
	return digestSpec(raw[:size], func(password string) []byte { return sum(digest, []byte(password), raw[size:]) }), nil
}

// parse389 reads the PBKDF2 of 389 Directory Server and FreeIPA: the iterations in 4 bytes, 64 of salt, 256 of key. The
// first 32 of the key are a whole block of PBKDF2 (RFC 8018, section 5.2), and enough to compare.
func parse389(text string) (spec, error) {
	raw, err := decode(text)
	if err != nil || len(raw) != 4+64+256 {
		return spec{}, malformed("{PBKDF2_SHA256} that is not base64 of iterations, salt and key")
	}
	return parsePBKDF2("sha256", []string{
		strconv.FormatUint(uint64(binary.BigEndian.Uint32(raw)), 10),
		base64.RawStdEncoding.EncodeToString(raw[4:68]), base64.RawStdEncoding.EncodeToString(raw[68:100]),
	})
}

// repeated is the iteration of phpass: the digest of salt and password, then of
// the last digest and the password.
func repeated(digest func() hash.Hash, rounds int, salt, password string) string {
	made := sum(digest, []byte(salt), []byte(password))
	for range rounds {
		made = sum(digest, made, []byte(password))
	}
	return string(yescrypt.Encode64(made))
}

// portable reads $P$: a character for the logarithm of the rounds, eight of salt, the
// digest. It may be cut short.
func portable(rest string, digest func() hash.Hash, shortest int, prepare func(string) string) (spec, error) {
	if len(rest) < 9+shortest || strings.Trim(rest, alphanumeric+"./") != "" {
		return spec{}, malformed("phpass without rounds, salt and digest")
	}
	log, salt, want := little(rest[:1]), rest[1:9], rest[9:]
	if log < 7 || log > 30 {
		return spec{}, malformed("phpass with rounds outside of 2^7 to 2^30")
	}
	if 1<<log > maxRounds {
		return spec{}, &LimitError{Key: "the most rounds of phpass", Value: 1 << log, Limit: maxRounds}
	}
	return spec{algorithm: "phpass", check: func(password string) bool {
		made := repeated(digest, 1<<log, salt, prepare(password))
		return len(made) >= len(want) && subtle.ConstantTimeCompare([]byte(made[:len(want)]), []byte(want)) == 1
	}}, nil
}

func parsePhpass(encoded string) (spec, error) {
	return portable(encoded[len("$P$"):], md5.New, 22, func(password string) string { return password })
}

// parseDrupal reads the SHA-512 of Drupal, cut to 55 characters. With U before it the
// password was an MD5 digest already.
func parseDrupal(encoded string) (spec, error) {
	rest, upgraded := strings.CutPrefix(encoded, "U$S$")
	if !upgraded {
		return portable(strings.TrimPrefix(encoded, "$S$"), sha512.New, 43, func(password string) string { return password })
	}
	return portable(rest, sha512.New, 42, func(password string) string {
		digest := md5.Sum([]byte(password)) //nolint:gosec // so the hash was made
		return hex.EncodeToString(digest[:])
	})
}
