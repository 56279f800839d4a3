package wire_test

import (
	"strings"
	"testing"

	"symbolon/internal/httpapi/wire"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		`{"a":[1,{"b":null}],"c":"ü"}`: "",
		`12`:                           "",
		"{\"a\":\"\xff\"}":             "not valid UTF-8",
		`{"a":1,"a":2}`:                `"a" stands in the object twice`,
		`[{"b":{"a":1,"\u0061":2}}]`:   `"a" stands in the object twice`,
		`{} {}`:                        "more than one JSON value",
		`{"a":`:                        "unexpected EOF",
		``:                             "EOF",
	} {
		err := wire.CheckJSON([]byte(text))
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
}
