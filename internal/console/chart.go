package console

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/metrics"
)

// spans are the stretches of time that charts may show, each as so many bars.
var spans = []stretch{
	{"hour", "1 hour", "In the last hour", 60, 2},
	{"quarter", "6 hours", "In the last 6 hours", 6 * 60, 10},
	{"day", "24 hours", "In the last 24 hours", 24 * 60, 30},
}

// stretch is one of them.
type stretch struct {
	name, text   string
	within       string // as a sentence begins
	minutes, bar int    // in all and in one bar
}

func spanOf(name string) stretch {
	for _, s := range spans {
		if s.name == name {
			return s
		}
	}
	return spans[0]
}

// The size of a drawing in its own units. The style sheet stretches it: what it
// says in words is HTML beside it, which keeps its size.
const (
	chartWidth  = 600
	chartHeight = 120
)

// chart is bars over time, each a stack of one part for each series.
type chart struct {
	ID, Title string
	Summary   string // in words what the picture shows
	Series    []series
	Top, Half string // what the height and half of it stand for
	Start     moment
	End       moment
	Rows      []row // the figures, without the bars that are empty
	Width     int
	Height    int
}

// series is one kind of thing that is counted.
type series struct {
	Class string // its colour, by the style sheet
	Name  string
	Total string
	Path  string // its bars, as the outline that SVG draws; empty for none
}

// moment is a point in time for machines and for people, who read the day where
// there are two.
type moment struct{ Machine, Text string }

func (s stretch) moment(t time.Time) moment {
	m := moment{Machine: t.UTC().Format(time.RFC3339), Text: t.UTC().Format("15:04")}
	if s.name == "day" {
		m.Text = t.UTC().Format("2 Jan, 15:04")
	}
	return m
}

// row is a line of the table of figures.
type row struct {
	At     string
	Values []string
}

// measure is what a chart takes out of the counts, in the order of its series.
type measure func(metrics.Counts) []int

// chartsOf draws the charts of the overview.
func chartsOf(minutes []metrics.Minute, over stretch) []chart {
	outcomes := func(o metrics.Outcomes) []int { return []int{o.Succeeded, o.Rejected, o.Held, o.Failed} }
	ends := []series{{Class: "c1", Name: "Succeeded"}, {Class: "c2", Name: "Rejected"}, {Class: "c3", Name: "Rate-limited"}, {Class: "c4", Name: "Failed"}}
	return []chart{
		newChart("logins", "Logins", minutes, over, ends, func(c metrics.Counts) []int { return outcomes(c.Logins) }),
		newChart("registrations", "Registrations", minutes, over, ends, func(c metrics.Counts) []int { return outcomes(c.Registrations) }),
		newChart("requests", "Requests", minutes, over, []series{{Class: "c1", Name: "Answered"}, {Class: "c4", Name: "Failed"}},
			func(c metrics.Counts) []int { return []int{c.Requests - c.Failures, c.Failures} }),
	}
}

func newChart(id, title string, minutes []metrics.Minute, over stretch, of []series, take measure) chart {
	c := chart{ID: id, Title: title, Width: chartWidth, Height: chartHeight, Series: append([]series(nil), of...)}
	if len(minutes) == 0 {
		return c
	}
	c.Start, c.End = over.moment(minutes[0].Start), over.moment(minutes[len(minutes)-1].Start.Add(time.Minute))
	totals := make([]int, len(of))
	var stacks [][]int
	most := 0
	for from := 0; from < len(minutes); from += over.bar {
		var sum metrics.Counts
		for _, m := range minutes[from:min(from+over.bar, len(minutes))] {
			sum.Add(m.Counts)
		}
		values, height := take(sum), 0
		for i, v := range values {
			totals[i] += v
			height += v
		}
		most = max(most, height)
		stacks = append(stacks, values)
		if height > 0 {
			c.Rows = append(c.Rows, row{At: over.moment(minutes[from].Start).Text, Values: texts(values)})
		}
	}
	top := scale(most)
	c.Top, c.Half = grouped(top), grouped(top/2)
	c.draw(stacks, top)
	c.say(totals, over)
	return c
}

// draw outlines the bars; those of the first series stand at the bottom.
func (c *chart) draw(stacks [][]int, top int) {
	step := float64(chartWidth) / float64(len(stacks))
	width := step * 0.76
	paths := make([]strings.Builder, len(c.Series))
	for i, values := range stacks {
		y := float64(chartHeight)
		for s, v := range values {
			if v == 0 {
				continue
			}
			height := float64(v) / float64(top) * chartHeight
			y -= height
			fmt.Fprintf(&paths[s], "M%s %sh%sv%sh-%[3]sz", unit(float64(i)*step+(step-width)/2), unit(y), unit(width), unit(height))
		}
	}
	for s := range paths {
		c.Series[s].Path = paths[s].String()
	}
}

// say puts the totals into words, for the legend and for those who can't see the
// picture.
func (c *chart) say(totals []int, over stretch) {
	var parts []string
	sum := 0
	for i, n := range totals {
		sum += n
		c.Series[i].Total = grouped(n)
		parts = append(parts, grouped(n)+" "+strings.ToLower(c.Series[i].Name))
	}
	c.Summary = over.within + ": " + strings.Join(parts, ", ") + "."
	if sum == 0 {
		c.Summary = over.within + " there were none."
	}
}

// scale is the even number of few digits that is at least n: 2, 4, 6, 8, 10, 20, …
func scale(n int) int {
	if n <= 10 {
		return max(n+n%2, 2)
	}
	power := int(math.Pow10(len(strconv.Itoa(n)) - 1))
	step := power
	if n <= 2*power {
		step = power / 5
	}
	return (n + step - 1) / step * step
}

func texts(values []int) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = grouped(v)
	}
	return out
}

// unit writes a length in the drawing.
func unit(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }
