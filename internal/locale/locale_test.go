package locale_test

import (
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/locale"
)

func TestTheFirstWishThatCanBeFulfilledCounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		offer  []string
		wishes []string
		want   string
	}{
		{"nothing wished", nil, nil, "en"},
		{"empty wishes", nil, []string{"", ""}, "en"},
		{"a tag", nil, []string{"de"}, "de"},
		{"a region", nil, []string{"de-AT"}, "de"},
		{"as POSIX writes it", nil, []string{"pt_BR"}, "pt"},
		{"a header", nil, []string{"da, fr-CH;q=0.9, en;q=0.8"}, "fr"},
		{"weights in disorder", nil, []string{"en;q=0.2, pl;q=0.9"}, "pl"},
		{"the explicit one before the header", nil, []string{"ar", "de"}, "ar"},
		{"an explicit one that is not on offer", nil, []string{"sv", "de"}, "de"},
		{"nonsense before the header", nil, []string{"<script>", "it"}, "it"},
		{"Chinese of the mainland", nil, []string{"zh-CN"}, "zh-Hans"},
		{"Chinese without more", nil, []string{"zh"}, "zh-Hans"},
		{"not on offer", []string{"de", "fr"}, []string{"ja"}, "de"},
		{"on offer, though not first", []string{"de", "fr"}, []string{"fr-CA"}, "fr"},
		{"unknown offers are none", []string{"xx"}, []string{"tr"}, "tr"},
		{"anything", nil, []string{"*"}, "en"},
	}
	for _, tt := range tests {
		if got := locale.NewChoice(tt.offer...).Best(tt.wishes...).Tag; got != tt.want {
			t.Errorf("%s: %q of %q is %q, want %q", tt.name, tt.wishes, tt.offer, got, tt.want)
		}
	}
}

func TestALongWishIsCutBetweenLanguages(t *testing.T) {
	t.Parallel()
	c := locale.NewChoice()
	if got := c.Known("fr," + strings.Repeat("tlh,", 100)); got != "fr" {
		t.Errorf("a long list: %q", got)
	}
	if got := c.Known(strings.Repeat("d", 10_000)); got != "" {
		t.Errorf("a long tag: %q", got)
	}
}

func FuzzWish(f *testing.F) {
	for _, seed := range []string{"de", "en-US,en;q=0.5", "*", "x-", strings.Repeat("a-", 500), "de;q=\x00", "zh-Hant-TW-x-y"} {
		f.Add(seed)
	}
	c := locale.NewChoice("de", "ar")
	f.Fuzz(func(t *testing.T, wish string) {
		if tag := c.Best(wish).Tag; tag != "de" && tag != "ar" {
			t.Errorf("%q chose %q, which is not on offer", wish, tag)
		}
	})
}

func TestEveryLanguageWritesDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 4, 17, 5, 59, 0, time.FixedZone("", -3600))
	for tag, want := range map[string]string{
		"en": "4 March 2026, 18:05 UTC", "de": "4. März 2026, 18:05 Uhr UTC", "fr": "4 mars 2026 à 18:05 UTC",
		"es": "4 de marzo de 2026, 18:05 UTC", "pt": "4 de março de 2026, 18:05 UTC", "it": "4 marzo 2026, 18:05 UTC",
		"nl": "4 maart 2026 18:05 UTC", "pl": "4 marca 2026, 18:05 UTC", "tr": "4 Mart 2026 18:05 UTC",
		"ja": "2026年3月4日 18:05 UTC", "zh-Hans": "2026年3月4日 18:05 UTC", "ar": "4 مارس 2026، 18:05 UTC",
		"xx": "4 March 2026, 18:05 UTC",
	} {
		if got := locale.Moment(tag, at); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	seen := map[string]bool{}
	for _, l := range locale.All {
		for m := time.January; m <= time.December; m++ {
			seen[l.Tag+locale.Moment(l.Tag, time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC))] = true
		}
	}
	if len(seen) != 12*len(locale.All) {
		t.Errorf("%d different months, want 12 in each of %d languages", len(seen), len(locale.All))
	}
}

func TestALanguageIsFoundByItsTag(t *testing.T) {
	t.Parallel()
	for _, l := range locale.All {
		found, ok := locale.Find(l.Tag)
		if !ok || found != l || l.Name == "" || l.Dir != "ltr" && l.Dir != "rtl" {
			t.Errorf("%+v is not found as it is: %+v", l, found)
		}
	}
	if len(locale.NewChoice("fr", "de").Offered()) != 2 {
		t.Error("not what was on offer")
	}
}

func TestAnIdentityCarriesItsWish(t *testing.T) {
	t.Parallel()
	traits := []byte(`{"language":"de","person":{"locale":"fr-CH","age":3},"list":["it"]}`)
	for path, want := range map[string]string{
		"language": "de", "person.locale": "fr-CH", "person.age": "", "person": "", "list": "", "list.0": "", "none": "", "language.x": "", "": "",
	} {
		if got := locale.Trait(traits, path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	if got := locale.Trait([]byte(`[`), "language"); got != "" {
		t.Errorf("broken traits wish %q", got)
	}
}
