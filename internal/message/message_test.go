package message

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParametersAreFilledIn(t *testing.T) {
	t.Parallel()
	params := map[string]any{
		"name": "Zoë", "n": 3, "f": 2.5, "stored": json.Number("2.5"), "large": json.Number("12345678901234567890"),
		"odd": json.Number("not a number"), "braces": "{name}{", "nil": nil, "percent": "100%d",
	}
	for text, want := range map[string]string{
		"":                        "",
		"nothing to fill in":      "nothing to fill in",
		"{name}":                  "Zoë",
		"{name}, {name}!":         "Zoë, Zoë!",
		"{n} of {f}":              "3 of 2.5",
		"{f:%.2f} and {f:%.0f}":   "2.50 and 2",
		"{stored:%.2f}":           "2.50",
		"{stored} as it is":       "2.5 as it is",
		"{large}":                 "12345678901234567890",
		"{odd:%s}":                "not a number",
		"{absent}|{absent:%.2f}|": "||",
		"{braces}":                "{name}{", // values are not texts
		"{percent}":               "100%d",
		"{nil}":                   "",
		"{name":                   "{name",
		"name}":                   "name}",
		"{}":                      "",
		"سلام {name}":             "سلام Zoë",
	} {
		if got := (Message{Key: KeyReason, Params: params}).Render(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWithoutParametersNothingIsFilledIn(t *testing.T) {
	t.Parallel()
	for _, key := range append(Keys(), "key.of.a.newer.release") {
		m := Of(key)
		if text := m.English(); strings.ContainsAny(text, "{%") || strings.Contains(text, "<nil>") {
			t.Errorf("%s: %q", key, text)
		}
		for name, value := range m.Context() {
			t.Errorf("%s: context has %s: %v", key, name, value)
		}
	}
}

func TestAKeyOfANewerReleaseIsAnErrorOfNoKnownKind(t *testing.T) {
	t.Parallel()
	m := Message{Key: "key.of.a.newer.release", Params: map[string]any{"text": "what happened"}}
	if diff := cmp.Diff(on{Error, "what happened", ""}, wire(t, m)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestASchemasParametersCanNotReplaceItsText(t *testing.T) {
	t.Parallel()
	params := map[string]any{"min": 2, "text": "another"}
	m := Schema("minLength", "too short", params)
	if m.Key != KeySchemaPrefix+"minLength" || m.Params["min"] != 2 || m.English() != "too short" {
		t.Errorf("%+v", m)
	}
	if diff := cmp.Diff(map[string]any{"min": 2, "text": "another"}, params); diff != "" {
		t.Errorf("the caller's parameters (-want +got)\n%s", diff)
	}
}
