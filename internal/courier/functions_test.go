package courier_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/courier"
)

func TestTemplatesMayCallFunctionsUnderTheNamesOfV05(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`{{.To | upper}} {{.To | upper | lower}}`:                                   "ZOË@EXAMPLE.ORG zoë@example.org",
		`{{"élan  vital" | title}}`:                                                 "Élan  Vital",
		`[{{trim "  x "}}] [{{nospace " a b "}}]`:                                   "[x] [ab]",
		`{{trimAll "-" "--x--"}} {{trimPrefix "a" "ab"}} {{trimSuffix "b" "ab"}}`:   "x b a",
		`{{.To | replace "@" " at "}}`:                                              "zoë at example.org",
		`{{contains "@" .To}} {{hasSuffix "com" .To}} {{hasPrefix "zoë" .To}}`:      "true false true",
		`{{.To | splitList "@" | first}} {{.To | splitList "@" | last}}`:            "zoë example.org",
		`{{splitList "." "a.b.c" | join "-"}}`:                                      "a-b-c",
		`{{trunc 2 "zoë"}} {{trunc -2 "zoë"}} {{trunc 9 "zoë"}} {{trunc -9 "zoë"}}`: "zo oë zoë zoë",
		`{{abbrev 6 "Ünïcödé"}} {{abbrev 9 "Ünïcödé"}} {{abbrev 3 "Ünïcödé"}}`:      "Ünï... Ünïcödé Ünïcödé",
		`{{cat "a" 1 true}}`:                                                     "a 1 true",
		`{{quote "x"}} {{squote "x"}}`:                                           `"x" 'x'`,
		`{{indent 2 "a\nb"}}{{nindent 1 "c"}}{{indent -1 "d"}}`:                  "  a\n  b\n cd",
		`{{"" | default "none"}} {{"x" | default "none"}}`:                       "none x",
		`{{empty ""}} {{empty "x"}} {{coalesce "" "" "x" "y"}}[{{coalesce ""}}]`: "true false x[]",
		`{{ternary "yes" "no" true}} {{eq .To "x" | ternary "yes" "no"}}`:        "yes no",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			templates := templatesIn(t, map[string]string{"test/email.body.text.gotmpl": source})
			if got := rendered(t, templates, mail(courier.Test, "zoë@example.org")).Text; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestTheSubjectDoesNotLearnTheLink(t *testing.T) {
	t.Parallel()
	templates := templatesIn(t, map[string]string{
		"recovery/valid/email.subject.gotmpl": "Open [{{.URL}}{{.RecoveryURL}}{{.VerificationURL}}]",
	})
	if got := rendered(t, templates, mail(courier.RecoveryValid, "a@example.org")).Subject; got != "Open []" {
		t.Errorf("subject, which is kept in the clear, is %q", got)
	}
}
