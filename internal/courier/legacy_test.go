package courier

import "testing"

func TestABodyOfV05BecomesTwoParts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, html, text string }{
		"blank lines part paragraphs and line ends stay": {
			"Hi,\r\n\r\nplease click\nhere:\n\n<a href=\"https://a.example/?x=1&amp;token=T\">https://a.example/?x=1&amp;token=T</a>\n",
			"<p>Hi,</p>\n<p>please click<br>\nhere:</p>\n" +
				"<p><a href=\"https://a.example/?x=1&amp;token=T\">https://a.example/?x=1&amp;token=T</a></p>\n",
			"Hi,\n\nplease click\nhere:\n\nhttps://a.example/?x=1&token=T\n",
		},
		"a link with words of its own keeps its address in the text": {
			`Go <a href="https://a.example/">there</a> now`,
			"<p>Go <a href=\"https://a.example/\">there</a> now</p>\n",
			"Go there: https://a.example/ now\n",
		},
		"a body that is laid out already stays as it is": {
			"<p>One\nline</p><p>Two &lt;3</p>",
			"<p>One\nline</p><p>Two &lt;3</p>",
			"One line\n\nTwo <3\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := legacyHTML(test.body); got != test.html {
				t.Errorf("HTML is %q, want %q", got, test.html)
			}
			if got := legacyText(test.body); got != test.text {
				t.Errorf("text is %q, want %q", got, test.text)
			}
		})
	}
}
