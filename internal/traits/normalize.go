package traits

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/symbolon/symbolon/internal/address"
)

// apart keeps U+0130 apart from "i": Go's simple case mapping would make the two
// equal, and with them the addresses of two people. A zero byte becomes the
// replacement character, which every database can store.
var apart = strings.NewReplacer("\u0130", "i\u0307", "\x00", "\ufffd")

// Normalize returns the form in which identifiers and addresses are stored for
// lookup and compared: without surrounding white space, in Unicode normal form C,
// in lower case, and the domain of an address in its ASCII form, which browsers make
// of what is typed into an e-mail input. Every comparison of identifiers goes through
// it.
//
// Compatibility forms (NFKC) are kept apart on purpose: folding them lets a
// person claim an identifier that merely looks like another one. Two spellings
// with the same normal form are one account, so mail goes to the stored value
// and never to the spelling a stranger typed.
func Normalize(identifier string) string {
	s := strings.TrimSpace(identifier)
	if plain(s) {
		return strings.ToLower(s)
	}
	s = apart.Replace(norm.NFC.String(address.ASCII(s)))
	return strings.TrimSpace(norm.NFC.String(strings.ToLower(s)))
}

// plain reports whether s is ASCII text, for which lower case is all there is to do.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] == 0 {
			return false
		}
	}
	return true
}
