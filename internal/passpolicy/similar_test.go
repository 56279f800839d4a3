package passpolicy

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestAPasswordIsTooSimilarByFewEditsOrMuchInOnePiece(t *testing.T) {
	t.Parallel()
	tests := []struct {
		password, identifier string
		want                 bool
		why                  string
	}{
		{"alice@example.org", "alice@example.org", true, "the identifier itself"},
		{"ALICE@Example.ORG", "alice@example.org", true, "in any case"},
		{"ÄRGER@EXAMPLE.ORG", "ärger@example.org", true, "in any case of any alphabet"},
		{"alice@example.com", "alice@example.org", true, "three edits away"},
		{"abcdefgh", "abcd", true, "four edits away"},
		{"abcdefghi", "abcd", false, "five edits away, and four of nine letters shared"},
		{"abcd----", "abcdxxxxxxxx", false, "exactly half of it shared"},
		{"abcde----", "abcdexxxxxxxx", true, "more than half of it shared"},
		{"example.org-1", "someone@example.org", true, "a piece of the identifier makes up most of it"},
		{"elpmaxe", "someone@example.org", false, "letters alone are not a piece"},
		{"correct horse battery staple", "bob", false, "long and unlike"},
		{"пароль-пять", "пароль@example.org", true, "letters count, not bytes"},
		{"дождь и туман", "снег и ветер", false, "letters of one alphabet share bytes, not meaning"},
		{"xyz12", "", false, "no identifier"},
		{"", "alice", false, "no password"},
	}
	for _, test := range tests {
		if got := similar(test.password, test.identifier); got != test.want {
			t.Errorf("%s with %s (%s): similar %v, want %v", test.password, test.identifier, test.why, got, test.want)
		}
	}
}

// The rule by its definition, without tables or short cuts.
func TestTheRuleIsItsDefinition(t *testing.T) {
	t.Parallel()
	letters := rapid.StringMatching(`[abß]{1,9}`)
	rapid.Check(t, func(t *rapid.T) {
		password, identifier := letters.Draw(t, "password"), letters.Draw(t, "identifier")
		want := edits([]rune(password), []rune(identifier)) < 5 ||
			float64(longestPiece(password, identifier))/float64(utf8.RuneCountInString(password)) > 0.5
		if got := similar(password, identifier); got != want {
			t.Errorf("%s with %s: similar %v, want %v", password, identifier, got, want)
		}
	})
}

func edits(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	if a[0] == b[0] {
		return edits(a[1:], b[1:])
	}
	return 1 + min(edits(a[1:], b), edits(a, b[1:]), edits(a[1:], b[1:]))
}

func longestPiece(a, b string) int {
	longest, letters := 0, []rune(a)
	for i := range letters {
		for j := i; j <= len(letters); j++ {
			if strings.Contains(b, string(letters[i:j])) {
				longest = max(longest, j-i)
			}
		}
	}
	return longest
}

func TestLongTextsAreComparedInBoundedTime(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ab", 1<<15)
	start := time.Now()
	for _, password := range []string{long, long[:3000], long[:1000]} {
		for _, identifier := range []string{long, long[:1000], "a"} {
			similar(password, identifier)
		}
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("nine comparisons took %v", took)
	}
}

func BenchmarkSimilar(b *testing.B) {
	for b.Loop() {
		similar("correct horse battery staple", "someone@example.org")
	}
}
