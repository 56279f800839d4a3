package sqldb

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

func TestWellFormed(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"a":"b"}`:              `{"a":"b"}`,
		`"\ud800"`:               `"\ufffd"`,
		`"\uDFFFx"`:              `"\ufffdx"`,
		`"\ud83d\ude00"`:         `"\ud83d\ude00"`,
		`"\ud83d\ud83d\ude00"`:   `"\ufffd\ud83d\ude00"`,
		`"\ud83d\u0041"`:         `"\ufffd\u0041"`,
		`"\ud83d\n"`:             `"\ufffd\n"`,
		`"\\ud800"`:              `"\\ud800"`,
		`"\\\ud800"`:             `"\\\ufffd"`,
		`"\u0000"`:               `"\u0000"`,
		`{"\udc00":1e400}`:       `{"\ufffd":1e400}`,
		"\"\xff\"":               `"\ufffd"`,
		"\"\\\xffu\"":            `"\\ufffdu"`,
		`"\ud80`:                 `"\ud80`,
		`\`:                      `\`,
		`"ä 😀 \u00e4"`:           `"ä 😀 \u00e4"`,
		`  [ 1.0 , "\ud800" ]  `: `  [ 1.0 , "\ufffd" ]  `,
	} {
		if got := string(WellFormed([]byte(raw))); got != want {
			t.Errorf("%s becomes %s, want %s", raw, got, want)
		}
	}
}

// What JSON means to this program does not change.
func FuzzWellFormed(f *testing.F) {
	for _, raw := range []string{`"\ud83d\ud83d\ude00"`, `{"\udc00":["\\\ud800"]}`, "\"\xff\\ud8\""} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := WellFormed(raw)
		if !utf8.Valid(got) {
			t.Fatalf("%q becomes %q", raw, got)
		}
		var before, after any
		if json.Unmarshal(raw, &before) != nil {
			return
		}
		if err := json.Unmarshal(got, &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%q becomes %q: %v", raw, got, err)
		}
		if again := WellFormed(got); string(again) != string(got) {
			t.Errorf("%q becomes %q and then %q", raw, got, again)
		}
	})
}
