package webui

import (
	"fmt"
	"strings"
)

// Theme is what an operator changes of the look without templates. The zero value
// is the built-in look.
type Theme struct {
	// Logo is shown in place of the mark and the name, LogoDark in its place where
	// the scheme is dark, and Icon in tabs and, without a logo, beside the name. Each
	// is file:// with a picture (svg, png, jpg, webp, gif, ico), which is served from
	// here, or the path of one on the public origin; empty for the built-in mark.
	Logo, LogoDark, Icon string
	// Scheme is auto (as the visitor's system), light or dark; empty for auto.
	Scheme string
	// Accent is the colour of buttons and links, #rrggbb; AccentDark that of the
	// dark scheme, by default a lighter Accent.
	Accent, AccentDark string
	// Panel is the colour of the panel, #rrggbb; empty for one that goes with Accent.
	// PanelText is a text in it, and PanelPicture a picture behind that, given like Logo.
	Panel, PanelText, PanelPicture string
	// Radius is a length of CSS for the corners of fields and buttons.
	Radius string
	// Terms and Privacy are links at the foot of pages; empty for none.
	Terms, Privacy string
	// CSS is a file with styles of one's own, which come last.
	CSS string
}

// legibleText is the contrast that text needs (WCAG 2.2, 1.4.3).
const legibleText = 4.5

// scheme is the colours that go with one accent.
type scheme struct {
	accent, deep, on, link, panel colour
}

// backgrounds are the two papers of a scheme, as in pages.css.
type backgrounds struct{ paper, raised colour }

// papers are the backgrounds of the light and of the dark scheme.
var papers = map[bool]backgrounds{
	false: {rgb(0xfbfaf7), rgb(0xf2efe8)},
	true:  {rgb(0x131819), rgb(0x1d2526)},
}

// schemeOf makes the colours around an accent. Links are the accent itself, or
// what is near it and legible.
func schemeOf(accent colour, dark bool) scheme {
	on := papers[dark]
	s := scheme{accent: accent, on: white()}
	if contrast(accent, s.on) < legibleText {
		s.on = black()
	}
	towards := black()
	if dark {
		towards = white()
	}
	s.link = accent.legible(on.raised, towards, legibleText).legible(on.paper, towards, legibleText)
	// What is under the pointer moves away from the text on it, never towards it.
	away := black()
	if s.on == black() {
		away = white()
	}
	s.deep = accent.mix(away, 0.2)
	s.panel = panelOf(accent, dark)
	return s
}

// panelOf is the panel beside an accent: a deep shade of it where the accent is deep
// enough to stay itself, else a neutral one. A deep shade of yellow is mud.
func panelOf(accent colour, dark bool) colour {
	if contrast(accent, white()) < 3 {
		if dark {
			return rgb(0x1d2223)
		}
		return rgb(0x22292b)
	}
	if dark {
		return accent.mix(black(), 0.72).legible(white(), black(), 12)
	}
	return accent.legible(white(), black(), 9)
}

func (s scheme) css() string {
	return fmt.Sprintf("--accent:%s;--accent-deep:%s;--on-accent:%s;--link:%s;--link-deep:%s;--panel:%s;--on-panel:#ffffff;",
		s.accent, s.deep, s.on, s.link, s.link, s.panel)
}

// colours returns the style rules of the accents and what is to be said about
// them.
func (t Theme) colours() (css string, warnings []string, err error) {
	if t.Accent == "" && t.AccentDark == "" {
		return "", nil, nil
	}
	light, dark := t.Accent, t.AccentDark
	if light != "" {
		rules, warning, err := accented("ui.accent", light, false)
		if err != nil {
			return "", nil, err
		}
		css, warnings = ":root{"+rules+"}", append(warnings, warning...)
		if dark == "" {
			if dark, err = lighter(light); err != nil {
				return "", nil, err
			}
		}
	}
	rules, warning, err := accented("ui.accent_dark", dark, true)
	if err != nil {
		return "", nil, err
	}
	return css + darkRule + "{:root{" + rules + "}}", append(warnings, warning...), nil
}

// panel returns the style rules of a panel of the operator's own colour. Text on it is
// black or white, whichever is read better.
func (t Theme) panel() (string, error) {
	if t.Panel == "" {
		return "", nil
	}
	panel, err := parseColour(t.Panel)
	if err != nil {
		return "", fmt.Errorf("ui.panel: %w", err)
	}
	on := white()
	if contrast(panel, on) < contrast(panel, black()) {
		on = black()
	}
	rules := fmt.Sprintf(":root{--panel:%s;--on-panel:%s}", panel, on)
	return rules + darkRule + "{" + rules + "}", nil
}

// darkRule is where the dark scheme begins, in pages.css too.
const darkRule = "@media (prefers-color-scheme: dark) "

func accented(key, value string, dark bool) (css string, warnings []string, err error) {
	accent, err := parseColour(value)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", key, err)
	}
	s := schemeOf(accent, dark)
	if s.link != accent {
		warnings = append(warnings, fmt.Sprintf("%s: %s has a contrast of %.1f to the background where text needs %.1f (WCAG 2.2, 1.4.3); links are written in %s",
			key, accent, contrast(accent, papers[dark].paper), legibleText, s.link))
	}
	return s.css(), warnings, nil
}

// lighter makes the accent of the dark scheme out of that of the light one.
func lighter(accent string) (string, error) {
	c, err := parseColour(accent)
	if err != nil {
		return "", fmt.Errorf("ui.accent: %w", err)
	}
	return c.legible(papers[true].raised, white(), 6).String(), nil
}

// The two colours of the mark.
const (
	markOne = "#c9683f"
	markTwo = "#2f868c"
)

// mark paints the mark in shades of the accent, so that it belongs to the product.
// It stands on the panel and must be visible there.
func (t Theme) mark(svg []byte) ([]byte, error) {
	if t.Accent == "" {
		return svg, nil
	}
	accent, err := parseColour(t.Accent)
	if err != nil {
		return nil, fmt.Errorf("ui.accent: %w", err)
	}
	panel := panelOf(accent, false)
	if t.Panel != "" {
		if panel, err = parseColour(t.Panel); err != nil {
			return nil, fmt.Errorf("ui.panel: %w", err)
		}
	}
	away := white()
	if contrast(panel, away) < contrast(panel, black()) {
		away = black()
	}
	one := accent.legible(panel, away, 3)
	two := one.mix(away, 0.5)
	return []byte(strings.NewReplacer(markOne, one.String(), markTwo, two.String()).Replace(string(svg))), nil
}

// style makes the one style sheet of the pages: ours, the theme's, the operator's.
// A scheme that is fixed is the same rules with another condition.
func (t Theme) style(base, own string) (css string, warnings []string, err error) {
	colours, warnings, err := t.colours()
	if err != nil {
		return "", nil, err
	}
	css = base + colours
	panel, err := t.panel()
	if err != nil {
		return "", nil, err
	}
	css += panel
	if t.Radius != "" {
		css += ":root{--round:" + t.Radius + "}"
	}
	switch t.Scheme {
	case "light":
		css = strings.ReplaceAll(css, darkRule, "@media not all ") + ":root{color-scheme:light}"
	case "dark":
		css = strings.ReplaceAll(css, darkRule, "@media all ") + ":root{color-scheme:dark}"
	}
	if t.Logo != "" && t.Icon == "" || t.PanelPicture != "" {
		css += ".top::after{content:none}" // the pattern is made of the mark
	}
	return css + "\n" + own, warnings, nil
}
