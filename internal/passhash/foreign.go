package passhash

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/GehirnInc/crypt"
	apr1 "github.com/GehirnInc/crypt/apr1_crypt"
	md5crypt "github.com/GehirnInc/crypt/md5_crypt"
	sha256crypt "github.com/GehirnInc/crypt/sha256_crypt"
	sha512crypt "github.com/GehirnInc/crypt/sha512_crypt"
	"github.com/go-crypt/x/yescrypt"
)

// The hashes of other systems are read, verified, and replaced at the next login. They
// are named by how they begin. Those that cost next to nothing are weak: a copy of the
// table is a copy of the passwords, until their owners have signed in.

// maxRounds bounds what the crypt families may iterate. Their own default is 5,000.
const maxRounds = 1_000_000

// families are the formats that are told by their beginning. The rest of the text is
// what follows it.
func families() []family {
	return []family{
		{"$1$", libcrypt(md5crypt.New)},
		{"$apr1$", libcrypt(apr1.New)},
		{"$5$", libcrypt(sha256crypt.New)},
		{"$6$", libcrypt(sha512crypt.New)},
		{"$md5-crypt$", renamed("$1$", libcrypt(md5crypt.New))}, // as v26 names them
		{"$sha256-crypt$", renamed("$5$", libcrypt(sha256crypt.New))},
		{"$sha512-crypt$", renamed("$6$", libcrypt(sha512crypt.New))},
		{"$y$", parseYescrypt},
		{"$7$", parseScrypt7},
		{"$P$", parsePhpass},
		{"$H$", parsePhpass},
		{"$S$", parseDrupal},
		{"U$S$", parseDrupal},
		{"$wp$", parseWordPress},
		{"$2x$", parseOldBcrypt},
		{"$2$", parseOldBcrypt},
		{"$bcrypt-sha256$", parsePasslibBcrypt},
		{"$firescrypt$", parseFirebase},
		{"$md5$", parseDigest},
		{"$sha1$", parseDigest},
		{"$sha256$", parseDigest},
		{"$sha512$", parseDigest},
		{"$hmac-", parseHMAC},
		{"pbkdf2_sha", parseDjangoPBKDF2},
		{"bcrypt_sha256$$", parseDjangoBcrypt},
		{"bcrypt$$", parseDjangoBcrypt},
		{"bcrypt$", parseDjangoBcrypt},
		{"scrypt$", parseDjangoScrypt},
		{"scrypt:", parseWerkzeug},
		{"pbkdf2:", parseWerkzeug},
		{"sha1$", parseSalted},
		{"md5$", parseSalted},
		{"sha256$", parseSalted},
		{"sha512$", parseSalted},
	}
}

type family struct {
	prefix string
	parse  func(encoded string) (spec, error)
}

// wrapped are names that some systems put before a hash that names itself.
var wrapped = []string{"{CRYPT}", "{ARGON2}", "{ARGON2ID}", "{ARGON2I}", "{BLF-CRYPT}", "{MD5-CRYPT}", "{SHA256-CRYPT}", "{SHA512-CRYPT}"}

// parseForeign reads a hash of another system; known is false if it is none.
func parseForeign(encoded string) (s spec, known bool, err error) {
	for _, name := range wrapped {
		if len(encoded) > len(name) && strings.EqualFold(encoded[:len(name)], name) {
			s, err = parse(encoded[len(name):])
			return s, true, err
		}
	}
	if inner, ok := strings.CutPrefix(encoded, "argon2$argon2"); ok { // Django
		s, err = parse("$argon2" + inner)
		return s, true, err
	}
	if strings.HasPrefix(encoded, "{") {
		s, err = parseLDAP(encoded)
		return s, true, err
	}
	for _, f := range families() {
		if strings.HasPrefix(encoded, f.prefix) {
			s, err = f.parse(encoded)
			return s, true, err
		}
	}
	if s, ok := parseHex(encoded); ok {
		return s, true, nil
	}
	return spec{}, false, nil
}

// libcrypt reads a hash of crypt(3) of one kind.
func libcrypt(kind func() crypt.Crypter) func(string) (spec, error) {
	return func(encoded string) (spec, error) {
		parts := strings.Split(encoded, "$")
		if rounds, ok := strings.CutPrefix(parts[2], "rounds="); ok {
			n, err := number(rounds)
			if err != nil {
				return spec{}, malformed("crypt with rounds that are no number")
			}
			if n > maxRounds {
				return spec{}, &LimitError{Key: "the most rounds of crypt", Value: uint64(n), Limit: maxRounds}
			}
			parts = append(parts[:2], parts[3:]...)
		}
		if len(parts) != 4 || len(parts[3]) < 22 || strings.Trim(parts[3], alphanumeric+"./") != "" {
			return spec{}, malformed("crypt without salt and key")
		}
		// The library's own comparison takes the key for a part of a salt that is
		// shorter than the longest one.
		setting := encoded[:strings.LastIndex(encoded, "$")]
		return spec{algorithm: "crypt", check: func(password string) bool {
			made, err := kind().Generate([]byte(password), []byte(setting))
			return err == nil && subtle.ConstantTimeCompare([]byte(made), []byte(encoded)) == 1
		}}, nil
	}
}

// renamed reads a hash under another name than its own.
func renamed(name string, parse func(string) (spec, error)) func(string) (spec, error) {
	return func(encoded string) (spec, error) {
		_, rest, _ := strings.Cut(encoded[1:], "$")
		return parse(name + rest)
	}
}

// parseYescrypt reads yescrypt with the flags that libxcrypt uses. The memory that it
// takes is that of scrypt with the same parameters.
func parseYescrypt(encoded string) (spec, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 || len(parts[2]) != 3 || len(parts[4]) != 43 {
		return spec{}, malformed("yescrypt without the parameters jNr, salt and key")
	}
	_, cost, blockSize, err := yescrypt.DecodeSetting([]byte(parts[2]))
	if err != nil || cost < 10 || cost > 18 || blockSize < 1 || blockSize > 32 || yescrypt.Decode64([]byte(parts[3])) == nil {
		return spec{}, malformed("yescrypt with other parameters than libxcrypt uses")
	}
	return spec{algorithm: scryptName, cost: uint32(cost), blockSize: uint32(blockSize), parallelism: 1, check: func(password string) bool {
		made, err := yescrypt.Hash([]byte(password), []byte(encoded))
		return err == nil && subtle.ConstantTimeCompare(made, []byte(encoded)) == 1
	}}, nil
}

// parseScrypt7 reads the scrypt of crypt(3): $7$ N r p salt $ key, where N has one
// character, r and p five each.
func parseScrypt7(encoded string) (spec, error) {
	rest := encoded[len("$7$"):]
	at := strings.LastIndexByte(rest, '$')
	if at < 12 || len(rest)-at-1 != 43 {
		return spec{}, malformed("$7$ without parameters, salt and key")
	}
	s := spec{
		algorithm: scryptName, cost: little(rest[:1]), blockSize: little(rest[1:6]), parallelism: little(rest[6:11]),
		salt: []byte(rest[11:at]), key: yescrypt.Decode64([]byte(rest[at+1:])),
	}
	r := uint64(s.blockSize)
	if len(s.key) != 32 || s.cost < 1 || s.cost > 31 || r < 1 || s.parallelism < 1 || uint64(s.cost) >= 16*r || uint64(s.parallelism)*r >= 1<<30 {
		return spec{}, malformed("$7$ with parameters that RFC 7914 does not allow")
	}
	return s, nil
}

// cryptAlphabet is the order of the characters in which crypt(3) writes six bits.
const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// little reads a number, the lowest six bits first. What is no such number is 0 and
// refused as a parameter.
func little(text string) uint32 {
	var n uint32
	for i := range len(text) {
		digit := strings.IndexByte(cryptAlphabet, text[i])
		if digit < 0 {
			return 0
		}
		n |= uint32(digit) << (6 * i)
	}
	return n
}

// base reads base64 of any alphabet, with or without padding.
func base(text string) ([]byte, bool) {
	text = strings.NewReplacer("-", "+", "_", "/", ".", "+").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	return raw, err == nil && len(raw) <= maxPart
}

// digestOf reads a digest of a length as base64, of its bytes or of their hexadecimal
// text, which some systems write.
func digestOf(text string, length int) ([]byte, bool) {
	raw, ok := base(text)
	if ok && len(raw) == 2*length {
		decoded, err := hex.DecodeString(string(raw))
		return decoded, err == nil
	}
	return raw, ok && len(raw) == length
}
