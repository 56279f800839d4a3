package passhash

import (
	"slices"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// normalize returns the form of a password that is hashed: the OpaqueString profile of
// RFC 8265 section 4.2 (normal form C, blanks of all kinds as the ASCII one), as NIST
// SP 800-63B-4 section 3.1.1.2 asks for a normal form. Keyboards of one person write
// the same letters in several ways. What the profile forbids, such as control
// characters, is hashed in normal form C.
func normalize(password string) string {
	if ascii(password) {
		return password
	}
	if normal, err := precis.OpaqueString.String(password); err == nil {
		return normal
	}
	return norm.NFC.String(password)
}

// spellings returns what a password may have been hashed as: the normal form first,
// then, for hashes from before and from elsewhere, what was typed and its normal forms.
// Passwords in ASCII have one spelling.
func spellings(password string) []string {
	if ascii(password) {
		return []string{password}
	}
	all := []string{normalize(password)}
	for _, s := range []string{password, norm.NFC.String(password), norm.NFD.String(password)} {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
