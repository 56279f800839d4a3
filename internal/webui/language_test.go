package webui

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

func languages(t *testing.T) map[string]*language {
	t.Helper()
	all, err := readLanguages(locale.All, "")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryLanguageHasEveryTextWithTheSamePlaceholders(t *testing.T) {
	t.Parallel()
	all := languages(t)
	english := all[locale.Default].texts
	for tag, l := range all {
		for key, text := range english {
			if l.texts[key] == "" || !slices.Equal(placeholders(text), placeholders(l.texts[key])) {
				t.Errorf("%s: %s is %q, which lacks or adds something to %q", tag, key, l.texts[key], text)
			}
		}
		for key := range l.texts {
			if english[key] == "" {
				t.Errorf("%s: nothing uses %s", tag, key)
			}
		}
	}
	if files, err := localeFiles.ReadDir("locales"); err != nil || len(files) != len(locale.All) {
		t.Errorf("%d files of texts, %v; want one for each of %d languages", len(files), err, len(locale.All))
	}
}

// Single words are the same in several languages.
func TestNothingWasLeftInEnglish(t *testing.T) {
	t.Parallel()
	all := languages(t)
	for tag, l := range all {
		same := 0
		for key, text := range all[locale.Default].texts {
			words := strings.Fields(placeholder.ReplaceAllString(text, ""))
			if l.texts[key] == text && len(words) > 1 && tag != locale.Default {
				t.Errorf("%s: %s is English: %q", tag, key, text)
			}
			if l.texts[key] == text {
				same++
			}
		}
		if tag != locale.Default && same > 12 {
			t.Errorf("%s: %d texts are those of English", tag, same)
		}
	}
}

// Each language addresses people in one way, and calls one thing by one name.
func TestTexts_oneVoice(t *testing.T) {
	t.Parallel()
	all := languages(t)
	for tag, avoided := range map[string]string{
		"de":      `\b(du|dich|dir|dein\pL*)\b`,
		"es":      `(?i)\b(usted|inténtelo|introduzca|añada|complete|compruebe|pida|use)\b`,
		"fr":      `(?i)(^| )(tu|ton|ta|tes|toi)[ ,.]`,
		"it":      `\b(Lei|inserisca|riprovi|usi)\b`,
		"ja":      `サインイン`,
		"nl":      `(?i)\b(u|uw)\b`,
		"zh-Hans": `您|账户`,
	} {
		wrong := regexp.MustCompile(avoided)
		for key, text := range all[tag].texts {
			if found := wrong.FindString(text); found != "" {
				t.Errorf("%s: %s says %q: %s", tag, key, found, text)
			}
		}
	}
}

// French has a space before colons and the like, at which no line breaks.
func TestTexts_french(t *testing.T) {
	t.Parallel()
	bare := regexp.MustCompile(`[^\x{a0}\x{202f}](:( |$)|[?!;]( |$))`)
	for key, text := range languages(t)["fr"].texts {
		if bare.MatchString(text) {
			t.Errorf("%s is %q", key, text)
		}
	}
	page := get(t, speaking(newPages(t, showing(wrong())), "fr", ""), open("/registration")).Body.String()
	for _, want := range []string{"Langue\u00a0: <bdi>Français", ">Mot de passe\u00a0: "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %s", want, page)
		}
	}
}

func TestEveryMessageOfTheCatalogueIsWordedInEveryLanguage(t *testing.T) {
	t.Parallel()
	for tag, l := range languages(t) {
		for _, key := range message.Keys() {
			text := l.texts["message."+key]
			if text == "" {
				t.Errorf("%s: the message %s has no text", tag, key)
			}
			for _, p := range placeholders(text) {
				name, _, _ := strings.Cut(strings.Trim(p, "{}"), ":")
				if !strings.Contains(message.Of(key).Lookup().Text, "{"+name) && !strings.HasPrefix(key, "password.") {
					t.Errorf("%s: %s fills in %s, which the message does not have", tag, key, p)
				}
			}
		}
	}
}

func TestAMessageWithoutWordsIsSaidInGeneral(t *testing.T) {
	t.Parallel()
	all := languages(t)
	m := message.Schema("not", "not failed", map[string]any{})
	if got := all["en"].message(m); got != "not failed" {
		t.Errorf("in English %q", got)
	}
	if got, want := all["de"].message(m), all["de"].texts["message.schema"]; got != want {
		t.Errorf("in German %q, want %q", got, want)
	}
	if got := all["de"].message(message.Reason("wie der Betreiber es sagt")); got != "wie der Betreiber es sagt" {
		t.Errorf("a text that another person wrote became %q", got)
	}
}

var unfilled = regexp.MustCompile(`\{[a-z]+[}:]`)

func TestEveryPageIsWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			draw := s.drawing(t)
			for _, l := range locale.All {
				doc := mustParse(t, draw(l.Tag))
				if root := find(doc, "html", "lang", l.Tag, "dir", l.Dir); len(root) != 1 {
					t.Errorf("it is not said to be in %s, %s", l.Tag, l.Dir)
				}
				if open := unfilled.FindString(words(doc)); open != "" {
					t.Errorf("%s: %q is not filled in", l.Tag, open)
				}
				if len(find(doc, "a", "hreflang", l.Tag, "aria-current", "true")) != 1 {
					t.Errorf("%s: the menu of languages does not show where one is", l.Tag)
				}
			}
		})
	}
}

func TestLanguageIsThatOfThePersonThenThatOfTheirBrowser(t *testing.T) {
	t.Parallel()
	turkish := newSession(`{"email":"a@example.org","person":{"language":"tr-TR"}}`)
	tests := []struct {
		name          string
		chosen, asked string
		session       *session.Session
		trait         string
		want          string
	}{
		{"no preference", "", "", nil, "", "en"},
		{"the browser", "", "da, de-CH;q=0.9, fr;q=0.5", nil, "", "de"},
		{"the choice", "ja", "de", nil, "", "ja"},
		{"the account", "", "de", turkish, "person.language", "tr"},
		{"the choice of a person with an account", "ar", "de", turkish, "person.language", "ar"},
		{"an account that says nothing", "", "de", newSession(`{}`), "person.language", "de"},
		{"an account that is not asked", "", "de", turkish, "", "de"},
	}
	for _, tt := range tests {
		pages := newPages(t, &server{session: tt.session}, func(c *Config) { c.LanguageTrait = tt.trait })
		doc := mustParse(t, get(t, speaking(pages, tt.chosen, tt.asked), "/").Body.String())
		if got, _ := attribute(find(doc, "html")[0], "lang"); got != tt.want {
			t.Errorf("%s: the page is in %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestOnlyLanguagesOnOfferAreOffered(t *testing.T) {
	t.Parallel()
	offer := func(tags ...string) *html.Node {
		pages := newPages(t, &server{}, func(c *Config) { c.Languages = tags })
		return mustParse(t, get(t, speaking(pages, "", "ja"), "/?x=1").Body.String())
	}
	two := offer("de", "fr")
	if got, _ := attribute(find(two, "html")[0], "lang"); got != "de" {
		t.Errorf("who wants neither gets %s, want de", got)
	}
	if n := len(find(two, "a", "hreflang", "")); n != 2 || len(find(two, "a", "href", "?lang=fr&x=1")) != 1 {
		t.Errorf("%d languages to choose from, want 2 that lead to this page", n)
	}
	if n := len(find(offer("de"), "details")); n != 0 {
		t.Error("there is a menu with one language")
	}
}

func TestTimesAreWrittenInTheLanguage(t *testing.T) {
	t.Parallel()
	pages := newPages(t, &server{session: newSession(adaTraits)})
	for tag, want := range map[string]string{"en": "4 May 2026, 12:00 UTC", "de": "4. Mai 2026, 12:00 Uhr UTC", "zh-Hans": "2026年5月4日 12:00 UTC"} {
		doc := mustParse(t, get(t, speaking(pages, tag, ""), "/").Body.String())
		if times := find(doc, "time", "datetime", "2026-05-04T12:00:00Z"); len(times) != 1 || words(times[0]) != want {
			t.Errorf("%s: the page does not say %q", tag, want)
		}
	}
}

func TestLabelsAreTranslatedUnlessTheSchemaHasItsOwn(t *testing.T) {
	t.Parallel()
	g := registrationGroup() // labels E-Mail, and none for the name
	g.Nodes[2].Label = "E-Mail"
	pages := newPages(t, showing(newFlow(flow.Registration, g)))
	doc := mustParse(t, get(t, speaking(pages, "fr", ""), open("/registration")).Body.String())
	g.Nodes[2].Label = "Work e-mail"
	own := mustParse(t, get(t, speaking(pages, "fr", ""), open("/registration")).Body.String())
	if got := words(doc); !strings.Contains(got, "Prénom") || strings.Contains(got, "E-Mail") {
		t.Errorf("labels are not French: %s", got)
	}
	if got := words(own); !strings.Contains(got, "Work e-mail") {
		t.Errorf("the schema's label is gone: %s", got)
	}
}

func TestOperatorsWordTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"fr.json": `{"page.login.title":"Entrez","trait.email":"Adresse pro","trait.badge.number":"Badge"}`})
	g := registrationGroup()
	g.Nodes[2].Label = "Work e-mail"
	pages := newPages(t, showing(newFlow(flow.Registration, g)), func(c *Config) { c.Texts = dir })
	if got := words(mustParse(t, get(t, speaking(pages, "fr", ""), open("/registration")).Body.String())); !strings.Contains(got, "Adresse pro") {
		t.Errorf("the operator's label is not used: %s", got)
	}
	for name, content := range map[string]string{
		"is no JSON": `{`, "no such text": `{"page.logon.title":"x"}`, "placeholders": `{"page.welcome.lead":"Hello"}`,
	} {
		_, err := New(Config{Texts: files(t, map[string]string{"de.json": content})})
		if err == nil || !strings.Contains(err.Error(), "de.json") {
			t.Errorf("%s: error is %v, want one that names the file", name, err)
		}
	}
}

// files writes files to a directory of the test's.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(contents[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCookieTroubleIsExplainedByWhatTheRequestShows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*http.Request)
		first  string // key of the first cause
		never  string
	}{
		{"another host", func(r *http.Request) { r.Host = "www.example.org" }, "cause.host", ""},
		{"http in front of a proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "http") }, "cause.http", "cause.proxy"},
		{"no cookie", func(*http.Request) {}, "cause.no_cookies", "cause.tab"},
		{"another cookie", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "csrf_token", Value: "x"}) }, "cause.tab", "cause.no_cookies"},
	}
	l := mustEnglish(t)
	for _, tt := range tests {
		r := newRequest(t, "/error?error="+flowID)
		tt.change(r)
		said := words(mustParse(t, answer(newPages(t, stored(csrfPayload)), r).Body.String()))
		start, _, _ := strings.Cut(l.first(tt.first), "{")
		if got := strings.Index(said, "What usually causes this "+start); got < 0 {
			t.Errorf("%s: the first cause is not %s: %s", tt.name, tt.first, said)
		}
		if tt.never != "" && strings.Contains(said, l.first(tt.never)) {
			t.Errorf("%s: the page says %s", tt.name, tt.never)
		}
	}
}

func TestAFormThatWasNotOursIsExplainedToo(t *testing.T) {
	t.Parallel()
	r := newRequest(t, "/settings/places")
	r.Method = http.MethodPost
	w := answer(newPages(t, &server{session: newSession(adaTraits)}), r)
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "open too long") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if errs.Of(errs.ErrCSRF) != errs.Forbidden {
		t.Error("the error has another code")
	}
}
