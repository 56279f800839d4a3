package webui

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/pagekit"
)

// themed returns the style sheet of pages with a theme, and what is said of it.
func themed(t *testing.T, theme Theme) (css string, warnings []string) {
	t.Helper()
	p, err := New(Config{Theme: theme})
	if err != nil {
		t.Fatal(err)
	}
	return string(p.assets.files["pages.css"].content), p.Warnings()
}

var ownTokens = regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6});`)

// tokensOf reads the colours of a theme in both schemes.
func tokensOf(t *testing.T, css string) (light, dark map[string]string) {
	t.Helper()
	first, second, ok := strings.Cut(css[strings.Index(css, ":root{--accent:"):], darkRule)
	if !ok {
		t.Fatal("the theme has no dark scheme")
	}
	read := func(css string) map[string]string {
		out := map[string]string{}
		for _, m := range ownTokens.FindAllStringSubmatch(css, -1) {
			out[m[1]] = m[2]
		}
		return out
	}
	return read(first), read(second)
}

// Any accent makes pages that everybody can read (WCAG 2.2, 1.4.3).
func TestEveryAccentIsLegibleInBothSchemes(t *testing.T) {
	t.Parallel()
	for _, accent := range []string{"#000000", "#ffffff", "#ffcc00", "#ff0000", "#00ff00", "#0000ff", "#808080", "#5b3cc4", "#17626a", "#e91e63", "#767676", "#abc"} {
		css, _ := themed(t, Theme{Accent: accent})
		light, dark := tokensOf(t, css)
		for name, scheme := range map[string]struct {
			tokens map[string]string
			papers backgrounds
		}{"light": {light, papers[false]}, "dark": {dark, papers[true]}} {
			colours, papers := scheme.tokens, scheme.papers
			for _, pair := range [][2]string{
				{colours["link"], papers.paper.String()},
				{colours["link"], papers.raised.String()},
				{colours["on-accent"], colours["accent"]},
				{colours["on-accent"], colours["accent-deep"]},
				{colours["on-panel"], colours["panel"]},
			} {
				if got := contrast(mustColour(t, pair[0]), mustColour(t, pair[1])); got < legibleText {
					t.Errorf("%s, %s: %s on %s has a contrast of %.2f", accent, name, pair[0], pair[1], got)
				}
			}
		}
	}
}

func TestTheBackgroundsAreThoseOfTheStyleSheet(t *testing.T) {
	t.Parallel()
	pages, err := staticFiles.ReadFile("static/pages.css")
	if err != nil {
		t.Fatal(err)
	}
	raw := pagekit.Style(pages)
	light, dark, _ := strings.Cut(string(raw), darkRule)
	for isDark, css := range map[bool]string{false: light, true: dark} {
		if colours := tokens(t, css); papers[isDark] != (backgrounds{mustColour(t, colours["paper"]), mustColour(t, colours["raised"])}) {
			t.Errorf("dark %v: contrast is measured on %v", isDark, papers[isDark])
		}
	}
}

func TestAFaintAccentIsWarnedOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		theme Theme
		want  []string // the beginnings of the warnings
	}{
		{Theme{}, nil},
		{Theme{Accent: "#5b3cc4"}, nil},
		{Theme{Accent: "#ffcc00"}, []string{"ui.accent: #ffcc00 has a contrast of 1.4"}},
		{Theme{AccentDark: "#222222"}, []string{"ui.accent_dark: #222222"}},
		{Theme{Accent: "#ffcc00", AccentDark: "#000000"}, []string{"ui.accent:", "ui.accent_dark:"}},
	}
	for _, tt := range tests {
		_, got := themed(t, tt.theme)
		if len(got) != len(tt.want) {
			t.Errorf("%+v: %q, want %d warnings", tt.theme, got, len(tt.want))
			continue
		}
		for i, want := range tt.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%+v: %q, want %q", tt.theme, got[i], want)
			}
		}
	}
}

func TestTheMarkTakesTheAccent(t *testing.T) {
	t.Parallel()
	for accent, painted := range map[string]bool{"": false, "#5b3cc4": true} {
		p, err := New(Config{Theme: Theme{Accent: accent}})
		if err != nil {
			t.Fatal(err)
		}
		svg := string(p.assets.files["mark.svg"].content)
		if painted == strings.Contains(svg, markOne) || painted == strings.Contains(svg, markTwo) {
			t.Errorf("accent %q: the mark is %s", accent, svg)
		}
	}
}

func TestAColourIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"#17626a": "#17626a", "#ABCDEF": "#abcdef", "#1a0": "#11aa00", "#000": "#000000"} {
		if got := mustColour(t, text).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "#", "17626a", "#17626", "#17626g", "red", "#1762aab", "x123", "#+12", "#12\x00"} {
		if c, err := parseColour(text); err == nil {
			t.Errorf("%q was taken for %s", text, c)
		}
	}
	for _, accent := range []Theme{{Accent: "blue"}, {AccentDark: "blue"}} {
		if _, err := New(Config{Theme: accent}); err == nil || !strings.Contains(err.Error(), "blue") {
			t.Errorf("%+v: error is %v", accent, err)
		}
	}
}

func TestASchemeCanBeFixed(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]string{"light": "@media not all {", "dark": "@media all {", "auto": darkRule, "": darkRule} {
		css, _ := themed(t, Theme{Scheme: scheme, Accent: "#5b3cc4"})
		if strings.Count(css, want) != 2 || scheme != "auto" && scheme != "" && strings.Contains(css, darkRule) {
			t.Errorf("scheme %q: the dark rules do not start with %q", scheme, want)
		}
		meta := map[string]string{"light": "light", "dark": "dark", "auto": "light dark", "": "light dark"}[scheme]
		doc := see(t, newPages(t, &server{}, func(c *Config) { c.Theme.Scheme = scheme }), "/")
		if len(find(doc, "meta", "name", "color-scheme", "content", meta)) != 1 {
			t.Errorf("scheme %q: browsers are not told", scheme)
		}
	}
}

func TestStylesOfTheOperatorComeLast(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"own.css": "h1 { color: hotpink }\n"})
	css, _ := themed(t, Theme{CSS: filepath.Join(dir, "own.css"), Radius: "2px", Accent: "#123456"})
	if !strings.HasSuffix(css, "h1 { color: hotpink }\n") || !strings.Contains(css, "--round:2px") {
		t.Errorf("style sheet ends with %q", css[len(css)-200:])
	}
	if _, err := New(Config{Theme: Theme{CSS: filepath.Join(dir, "gone.css")}}); err == nil || !strings.Contains(err.Error(), "gone.css") {
		t.Errorf("a file that is not there: %v", err)
	}
	w := get(t, newPages(t, &server{}, func(c *Config) { c.Theme.CSS = filepath.Join(dir, "own.css") }), "/")
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "font-src 'self' data:") {
		t.Errorf("policy %q lets no font of one's own in", policy)
	}
}

func TestALogoIsServedFromHere(t *testing.T) {
	t.Parallel()
	const picture = `<svg xmlns="http://www.w3.org/2000/svg"/>`
	dir := files(t, map[string]string{"logo.svg": picture, "dark.PNG": "png", "icon.ico": "ico", "huge.png": strings.Repeat("x", maxPicture+1), "logo.bmp": "x"})
	pages := newPages(t, &server{}, func(c *Config) {
		c.Theme = Theme{Logo: "file://" + dir + "/logo.svg", LogoDark: "file://" + dir + "/dark.PNG", Icon: "file://" + dir + "/icon.ico"}
	})
	doc := see(t, pages, "/")
	logo := find(doc, "img", "class", "logo", "alt", "Acme")
	dark := find(doc, "source", "media", "(prefers-color-scheme: dark)")
	icon := find(doc, "link", "rel", "icon")
	if len(logo) != 1 || len(dark) != 1 || len(icon) != 1 {
		t.Fatalf("%d logos, %d dark ones, %d icons", len(logo), len(dark), len(icon))
	}
	for _, tt := range []struct{ url, mime, content string }{
		{attributeOf(t, logo[0].Attr, "src"), "image/svg+xml", picture},
		{attributeOf(t, dark[0].Attr, "srcset"), "image/png", "png"},
		{attributeOf(t, icon[0].Attr, "href"), "image/x-icon", "ico"},
	} {
		w := get(t, pages, strings.TrimPrefix(tt.url, "/auth"))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != tt.mime || w.Body.String() != tt.content {
			t.Errorf("%s: status %d, %s, %q", tt.url, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") {
			t.Errorf("%s: a picture that is opened may run: %q", tt.url, policy)
		}
	}
	for name, source := range map[string]string{"too large": "huge.png", "no picture": "logo.bmp", "not there": "none.svg"} {
		if _, err := New(Config{Theme: Theme{Logo: "file://" + dir + "/" + source}}); err == nil || !strings.Contains(err.Error(), "ui.logo") || !strings.Contains(err.Error(), source) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestALogoOfTheSameOriginIsLeftWhereItIs(t *testing.T) {
	t.Parallel()
	doc := see(t, newPages(t, &server{}, func(c *Config) { c.Theme.Logo = "/assets/logo.svg" }), "/")
	if len(find(doc, "img", "src", "/assets/logo.svg", "alt", "Acme")) != 1 {
		t.Error("the logo is not shown")
	}
	css, _ := themed(t, Theme{Logo: "/assets/logo.svg"})
	if !strings.Contains(css, ".top::after{content:none}") {
		t.Error("the built-in mark is still the pattern")
	}
}

func TestTermsAndPrivacyAreLinked(t *testing.T) {
	t.Parallel()
	doc := see(t, newPages(t, &server{}, func(c *Config) {
		c.Theme.Terms, c.Theme.Privacy = "https://www.example.org/terms", "/privacy"
	}), "/")
	for to, text := range map[string]string{"https://www.example.org/terms": "Terms", "/privacy": "Privacy"} {
		if l := find(doc, "a", "href", to); len(l) != 1 || words(l[0]) != text {
			t.Errorf("no link to %s", to)
		}
	}
	if len(find(see(t, newPages(t, &server{}), "/"), "p", "class", "legal")) != 0 {
		t.Error("there is room for links that there are not")
	}
}
