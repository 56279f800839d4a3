package secret

import "encoding/base64"

// decode reads base64 in the one spelling that the encoding writes. The standard
// library also takes line feeds anywhere and stray bits at the end, and a value
// of several spellings is a value whose copies can not be told by comparison.
func decode(encoding *base64.Encoding, text string) ([]byte, bool) {
	raw, err := encoding.Strict().DecodeString(text)
	return raw, err == nil && len(text) == encoding.EncodedLen(len(raw))
}
