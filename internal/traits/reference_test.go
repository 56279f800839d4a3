package traits

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferencesToOtherDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	parts := writeFile(t, dir+"/parts.json", `{"definitions":{"m":{"type":"string","format":"email"}}}`)
	root := func(ref string) string {
		return `{"properties":{"traits":{"properties":{"m":{"$ref":"` + ref + `"}}}}}`
	}
	for name, test := range map[string]struct {
		source, root, want string
		other              bool // whether other servers may be asked
	}{
		"file to a file beside it":       {"file://" + dir + "/a.json", root("parts.json#/definitions/m"), "traits.m", false},
		"file to a file by URL":          {"file://" + dir + "/b.json", root(parts + "#/definitions/m"), "traits.m", false},
		"file to a missing file":         {"file://" + dir + "/c.json", root("none.json"), "no such file", false},
		"file to a server":               {"file://" + dir + "/d.json", root("https://other.example/parts"), "not enabled", false},
		"file to a server, allowed":      {"file://" + dir + "/e.json", root("https://other.example/parts#/definitions/m"), "traits.m", true},
		"server to itself":               {"https://a.example/s", root("parts#/definitions/m"), "traits.m", false},
		"server to another port":         {"https://a.example/s2", root("https://a.example:8443/parts#/definitions/m"), "not enabled", false},
		"server to plain http":           {"https://a.example/s3", root("http://a.example/parts"), "not enabled", false},
		"server to a file":               {"https://a.example/s4", root(parts), "is not allowed", true},
		"server to embedded":             {"https://a.example/s5", root(DefaultURL), "is not allowed", true},
		"to a strange scheme":            {"https://a.example/s6", root("gopher://a.example/"), "the scheme", true},
		"relative in base64":             {"base64://" + base64.StdEncoding.EncodeToString([]byte(root("parts.json"))), "", "the scheme", true},
		"by the id of the document":      {"https://a.example/s7", `{"$id":"https://ids.example/x","definitions":{"m":{"type":"string"}},` + root("https://ids.example/x#/definitions/m")[1:], "traits.m", false},
		"relative to the id":             {"https://a.example/s8", `{"$id":"https://ids.example/x",` + root("parts")[1:], "not enabled", false},
		"to a metaschema":                {"https://a.example/s9", root("http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger"), "traits.m", false},
		"to a metaschema that is none":   {"https://a.example/s10", root("http://json-schema.org/none"), "not available", true},
		"to a place that is not there":   {"https://a.example/s11", root("#/definitions/none"), "not found", false},
		"in plain values they are text":  {"https://a.example/s12", `{"properties":{"traits":{"properties":{"m":{"type":"object","const":{"$ref":"https://x.example/"}}}}}}`, "traits.m", false},
		"under names like plain values":  {"https://a.example/s13", `{"properties":{"traits":{"properties":{"const":{"$ref":"parts#/definitions/m"}}}}}`, "traits.const", false},
		"a document that refers to more": {"https://a.example/chain0", chainLink(0), "more than 16 documents", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registry(t, func(o *Options) {
				if test.other {
					fetch := o.Fetch
					o.FetchReference = func(ctx context.Context, _, location string) ([]byte, error) { return fetch(ctx, location) }
				}
			}, "default", test.source)
			for _, server := range []string{"https://a.example", "https://other.example", "https://a.example:8443"} {
				r.web.put(server+"/parts", `{"definitions":{"m":{"type":"string","format":"email"}}}`)
			}
			for i := range 30 {
				r.web.put(fmt.Sprintf("https://a.example/chain%d", i), chainLink(i))
			}
			if path, ok := strings.CutPrefix(test.source, "file://"); ok {
				writeFile(t, path, test.root)
			} else if test.root != "" {
				r.web.put(test.source, test.root)
			}
			if got := r.fieldsOf(t, "default"); !strings.Contains(got, test.want) || strings.HasPrefix(test.want, "traits") && got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestADocumentLearnedOnTheWayGainsNoTrust(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, test := range map[string]struct{ root, source string }{
		"from a file":   {writeFile(t, dir+"/a.json", `{"properties":{"traits":{"$ref":"https://other.example/one"}}}`), ""},
		"from a server": {"https://a.example/s", "https://a.example/s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var guarded []string
			r := registry(t, func(o *Options) {
				fetch := o.Fetch
				o.FetchReference = func(ctx context.Context, source, location string) ([]byte, error) {
					guarded = append(guarded, source+" "+location)
					return fetch(ctx, location)
				}
			}, "default", test.root)
			r.web.put("https://a.example/s", `{"properties":{"traits":{"$ref":"https://other.example/one"}}}`)
			r.web.put("https://other.example/one", `{"properties":{"m":{"$ref":"two"}}}`)
			r.web.put("https://other.example/two", `{"type":"string"}`)
			r.expect(t, "default", "traits.m")
			want := []string{test.source + " https://other.example/one", test.source + " https://other.example/two"}
			if diff := cmp.Diff(want, guarded); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func chainLink(i int) string {
	return fmt.Sprintf(`{"properties":{"traits":{"$ref":"chain%d"}}}`, i+1)
}

func TestAChangeInAReferencedFileIsSeen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir+"/part.json", `{"properties":{"one":{"type":"string"}}}`)
	r := registry(t, nil, "default", writeFile(t, dir+"/root.json", `{"properties":{"traits":{"$ref":"part.json"}}}`))
	r.expect(t, "default", "traits.one")
	writeFile(t, dir+"/part.json", `{"properties":{"three":{"type":"string"}}}`)
	r.expect(t, "default", "traits.three")
}
