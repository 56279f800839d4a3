package courier

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestErrorsAreKeptAsOneShortLineWithoutTokens(t *testing.T) {
	t.Parallel()
	const token = "wmfxXrC5SRuKnZX20FOQRN9MUyxslQJS"
	for said, want := range map[string]string{
		"550 no such user":                    "550 no such user",
		"451-4.7.1 try\r\n\tagain\x00later":   "451-4.7.1 try again later",
		"refused: https://a/?token=" + token:  "refused: https://a/?token=[removed]",
		"caf\xe9":                             "caf?",
		strings.Repeat("é ", 300):             strings.Repeat("é ", 166) + "é…",
		"0198c0de-0000-7000-8000-00000000000": "0198c0de-0000-7000-8000-00000000000",
	} {
		if got := brief(errors.New(said)); got != want {
			t.Errorf("%q becomes %q, want %q", said, got, want)
		}
	}
}

func FuzzErrorsAreKeptAsOneShortLine(f *testing.F) {
	f.Add("550 no such user")
	f.Add("caf\xe9\r\n\x00\u2028wmfxXrC5SRuKnZX20FOQRN9MUyxslQJS")
	f.Add(strings.Repeat("é", 600))
	f.Fuzz(func(t *testing.T, said string) {
		got := brief(errors.New(said))
		if !utf8.ValidString(got) || len(got) > 503 || strings.ContainsFunc(got, unicode.IsControl) || tokenLike.MatchString(got) {
			t.Errorf("%q becomes %q", said, got)
		}
	})
}

func FuzzBodiesOfV05(f *testing.F) {
	f.Add("Hi,\n\n<a href=\"https://a.example/\">there</a>")
	f.Add("<p>a<br>b</p><a href='x'>x</a><style>p{}</style>")
	f.Add("0\n\f\n\n0")
	f.Add("<a href=<<<\r\n\r\n\r\n&amp;&lt;")
	f.Fuzz(func(t *testing.T, body string) {
		if html := legacyHTML(body); !block.MatchString(html) {
			t.Errorf("%q has no paragraph: %q", body, html)
		}
		if text := legacyText(body); strings.Contains(text, "\n\n\n") || !strings.HasSuffix(text, "\n") {
			t.Errorf("%q is laid out badly: %q", body, text)
		}
	})
}
