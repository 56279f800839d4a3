package passhash

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/argon2"
)

// maxEncoded bounds a hash string. Decoded, a salt has 1 to maxPart bytes and a
// key minKey to maxPart: a shorter one could be met by chance.
const (
	maxEncoded = 1024
	maxPart    = 512
	minKey     = 12
)

// FormatError says that a text is not a hash of a known kind. It never repeats
// the text.
type FormatError struct{ Reason string }

func (e *FormatError) Error() string { return "password hash: " + e.Reason }

func malformed(format string, args ...any) error {
	return &FormatError{Reason: fmt.Sprintf(format, args...)}
}

// parse reads a hash string: $algorithm$parameters$salt$key, as PHC, modular
// crypt and passlib write it. It allocates nothing that the string could blow up.
func parse(encoded string) (spec, error) {
	if len(encoded) > maxEncoded {
		return spec{}, malformed("longer than %d characters", maxEncoded)
	}
	encoded = strings.TrimSpace(encoded) // dumps have line ends
	if s, known, err := parseForeign(encoded); known {
		return s, err
	}
	parts := strings.Split(encoded, "$")
	if len(parts) < 4 || parts[0] != "" {
		return spec{}, malformed("not of the form $algorithm$parameters$salt$key")
	}
	switch name := parts[1]; name {
	case argon2id, argon2i, argon2d:
		return parseArgon2(name, parts[2:])
	case "2a", "2b", "2y":
		return parseBcrypt(encoded, parts[2:])
	case scryptName:
		return parseScrypt(parts[2:])
	case pbkdf2Name, "pbkdf2-sha1":
		return parsePBKDF2("sha1", parts[2:])
	case "pbkdf2-sha256", "pbkdf2-sha512":
		return parsePBKDF2(strings.TrimPrefix(name, "pbkdf2-"), parts[2:])
	}
	return spec{}, malformed("unknown algorithm; known are argon2id, argon2i, argon2d, 2a, 2b and 2y (bcrypt), scrypt, pbkdf2 (-sha1, -sha256, -sha512), and those of other systems in docs/operating.md")
}

func parseArgon2(name string, parts []string) (spec, error) {
	version := argon2.Version13
	switch {
	case len(parts) == 3: // before versions were written
		parts, version = append([]string{"v=16"}, parts...), argon2.Version10
	case parts[0] == "v=16":
		version = argon2.Version10
	}
	if len(parts) != 4 || parts[0] != "v=19" && parts[0] != "v=16" {
		return spec{}, malformed("%s without v=19 or v=16, parameters, salt and key", name)
	}
	settings, data, err := associated(parts[1])
	if err != nil {
		return spec{}, err
	}
	values, err := numbers(settings, "m", "t", "p")
	if err != nil {
		return spec{}, err
	}
	s := spec{algorithm: name, version: version, data: data, memoryKiB: values["m"], iterations: values["t"], parallelism: values["p"]}
	// RFC 9106 section 3.1: at least one pass and lane, and 8 KiB a lane.
	if s.iterations < 1 || s.parallelism < 1 || s.parallelism > math.MaxUint8 || s.memoryKiB < 8*s.parallelism {
		return spec{}, malformed("%s with parameters that RFC 9106 does not allow", name)
	}
	return s.withParts(parts[2], parts[3])
}

// associated takes the optional parameters keyid and data out of those of Argon2. The
// key that an id names is not known here: only hashes made without one can match.
func associated(parameters string) (rest string, data []byte, err error) {
	var kept []string
	for entry := range strings.SplitSeq(parameters, ",") {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "keyid":
		case "data":
			if data, err = decode(value); err != nil {
				return "", nil, malformed("argon2 whose data are no base64")
			}
		default:
			kept = append(kept, entry)
		}
	}
	return strings.Join(kept, ","), data, nil
}

func parseBcrypt(encoded string, parts []string) (spec, error) {
	const saltAndKey = 53
	if len(parts) != 2 || len(parts[0]) != 2 || len(parts[1]) != saltAndKey || strings.Trim(parts[1], alphanumeric+"./") != "" {
		return spec{}, malformed("bcrypt without two digits of cost and %d characters of salt and key", saltAndKey)
	}
	cost, err := number(parts[0])
	if err != nil || cost < 4 || cost > 31 {
		return spec{}, malformed("bcrypt with a cost outside of 4 to 31")
	}
	return spec{algorithm: bcryptName, cost: cost, encoded: encoded}, nil
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func parseScrypt(parts []string) (spec, error) {
	if len(parts) != 3 {
		return spec{}, malformed("scrypt without parameters, salt and key")
	}
	values, err := numbers(parts[0], "ln", "r", "p")
	if err != nil {
		return spec{}, err
	}
	s := spec{algorithm: scryptName, cost: values["ln"], blockSize: values["r"], parallelism: values["p"]}
	// PHC writes the logarithm of N; later versions of the API that this server
	// speaks write N itself there. No logarithm is that high.
	if n := values["ln"]; n >= 64 && bits.OnesCount32(n) == 1 {
		s.cost = uint32(bits.TrailingZeros32(n))
	}
	// RFC 7914 section 2: N is less than 2^(128*r/8), p at most (2^32-1)*32/(128*r).
	r := uint64(s.blockSize)
	if s.cost < 1 || s.cost > 31 || r < 1 || s.parallelism < 1 || uint64(s.cost) >= 16*r || uint64(s.parallelism)*r >= 1<<30 {
		return spec{}, malformed("scrypt with parameters that RFC 7914 does not allow")
	}
	return s.withParts(parts[1], parts[2])
}

// parsePBKDF2 takes the parameters as passlib writes them (29000) and as PHC
// would (i=29000, with or without a length).
func parsePBKDF2(digest string, parts []string) (spec, error) {
	if len(parts) != 3 {
		return spec{}, malformed("pbkdf2 without iterations, salt and key")
	}
	iterations, length, _ := strings.Cut(parts[0], ",")
	n, err := number(strings.TrimPrefix(iterations, "i="))
	if err != nil || n < 1 || length != "" && !strings.HasPrefix(length, "l=") {
		return spec{}, malformed("pbkdf2 without a number of iterations")
	}
	return spec{algorithm: pbkdf2Name, digest: digest, iterations: n}.withParts(parts[1], parts[2])
}

// withParts adds the decoded salt and key.
func (s spec) withParts(salt, key string) (spec, error) {
	var saltErr, keyErr error
	s.salt, saltErr = decode(salt)
	s.key, keyErr = decode(key)
	if saltErr != nil || keyErr != nil || len(s.salt) < 1 || len(s.salt) > maxPart || len(s.key) < minKey || len(s.key) > maxPart {
		return spec{}, malformed("salt and key must be base64 of 1 to %d and %d to %d bytes", maxPart, minKey, maxPart)
	}
	return s, nil
}

// decode reads base64 of the standard alphabet, with or without padding; passlib
// writes a dot for the plus.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") { // which the decoder would skip
		return nil, base64.CorruptInputError(strings.IndexAny(text, "\r\n"))
	}
	text = strings.ReplaceAll(strings.TrimRight(text, "="), ".", "+")
	return base64.RawStdEncoding.Strict().DecodeString(text)
}

// numbers reads "a=1,b=2": each of the names once, in any order, and no others.
func numbers(text string, names ...string) (map[string]uint32, error) {
	entries := strings.Split(text, ",")
	values := map[string]uint32{}
	for _, entry := range entries {
		name, digits, _ := strings.Cut(entry, "=")
		n, err := number(digits)
		if err != nil {
			return nil, malformed("parameters are not of the form name=number")
		}
		values[name] = n
	}
	for _, name := range names {
		if _, ok := values[name]; !ok || len(entries) != len(names) {
			return nil, malformed("parameters are not exactly %s", strings.Join(names, ", "))
		}
	}
	return values, nil
}

// number reads up to 31 bits, so that no sum or shift of two overflows.
func number(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return uint32(n), err
}
