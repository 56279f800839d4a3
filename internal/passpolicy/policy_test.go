package passpolicy_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/passpolicy"
)

func fixed() time.Time { return time.Unix(1_700_000_000, 0) }

// violation is what Check found, or nil.
func violation(t *testing.T, p *passpolicy.Policy, password string, identifiers ...string) *passpolicy.Violation {
	t.Helper()
	err := p.Check(t.Context(), password, identifiers)
	v, ok := errors.AsType[*passpolicy.Violation](err)
	if err != nil && !ok {
		t.Fatalf("%.40q: %v", password, err)
	}
	return v
}

func TestTheFirstRuleThatIsBrokenIsNamed(t *testing.T) {
	t.Parallel()
	service := newService(t, map[string]int{"qwertyuiop": 5, "uncommon-but-leaked": 37})
	p := passpolicy.New(passpolicy.Config{MinLength: 8, CommonList: true, BreachAPIURL: service.URL}, service.Client(), fixed)
	tests := map[string]struct {
		password    string
		identifiers []string
		want        *passpolicy.Violation
	}{
		"short, similar and common":       {"qwerty", []string{"qwerty"}, &passpolicy.Violation{Kind: passpolicy.TooShort, Length: 6, MinLength: 8}},
		"similar, common and leaked":      {"qwertyuiop", []string{"qwertyuio"}, &passpolicy.Violation{Kind: passpolicy.TooSimilar}},
		"similar to the second one":       {"someone@example.org", []string{"+491701234567", "someone@example.com"}, &passpolicy.Violation{Kind: passpolicy.TooSimilar}},
		"common and leaked":               {"QwertyUiop", []string{"someone@example.org"}, &passpolicy.Violation{Kind: passpolicy.Common}},
		"leaked":                          {"uncommon-but-leaked", nil, &passpolicy.Violation{Kind: passpolicy.Breached, Breaches: 37}},
		"nothing":                         {"uncommon-secret-1", []string{"someone@example.org"}, nil},
		"length is counted in bytes":      {"ключ", nil, nil},
		"seven bytes are not eight":       {"clé-cl", nil, &passpolicy.Violation{Kind: passpolicy.TooShort, Length: 7, MinLength: 8}},
		"a very long one is as welcome":   {strings.Repeat("long and unlike ", 4000), []string{"someone@example.org"}, nil},
		"an identifier may be of no help": {"uncommon-secret-1", []string{""}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := violation(t, p, test.password, test.identifiers...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got != nil && strings.Contains(got.Error(), test.password) {
				t.Errorf("%v repeats the password", got)
			}
		})
	}
}

func TestRulesThatAreOffAreNotApplied(t *testing.T) {
	t.Parallel()
	p := passpolicy.New(passpolicy.Config{MinLength: 6}, &http.Client{}, fixed)
	if v := violation(t, p, "password"); v != nil {
		t.Errorf("%v, with neither list nor look-up", v)
	}
}
