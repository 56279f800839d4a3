package config

// UI is what the built-in pages and mails look like and say.
type UI struct {
	Name           string   // what the service is called
	Languages      []string // BCP 47 tags, the first for everybody else; empty for all
	LanguageTrait  string   // path of the trait with the preferred language; empty for none
	Logo, LogoDark string   // file://… or a path on the public origin; empty for the built-in mark
	Icon           string   // likewise
	ColourScheme   string   // auto, light, dark
	Accent         string   // #rrggbb; empty for the built-in one
	AccentDark     string   // likewise, of the dark scheme
	Panel          string   // #rrggbb; empty for one that goes with the accent
	PanelText      string   // a text in the panel; empty for none
	PanelPicture   string   // file://… or a path on the public origin; empty for none
	Radius         string   // a length of CSS; empty for the built-in one
	TermsURL       string   // empty for none
	PrivacyURL     string   // likewise
	CSS            string   // file; empty for none
	Templates      string   // directory; empty for none
	Texts          string   // likewise
}

// languages are those in which pages and mails are written.
var languages = []string{"en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ja", "zh-Hans", "ar"}

func uiKeys() []Key { //nolint:funlen // a table of keys
	picture := matches(`^(file://.+|/[^/\\\s()"'][^\\\s()"']*)$`, "file:// and a path, or a path on the public origin such as /assets/logo.svg")
	colour := matches(`^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`, "a colour such as #17626a")
	link := matches(`^(https?://.+|/.*)$`, "something that starts with http://, https:// or /")
	key := func(name string, f func(*UI) any, k Key) Key {
		k.Path, k.Own, k.ref = "ui."+name, true, in(func(c *Config) any { return f(&c.UI) })
		return k
	}
	return []Key{
		key("name", func(u *UI) any { return &u.Name }, Key{
			Default: "Symbolon", Example: "Example Inc.",
			Help: "What the service is called, on the built-in pages and in mails.",
		}),
		key("languages", func(u *UI) any { return &u.Languages }, Key{
			Example: "de,en", rules: []rule{oneOf(languages...), different()},
			Help: "The languages of the built-in pages and mails, the first for everybody who wants none of them. When unset, all of them, English first. Visitors get what their browser asks for, or what they choose at the foot of a page or with ?lang=.",
		}),
		key("language_trait", func(u *UI) any { return &u.LanguageTrait }, Key{
			Example: "person.language",
			Help:    "The path of the trait that holds a person's preferred language, as a tag such as de or pt-BR. Their mails are written in it, and their pages unless they choose another.",
		}),
		key("logo", func(u *UI) any { return &u.Logo }, Key{
			Example: "file:///etc/symbolon/logo.svg", rules: []rule{picture},
			Help: "A picture in place of the mark and the name: a file that is served from here, or the path of one on the origin of serve.public.base_url.",
		}),
		key("logo_dark", func(u *UI) any { return &u.LogoDark }, Key{
			Example: "file:///etc/symbolon/logo-dark.svg", rules: []rule{picture},
			Help: "The logo where the scheme is dark. The panel at the top or side is dark in both schemes.",
		}),
		key("icon", func(u *UI) any { return &u.Icon }, Key{
			Example: "file:///etc/symbolon/icon.svg", rules: []rule{picture},
			Help: "A square picture for browser tabs and, where there is no logo, beside the name.",
		}),
		key("color_scheme", func(u *UI) any { return &u.ColourScheme }, Key{
			Default: "auto", Example: "light", rules: []rule{oneOf("auto", "light", "dark")},
			Help: "Whether the built-in pages are light or dark. `auto` follows the visitor's system.",
		}),
		key("accent", func(u *UI) any { return &u.Accent }, Key{
			Example: "#5b3cc4", rules: []rule{colour},
			Help: "The colour of buttons and links; the panel goes with it. If it is too faint for text, links take the nearest one that is not, and a warning is logged.",
		}),
		key("accent_dark", func(u *UI) any { return &u.AccentDark }, Key{
			Example: "#b7a5ff", rules: []rule{colour},
			Help: "The accent where the scheme is dark. When unset, a lighter ui.accent.",
		}),
		key("panel", func(u *UI) any { return &u.Panel }, Key{
			Example: "#22292b", rules: []rule{colour},
			Help: "The colour of the panel beside the pages, which is a bar on narrow windows. When unset, a deep shade of ui.accent, or a neutral one where the accent is bright. Its text is black or white, whichever is read better.",
		}),
		key("panel_text", func(u *UI) any { return &u.PanelText }, Key{
			Example: "Everything you need, in one account.",
			Help:    "A text in the panel of wide windows, such as what the service is for. It is the same in all languages.",
		}),
		key("panel_picture", func(u *UI) any { return &u.PanelPicture }, Key{
			Example: "file:///etc/symbolon/panel.webp", rules: []rule{picture},
			Help: "A picture that fills the panel of wide windows, shaded so that the text on it can be read: a file of at most 256 KiB that is served from here, or the path of one on the public origin.",
		}),
		key("radius", func(u *UI) any { return &u.Radius }, Key{
			Example: "0.25rem", rules: []rule{matches(`^(0|[0-9]+(\.[0-9]+)?(px|rem|em))$`, "a length such as 4px or 0.5rem")},
			Help: "The radius of the corners of fields and buttons.",
		}),
		key("terms_url", func(u *UI) any { return &u.TermsURL }, Key{
			Example: "https://www.example.org/terms", rules: []rule{link},
			Help: "The terms of use, linked at the foot of every page.",
		}),
		key("privacy_url", func(u *UI) any { return &u.PrivacyURL }, Key{
			Example: "https://www.example.org/privacy", rules: []rule{link},
			Help: "The privacy notice, linked at the foot of every page.",
		}),
		key("css", func(u *UI) any { return &u.CSS }, Key{
			Example: "/etc/symbolon/pages.css",
			Help:    "A file with styles of your own, which come after the built-in ones.",
		}),
		key("templates", func(u *UI) any { return &u.Templates }, Key{
			Example: "/etc/symbolon/pages",
			Help:    "A directory with page templates of your own (docs/pages.md). Those that are missing in it come from the embedded ones. They are tried at every start.",
		}),
		key("texts", func(u *UI) any { return &u.Texts }, Key{
			Example: "/etc/symbolon/texts",
			Help:    "A directory with texts of your own: files such as de.json with the texts that shall differ, and labels of your traits as `trait.` and the path.",
		}),
	}
}
