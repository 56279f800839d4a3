package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// chart is a drawing of how figures grow, as a picture for the documentation.
type chart struct {
	title, across, up string
	lines             []line
}

// line is one figure at each size.
type line struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

// The measures of a chart, in pixels.
const (
	chartWidth, chartHeight = 640, 340
	chartLeft, chartRight   = 64, 190 // the legend is at the right
	chartTop, chartBottom   = 40, 48
)

// svg draws a chart. Sizes across grow tenfold at equal distances; figures start at zero.
func (c chart) svg() string {
	minX, maxX, maxY := math.Inf(1), math.Inf(-1), 0.0
	for _, l := range c.lines {
		for _, p := range l.points {
			minX, maxX, maxY = min(minX, p.x), max(maxX, p.x), max(maxY, p.y)
		}
	}
	top := niceTop(maxY)
	span := max(math.Log10(maxX)-math.Log10(minX), 1e-9)
	x := func(v float64) float64 {
		return chartLeft + (math.Log10(v)-math.Log10(minX))/span*(chartWidth-chartLeft-chartRight)
	}
	y := func(v float64) float64 { return chartHeight - chartBottom - v/top*(chartHeight-chartTop-chartBottom) }
	var b strings.Builder
	text := func(atX, atY float64, anchor, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", atX, atY, anchor, html.EscapeString(s))
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#333">`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/>`+"\n", html.EscapeString(c.title))
	text(chartLeft, 20, "start", c.title+" ("+c.up+")")
	for i := range 5 {
		v := top * float64(i) / 4
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/>`+"\n", chartLeft, y(v), chartWidth-chartRight)
		text(chartLeft-8, y(v)+4, "end", brief(v))
	}
	for _, p := range c.lines[0].points {
		text(x(p.x), chartHeight-chartBottom+18, "middle", brief(p.x))
	}
	text((chartLeft+chartWidth-chartRight)/2, chartHeight-8, "middle", c.across)
	for i, l := range c.lines {
		color := chartColor(i)
		var path strings.Builder
		for j, p := range l.points {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(j, 1)], x(p.x), y(p.y))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(p.x), y(p.y), color)
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", path.String(), color)
		at := float64(chartTop + 18*i)
		fmt.Fprintf(&b, `<rect x="%d" y="%.1f" width="10" height="10" fill="%s"/>`+"\n", chartWidth-chartRight+16, at-9, color)
		text(chartWidth-chartRight+32, at, "start", l.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// chartColor is one of colors that people with any colour vision tell apart (Okabe and Ito).
func chartColor(i int) string {
	colors := [...]string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}
	return colors[i%len(colors)]
}

// niceTop is the least 1, 2, 4 or 8 times a power of ten that is no less.
func niceTop(v float64) float64 {
	if v <= 0 {
		return 1
	}
	base := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 4, 8, 10} {
		if v <= step*base {
			return step * base
		}
	}
	return 10 * base
}

// brief writes a figure in few characters.
func brief(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%gM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%gk", v/1e3)
	}
	return fmt.Sprintf("%g", v)
}
