package pagekit

import (
	"strings"
	"testing"
)

func FuzzLinked(f *testing.F) {
	for _, seed := range []string{
		"", "no link", "https://example.org/", "(see http://a/b?c=d&e=f).", "https://", "http://x)]}.", "https://a https://b\n", "ftp://x", "https://\"><script>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var again strings.Builder
		for _, s := range Linked(text) {
			again.WriteString(s.Text)
			if s.URL != "" && (s.URL != s.Text || !strings.HasPrefix(s.URL, "https://") && !strings.HasPrefix(s.URL, "http://") || strings.ContainsAny(s.URL, " \n<>\"'")) {
				t.Errorf("%q has the link %q on %q", text, s.URL, s.Text)
			}
		}
		if again.String() != text {
			t.Errorf("%q became %q", text, again.String())
		}
	})
}
