package config

// UI is what the built-in pages and mails look like and say.
type UI struct {
	Name           string   // what the service is called
	Languages      []string // BCP 47 tags, the first for everybody else; empty for all
	LanguageTrait  string   // path of the trait with the preferred language; empty for none
	Logo, LogoDark string   // file://… or a path on the public origin; empty for the built-in mark
	Icon           string   // likewise
	ColourScheme   string   `key:"color_scheme"` // auto, light, dark
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

func uiKeys() []Key {
	picture := matches(`^(file://.+|/[^/\\\s()"'][^\\\s()"']*)$`, "file:// and a path, or a path on the public origin such as /assets/logo.svg")
	colour := matches(`^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`, "a colour such as #17626a")
	link := matches(`^(https?://.+|/.*)$`, "something that starts with http://, https:// or /")
	const at = "ui."
	return []Key{
		key(at+"name", Key{since: ours, Default: "Symbolon", Example: "Example Inc."},
			"What the service is called, on the built-in pages and in mails."),
		key(at+"languages", Key{since: ours, Example: "de,en", must: oneOf(languages...).distinct()},
			"The languages of the built-in pages and mails, the first is used where a visitor asks for none of them. When unset, all of them, English first. Visitors get what their browser asks for, or what they choose at the foot of a page or with ?lang=."),
		key(at+"language_trait", Key{since: ours, Example: "person.language"},
			"The path of the trait that holds a person's preferred language, as a tag such as de or pt-BR. Their mails are written in it, and their pages unless they choose another."),
		key(at+"logo", Key{since: ours, Example: "file:///etc/symbolon/logo.svg", must: picture},
			"A picture in place of the mark and the name: a file that is served from here, or the path of one on the origin of serve.public.base_url."),
		key(at+"logo_dark", Key{since: ours, Example: "file:///etc/symbolon/logo-dark.svg", must: picture},
			"The logo where the scheme is dark. The panel at the top or side is dark in both schemes."),
		key(at+"icon", Key{since: ours, Example: "file:///etc/symbolon/icon.svg", must: picture},
			"A square picture for browser tabs and, where there is no logo, beside the name."),
		key(at+"color_scheme", Key{since: ours, Default: "auto", Example: "light", must: oneOf("auto", "light", "dark")},
			"Whether the built-in pages are light or dark. `auto` follows the visitor's system."),
		key(at+"accent", Key{since: ours, Example: "#5b3cc4", must: colour},
			"The colour of buttons and links; the panel goes with it. If it is too faint for text, links take the nearest one that is not, and a warning is logged."),
		key(at+"accent_dark", Key{since: ours, Example: "#b7a5ff", must: colour},
			"The accent where the scheme is dark. When unset, a lighter ui.accent."),
		key(at+"panel", Key{since: ours, Example: "#22292b", must: colour},
			"The colour of the panel beside the pages, which is a bar on narrow windows. When unset, a deep shade of ui.accent, or a neutral one where the accent is bright. Its text is black or white, whichever is read better."),
		key(at+"panel_text", Key{since: ours, Example: "Everything you need, in one account."},
			"A text in the panel of wide windows, such as what the service is for. It is the same in all languages."),
		key(at+"panel_picture", Key{since: ours, Example: "file:///etc/symbolon/panel.webp", must: picture},
			"A picture that fills the panel of wide windows, shaded so that the text on it can be read: a file of at most 256 KiB that is served from here, or the path of one on the public origin."),
		key(at+"radius", Key{since: ours, Example: "0.25rem", must: matches(`^(0|[0-9]+(\.[0-9]+)?(px|rem|em))$`, "a length such as 4px or 0.5rem")},
			"The radius of the corners of fields and buttons."),
		key(at+"terms_url", Key{since: ours, Example: "https://www.example.org/terms", must: link},
			"The terms of use, linked at the foot of every page."),
		key(at+"privacy_url", Key{since: ours, Example: "https://www.example.org/privacy", must: link},
			"The privacy notice, linked at the foot of every page."),
		key(at+"css", Key{since: ours, Example: "/etc/symbolon/pages.css"},
			"A file with styles of your own, which come after the built-in ones."),
		key(at+"templates", Key{since: ours, Example: "/etc/symbolon/pages"},
			"A directory with page templates of your own (docs/pages.md). Those that are missing in it come from the embedded ones. They are tried at every start."),
		key(at+"texts", Key{since: ours, Example: "/etc/symbolon/texts"},
			"A directory with texts of your own: files such as de.json with the texts that shall differ, and labels of your traits as `trait.` and the path."),
	}
}
