package passpolicy

import "strings"

// The thresholds of the v0.5 rule.
const (
	leastDistance = 5   // edits between password and identifier
	mostShared    = 0.5 // part of the password that stands in the identifier in one piece
)

// maxCompared bounds what is compared: longer texts are cut, since the cost is
// the product of both lengths.
const maxCompared = 512

// similar reports whether a password resembles an identifier, ignoring case.
func similar(password, identifier string) bool {
	a, b := strings.ToLower(cut(password)), strings.ToLower(cut(identifier))
	if a == "" || b == "" {
		return false
	}
	return distance(a, b) < leastDistance || float64(shared(a, b))/float64(len(a)) > mostShared
}

func cut(s string) string { return s[:min(len(s), maxCompared)] }

// distance is the number of insertions, deletions and substitutions of bytes
// that turn a into b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
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

// shared is the length of the longest run of bytes that stands in both.
func shared(a, b string) int {
	longest := 0
	row := make([]int, len(b)+1)
	for i := range len(a) {
		for j := len(b) - 1; j >= 0; j-- {
			row[j+1] = 0
			if a[i] == b[j] {
				row[j+1] = row[j] + 1
				longest = max(longest, row[j+1])
			}
		}
	}
	return longest
}
