package secret_test

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func TestATokenHas32CharactersOfTheAlphabetAndIsNeverTheSame(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10_000 {
		token := secret.Token()
		if len(token) != secret.TokenLength || strings.Trim(token, alphabet) != "" {
			t.Fatalf("token %q", token)
		}
		if seen[token] {
			t.Fatalf("token %q came twice", token)
		}
		seen[token] = true
	}
}

// A character taken by the remainder of a whole byte would favour the first
// eight letters by a quarter: a statistic of about 20,000 here.
func TestEachCharacterOfATokenIsAsLikely(t *testing.T) {
	t.Parallel()
	counts := map[rune]int{}
	const tokens = 50_000
	for range tokens {
		for _, c := range secret.Token() {
			counts[c]++
		}
	}
	observed := make([]int, 0, len(alphabet))
	for _, c := range alphabet {
		observed = append(observed, counts[c])
	}
	// With 61 degrees of freedom, chance exceeds 150 once in a hundred million.
	if x := chiSquare(observed); x > 150 {
		t.Errorf("chi-square %.0f over %v", x, counts)
	}
}

func chiSquare(observed []int) float64 {
	total := 0
	for _, n := range observed {
		total += n
	}
	expected := float64(total) / float64(len(observed))
	sum := 0.0
	for _, n := range observed {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	return sum
}

func TestANumberBelowABoundIsAnyOfThemAlike(t *testing.T) {
	t.Parallel()
	observed := make([]int, 10)
	for range 100_000 {
		n := secret.Below(int64(len(observed)))
		if n < 0 || n >= int64(len(observed)) {
			t.Fatalf("%d is not below %d", n, len(observed))
		}
		observed[n]++
	}
	if x := chiSquare(observed); x > 60 {
		t.Errorf("chi-square %.0f over %v", x, observed)
	}
	if n := secret.Below(1); n != 0 {
		t.Errorf("below 1: %d", n)
	}
}

// Stored hashes outlive releases.
func TestAHashIsTheHexSHA256OfTheToken(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-4
	} {
		if got := secret.Hash(token); got != want {
			t.Errorf("hash of %q is %s, want %s", token, got, want)
		}
	}
	token := secret.Token()
	if got, want := secret.Hash(token), fmt.Sprintf("%x", sha256.Sum256([]byte(token))); got != want {
		t.Errorf("hash of %q is %s, want %s", token, got, want)
	}
}

func TestIDsHaveTheirVersionAndOrder(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-([47])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	previous := ""
	for range 1000 {
		random, ordered := secret.NewID(), secret.NewOrderedID()
		for id, version := range map[string]string{random: "4", ordered: "7"} {
			if m := form.FindStringSubmatch(id); m == nil || m[1] != version || !secret.IsID(id) {
				t.Fatalf("%s is no UUID of version %s", id, version)
			}
		}
		if ordered <= previous {
			t.Fatalf("%s was made after %s and is not greater", ordered, previous)
		}
		previous = ordered
	}
}

func TestOnlyTheTextFormIsAnID(t *testing.T) {
	t.Parallel()
	const id = "0b5a1f7e-38c1-4d0e-9f4b-6b9b6f6f2c11"
	for text, want := range map[string]bool{
		id:                               true,
		strings.ToUpper(id):              true,
		"":                               false,
		id[1:]:                           false,
		id + "0":                         false,
		"{" + id + "}":                   false,
		"urn:uuid:" + id:                 false,
		strings.ReplaceAll(id, "-", ""):  false,
		strings.Replace(id, "b", "g", 1): false,
		strings.Replace(id, "-", "0", 1): false,
		strings.Repeat("-", 36):          false,
		strings.Repeat("\x00", 36):       false,
	} {
		if got := secret.IsID(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestEqualComparesWholeTexts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{{"", "", true}, {"same", "same", true}, {"same", "sama", false}, {"same", "sam", false}, {"", "x", false}} {
		if got := secret.Equal(test.a, test.b); got != test.want {
			t.Errorf("%q and %q: %v", test.a, test.b, got)
		}
	}
}

// The published Go client of v0.5 takes ids of version 4 alone; listings go by their order.
func TestNewIdentityID(t *testing.T) {
	t.Parallel()
	before := ""
	for range 1000 {
		id := secret.NewIdentityID()
		if !secret.IsID(id) || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) {
			t.Fatalf("%s is no UUID of version 4", id)
		}
		if id <= before {
			t.Fatalf("%s comes after %s", id, before)
		}
		before = id
	}
}
