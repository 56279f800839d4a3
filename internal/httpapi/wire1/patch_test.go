package wire1

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/identity"
)

// A small patch makes no large identity.
func TestPatched_bounded(t *testing.T) {
	t.Parallel()
	noted := &identity.Identity{SchemaID: "default", Traits: json.RawMessage(`{}`), MetadataPublic: json.RawMessage(`{"of":{"20241234":1},"a":"` + strings.Repeat("a", 50_000) + `"}`)}
	var copies []string
	for i := range 40 {
		copies = append(copies, fmt.Sprintf(`{"op":"copy","from":"/metadata_public/a","path":"/metadata_public/b%d"}`, i))
	}
	for name, tt := range map[string]struct {
		patch string
		fits  bool
	}{
		"an array that is not there":      {`[{"op":"add","path":"/metadata_admin/list/3","value":1}]`, true},
		"a far element of one":            {`[{"op":"add","path":"/metadata_admin/list/20000","value":1}]`, false},
		"an element beyond all":           {`[{"op":"add","path":"/metadata_admin/list/99999999999999999999","value":1}]`, false},
		"many elements by many additions": {`[{"op":"add","path":"/metadata_admin/a/9000","value":1},{"op":"add","path":"/metadata_admin/b/9000","value":1}]`, false},
		"a member whose name is a number": {`[{"op":"add","path":"/metadata_public/of/20241235","value":1}]`, true},
		"a deep path":                     {`[{"op":"add","path":"/metadata_admin` + strings.Repeat("/a", 60) + `","value":1}]`, true},
		"a path without end":              {`[{"op":"add","path":"/metadata_admin` + strings.Repeat("/a", 9000) + `","value":1}]`, false},
		"many deep paths":                 {"[" + strings.Repeat(`{"op":"add","path":"/metadata_admin`+strings.Repeat("/a", 90)+`","value":1},`, 120) + `{"op":"add","path":"/metadata_admin/list/3","value":1}]`, false},
		"a member twice":                  {`[{"op":"add","path":"/metadata_admin","value":{"a":1,"a":2}}]`, false},
		"a few copies":                    {"[" + strings.Join(copies[:5], ",") + "]", true},
		"many copies":                     {"[" + strings.Join(copies, ",") + "]", false},
	} {
		if _, err := (&Wire{}).patched(noted, []byte(tt.patch)); (err == nil) != tt.fits {
			t.Errorf("%s: %v", name, err)
		}
	}
}
