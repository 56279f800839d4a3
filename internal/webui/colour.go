package webui

import (
	"fmt"
	"math"
	"strconv"
)

// colour is a colour of the sRGB space, its parts from 0 to 1.
type colour struct{ r, g, b float64 }

// black and white are where colours are mixed to.
func black() colour { return colour{} }
func white() colour { return colour{1, 1, 1} }

// parseColour reads #rgb or #rrggbb.
func parseColour(text string) (colour, error) {
	digits := ""
	switch len(text) {
	case 4:
		digits = string([]byte{text[1], text[1], text[2], text[2], text[3], text[3]})
	case 7:
		digits = text[1:]
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || text[0] != '#' {
		return colour{}, fmt.Errorf("%q is no colour such as #17626a", text)
	}
	return rgb(uint32(n)), nil
}

// rgb is the colour of 0xrrggbb.
func rgb(n uint32) colour {
	part := func(shift uint) float64 { return float64(n>>shift&0xff) / 255 }
	return colour{part(16), part(8), part(0)}
}

// String writes #rrggbb.
func (c colour) String() string {
	part := func(v float64) uint8 { return uint8(math.Round(v * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", part(c.r), part(c.g), part(c.b))
}

// mix goes that part of the way to another colour.
func (c colour) mix(to colour, part float64) colour {
	between := func(a, b float64) float64 { return a + (b-a)*part }
	return colour{between(c.r, to.r), between(c.g, to.g), between(c.b, to.b)}
}

// luminance is the relative luminance of WCAG 2.2.
func (c colour) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// legible mixes a colour towards another until it has that contrast to a
// background, in steps that the eye hardly tells apart.
func (c colour) legible(on, towards colour, least float64) colour {
	const steps = 50
	for i := range steps {
		if mixed := c.mix(towards, float64(i)/steps); contrast(rounded(mixed), on) >= least {
			return rounded(mixed)
		}
	}
	return towards
}

// rounded is the colour that a style sheet will name.
func rounded(c colour) colour {
	part := func(v float64) float64 { return math.Round(v*255) / 255 }
	return colour{part(c.r), part(c.g), part(c.b)}
}
