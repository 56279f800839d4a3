package console

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/metrics"
	"github.com/symbolon/symbolon/internal/pagekit"
)

func minutes(n int) []metrics.Minute {
	out := make([]metrics.Minute, n)
	for i := range out {
		out[i].Start = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC).Add(time.Duration(i-n) * time.Minute)
	}
	return out
}

func TestAChartStacksWhatHappenedInEachStretch(t *testing.T) {
	t.Parallel()
	over := spanOf("quarter")
	all := minutes(over.minutes)
	all[0].Logins = metrics.Outcomes{Succeeded: 3, Failed: 1}
	all[5].Logins = metrics.Outcomes{Rejected: 4}
	all[len(all)-1].Logins = metrics.Outcomes{Held: 2}
	c := chartsOf(all, over)[0]
	want := []string{"M2 75h12.7v45h-12.7z", "M2 15h12.7v60h-12.7z", "M585.3 90h12.7v30h-12.7z", "M2 0h12.7v15h-12.7z"}
	var got []string
	for _, s := range c.Series {
		got = append(got, s.Path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bars (-want +got)\n%s", diff)
	}
	if c.Top != "8" || c.Half != "4" || c.Start.Text != "06:00" || c.End.Text != "12:00" {
		t.Errorf("the chart is %s high, from %v to %v", c.Top, c.Start, c.End)
	}
	rows := []row{{"06:00", []string{"3", "4", "0", "1"}}, {"11:50", []string{"0", "0", "2", "0"}}}
	if diff := cmp.Diff(rows, c.Rows); diff != "" {
		t.Errorf("rows (-want +got)\n%s", diff)
	}
	if c.Summary != "In the last 6 hours: 3 succeeded, 4 rejected, 2 rate-limited, 1 failed." {
		t.Errorf("it says %q", c.Summary)
	}
}

// Bars are for round stretches of time, and so few that they are legible on a telephone
// and the page stays small.
func TestChartsHaveFewBarsWhateverTheyShow(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"hour": 30, "quarter": 36, "day": 48} {
		over := spanOf(name)
		all := minutes(over.minutes)
		for i := range all {
			all[i].Requests = 1
		}
		if c := chartsOf(all, over)[2]; strings.Count(c.Series[0].Path, "M") != want || len(c.Rows) != want {
			t.Errorf("%s: %d bars and %d rows, want %d", name, strings.Count(c.Series[0].Path, "M"), len(c.Rows), want)
		}
	}
}

func TestTheScaleHoldsEverythingAndHasAHalf(t *testing.T) {
	t.Parallel()
	for n := range 30_000 {
		top := scale(n)
		if top < n || top < 2 || top%2 != 0 || n > 10 && top > 2*n {
			t.Fatalf("the scale of %d is %d", n, top)
		}
	}
	for n, want := range map[int]int{0: 2, 3: 4, 10: 10, 11: 12, 21: 30, 99: 100, 101: 120, 1234: 1400, 41_000: 50_000} {
		if got := scale(n); got != want {
			t.Errorf("the scale of %d is %d, want %d", n, got, want)
		}
	}
}

// Bars and their neighbours are told apart from the paper in both schemes (WCAG
// 2.2, 1.4.11).
func TestTheColoursOfChartsStandOut(t *testing.T) {
	t.Parallel()
	css := string(pagekit.AdminStyle(ownStyle))
	papers := regexp.MustCompile(`--paper: #([0-9a-f]{6})`).FindAllStringSubmatch(css, -1)
	for n := 1; n <= 4; n++ {
		colours := regexp.MustCompile(fmt.Sprintf(`--c%d: #([0-9a-f]{6})`, n)).FindAllStringSubmatch(css, -1)
		if len(papers) != 2 || len(colours) != 2 {
			t.Fatalf("%d papers and %d colours, want those of two schemes", len(papers), len(colours))
		}
		for i := range papers {
			if got := contrast(t, papers[i][1], colours[i][1]); got < 3 {
				t.Errorf("#%s on #%s has a contrast of %.2f", colours[i][1], papers[i][1], got)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(hex string) float64 {
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			part := float64(v) / 255
			if part <= 0.04045 {
				sum += weight * part / 12.92
			} else {
				sum += weight * math.Pow((part+0.055)/1.055, 2.4)
			}
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestNumbersAndTimesAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		grouped(0): "0", grouped(999): "999", grouped(1000): "1,000", grouped(-1234567): "-1,234,567", grouped(-123): "-123",
		plural(1, "mail", "mails"): "1 mail", plural(2000, "mail", "mails"): "2,000 mails",
		roundedUp(90 * time.Second): "2 minutes", roundedUp(time.Minute): "60 seconds", roundedUp(time.Second / 2): "1 second", roundedUp(50 * time.Hour): "3 days", roundedUp(61 * time.Minute): "2 hours",
		roundedDown(59 * time.Second): "less than a minute", roundedDown(61 * time.Second): "1 minute", roundedDown(119 * time.Minute): "1 hour", roundedDown(72 * time.Hour): "3 days",
		pagekit.PathLabel("traits.name.first_name"): "Name, first name", pagekit.PathLabel("traits.tags.0"): "Tags 1", pagekit.PathLabel(`traits.a\.b`): "A.b", pagekit.PathLabel(""): "",
		mebibytes(19 << 20): "19 MiB",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
