package wire_test

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		`{"a":[1,{"b":null}],"c":"ü"}`: "",
		`12`:                           "",
		"{\"a\":\"\xff\"}":             "not valid UTF-8",
		`{"a":1,"a":2}`:                `"a" stands in the object twice`,
		`[{"b":{"a":1,"\u0061":2}}]`:   `"a" stands in the object twice`,
		`{"a":1,"a":1}`:                `"a" stands in the object twice`,
		`{"a":{},"a":{}}`:              `"a" stands in the object twice`,
		`{"a":"x","a":"y"}`:            `"a" stands in the object twice`,
		`{"a":"x","b":1,"\u0061":"x"}`: "",
		`{} {}`:                        "more than one JSON value",
		`{"a":`:                        "unexpected EOF",
		``:                             "EOF",
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000): "",
		strings.Repeat("[", 1001) + strings.Repeat("]", 1001): "more than 1000 arrays and objects are nested",
		strings.Repeat(`{"a":`, 1<<20):                        "more than 1000 arrays and objects are nested",
	} {
		err := wire.CheckJSON([]byte(text))
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
}
