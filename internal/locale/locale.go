package locale

import (
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Language is one in which people are addressed.
type Language struct {
	Tag  string // BCP 47, as in the lang attribute and in names of files
	Name string // in the language itself
	Dir  string // ltr or rtl
}

// Default is the language for those who want none of the others.
const Default = "en"

// All lists the languages in the order in which people pick one.
var All = []Language{
	{"en", "English", "ltr"},
	{"de", "Deutsch", "ltr"},
	{"fr", "Français", "ltr"},
	{"es", "Español", "ltr"},
	{"pt", "Português", "ltr"},
	{"it", "Italiano", "ltr"},
	{"nl", "Nederlands", "ltr"},
	{"pl", "Polski", "ltr"},
	{"tr", "Türkçe", "ltr"},
	{"ja", "日本語", "ltr"},
	{"zh-Hans", "简体中文", "ltr"},
	{"ar", "العربية", "rtl"},
}

// Find returns the language of exactly that tag.
func Find(tag string) (Language, bool) {
	i := slices.IndexFunc(All, func(l Language) bool { return l.Tag == tag })
	if i < 0 {
		return Language{}, false
	}
	return All[i], true
}

// Tags lists the tags of all languages.
func Tags() []string {
	tags := make([]string, len(All))
	for i, l := range All {
		tags[i] = l.Tag
	}
	return tags
}

// Choice chooses among the languages on offer. It may be used by many at once.
type Choice struct {
	offered []Language
	matcher language.Matcher
}

// NewChoice returns a choice among the tags of All; the first is for visitors
// who want none of them. Without tags all are on offer. Unknown tags are left out.
func NewChoice(tags ...string) *Choice {
	c := &Choice{}
	var parsed []language.Tag
	for _, tag := range tags {
		if l, ok := Find(tag); ok {
			c.offered, parsed = append(c.offered, l), append(parsed, language.Make(tag))
		}
	}
	if len(c.offered) == 0 {
		return NewChoice(Tags()...)
	}
	c.matcher = language.NewMatcher(parsed)
	return c
}

// Offered lists the languages to choose from.
func (c *Choice) Offered() []Language { return slices.Clone(c.offered) }

// maxWish bounds what is parsed of a wish, in bytes. Browsers send less than 100.
const maxWish = 256

// Best returns the language of the first wish that one of the languages on offer
// can fulfil, the first one on offer if there is none. A wish is a tag or a list
// as in Accept-Language (RFC 9110, 12.5.4); what can't be read is not a wish.
func (c *Choice) Best(wishes ...string) Language {
	for _, wish := range wishes {
		if l, ok := c.match(wish); ok {
			return l
		}
	}
	return c.offered[0]
}

// Known returns the tag of the language on offer that fulfils a wish, empty if
// none does.
func (c *Choice) Known(wish string) string {
	l, _ := c.match(wish)
	return l.Tag
}

func (c *Choice) match(wish string) (Language, bool) {
	if wish == "" {
		return Language{}, false
	}
	if len(wish) > maxWish {
		// Cut between two languages: half a tag would be another one.
		wish = wish[:max(strings.LastIndexByte(wish[:maxWish], ','), 0)]
	}
	tags, _, err := language.ParseAcceptLanguage(strings.ReplaceAll(wish, "_", "-"))
	if err != nil || len(tags) == 0 {
		return Language{}, false
	}
	_, i, confidence := c.matcher.Match(tags...)
	if confidence == language.No {
		return Language{}, false
	}
	return c.offered[i], true
}

// Trait returns the text at a path such as person.language in a JSON object,
// empty if there is none: the wish that an identity carries with it.
func Trait(object json.RawMessage, path string) string {
	for step := range strings.SplitSeq(path, ".") {
		var members map[string]json.RawMessage
		if path == "" || json.Unmarshal(object, &members) != nil {
			return ""
		}
		object = members[step]
	}
	var text string
	_ = json.Unmarshal(object, &text) // what is not text is not a wish
	return text
}
