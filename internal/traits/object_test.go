package traits

import (
	"strings"
	"testing"
)

func TestObject(t *testing.T) {
	t.Parallel()
	for raw, fits := range map[string]bool{
		"": true, "null": true, `{"a":[1e308]}`: true, `{"a":1e-400}`: true, `{"a":1e309}`: false, `{"a":1` + strings.Repeat("0", 400) + `}`: false,
		"[]": false, "1": false, `"a"`: false, `{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`: true,
		`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`: false,
	} {
		if _, err := Object([]byte(raw)); (err == nil) != fits {
			t.Errorf("%.20s: %v, want fit: %t", raw, err, fits)
		}
	}
}
