package secret_test

import (
	"fmt"
	"iter"
)

// changes are all texts that a damaged or forged copy of a value may be: each
// truncation from either end, each flipped bit, each character left out, and
// characters that lenient decoders skip, put anywhere.
func changes(value string) iter.Seq2[string, string] {
	return func(yield func(how, changed string) bool) {
		for i := range len(value) {
			if !yield(fmt.Sprintf("the first %d characters alone", i), value[:i]) ||
				!yield(fmt.Sprintf("the first %d characters cut off", i+1), value[i+1:]) ||
				!yield(fmt.Sprintf("character %d left out", i), value[:i]+value[i+1:]) {
				return
			}
			for bit := range 8 {
				changed := []byte(value)
				changed[i] ^= 1 << bit
				if !yield(fmt.Sprintf("bit %d of character %d flipped", bit, i), string(changed)) {
					return
				}
			}
		}
		for i := range len(value) + 1 {
			for _, extra := range []string{"\n", "\r\n", " ", "=", "A", "\x00"} {
				if !yield(fmt.Sprintf("%q at %d", extra, i), value[:i]+extra+value[i:]) {
					return
				}
			}
		}
		yield("itself behind it", value+value)
	}
}
