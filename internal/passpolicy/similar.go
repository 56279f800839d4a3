package passpolicy

import (
	"slices"
	"strings"
)

// The thresholds of version 0.5's rule.
const (
	leastDistance = 5 // edits between password and identifier
	mostShared    = 2 // one in so many letters may stand in the identifier in one piece
)

// maxIdentifier bounds what is compared, since the cost is the product of both
// lengths. No address or user name is that long.
const maxIdentifier = 1024

// similar reports whether a password resembles an identifier, ignoring case:
// fewer than five edits lead from one to the other, or more than half of the
// password stands in the identifier in one piece.
func similar(password, identifier string) bool {
	a, b := []rune(strings.ToLower(password)), []rune(strings.ToLower(identifier))
	b = b[:min(len(b), maxIdentifier)]
	// A password of this length has enough of its own beside the similar part.
	if len(a) == 0 || len(b) == 0 || len(a) > mostShared*len(b)+leastDistance {
		return false
	}
	return distance(a, b) < leastDistance || mostShared*shared(a, b) > len(a)
}

// distance is the number of insertions, deletions and substitutions of letters
// that turn a into b (Levenshtein).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// shared is the length of the longest run of letters that stands in both.
func shared(a, b []rune) int {
	longest := 0
	row := make([]int, len(b)+1) // of the runs that end at a letter of a and one of b
	for i := range a {
		for j, letter := range slices.Backward(b) {
			row[j+1] = 0
			if a[i] == letter {
				row[j+1] = row[j] + 1
				longest = max(longest, row[j+1])
			}
		}
	}
	return longest
}
