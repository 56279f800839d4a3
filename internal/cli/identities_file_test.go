package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readAll lists what a file holds: identities as JSON, mistakes after a bang.
func readAll(t *testing.T, text string) []string {
	t.Helper()
	var got []string
	f := newIdentityFile("f", strings.NewReader(text))
	for range 10_000 {
		patch, err := f.next()
		mistake, wrong := errors.AsType[*inputError](err)
		switch {
		case errors.Is(err, io.EOF):
			return got
		case wrong:
			got = append(got, fmt.Sprintf("!%s %s", mistake.from, mistake.reason))
			if mistake.fatal {
				return got
			}
		case err != nil:
			t.Fatalf("an error that is none of the input: %v", err)
		default:
			got = append(got, patch.From+" "+patch.PatchID+string(patch.Create))
		}
	}
	t.Fatal("the file does not end")
	return nil
}

func TestFilesOfIdentitiesAreReadInAnyForm(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"one object":                      {`{"traits":{"a":1}}`, []string{`f:1 {"traits":{"a":1}}`}},
		"one over several lines":          {"{\n \"traits\" : {\n}\n}\n", []string{`f:1 {"traits":{` + "\n" + `}}`}},
		"an array":                        {`[{"a":1},{"a":2}]`, []string{`f:1 {"a":1}`, `f:2 {"a":2}`}},
		"an object a line":                {"{\"a\":1}\n{\"a\":2}\n\n", []string{`f:1 {"a":1}`, `f:2 {"a":2}`}},
		"objects without line ends":       {`{"a":1}{"a":2}`, []string{`f:1 {"a":1}`, `f:2 {"a":2}`}},
		"the body of the API":             {`{"identities":[{"create":{"a":1},"patch_id":"x"},{"create":{"a":2}}]}`, []string{`f:1 x{"a":1}`, `f:2 {"a":2}`}},
		"wrapped, a line each":            {`{"create":{"a":1}}` + "\n" + `{"create":{"a":2}}`, []string{`f:1 {"a":1}`, `f:2 {"a":2}`}},
		"several arrays":                  {`[{"a":1}] [] [{"a":2}]`, []string{`f:1 {"a":1}`, `f:2 {"a":2}`}},
		"a mark of byte order":            {"\ufeff{\"a\":1}", []string{`f:1 {"a":1}`}},
		"nothing":                         {"", nil},
		"blank lines":                     {" \n\t\n", nil},
		"an empty array":                  {"[]", nil},
		"numbers with all their digits":   {`{"n":12345678901234567890.10}`, []string{`f:1 {"n":12345678901234567890.10}`}},
		"a member twice":                  {`{"a":1,"a":2}`, []string{`f:1 {"a":1,"a":2}`}},
		"a value in an array that isn't":  {`[1,{"a":1},null,"x"]`, []string{"!f:1 an identity is a JSON object", `f:2 {"a":1}`, "!f:3 an identity is a JSON object", "!f:4 an identity is a JSON object"}},
		"a value that isn't":              {`1`, []string{"!f:1 an identity is a JSON object, or several are an array of objects"}},
		"wrapped with something unknown":  {`{"create":{},"delete":{}}`, []string{`!f:1 json: unknown field "delete"`}},
		"an object that ends too early":   {`{"a":1}{"a":`, []string{`f:1 {"a":1}`, "!f:2 the JSON ends in the middle"}},
		"an array that does":              {`[{"a":1}`, []string{`f:1 {"a":1}`, "!f:2 the JSON ends in the middle"}},
		"a body that does":                {`{"identities":[{"a":1}]`, []string{`f:1 {"a":1}`, "!f:2 the JSON ends in the middle"}},
		"a body with more in it":          {`{"identities":[],"x":1}`, []string{"!f:1 nothing may follow the array identities in its object"}},
		"identities that are no array":    {`{"identities":7}`, []string{"!f:1 the member identities must be an array"}},
		"no JSON":                         {`email,name`, []string{"!f:1 invalid character 'e' looking for beginning of value"}},
		"one that is too large":           {`{"a":"` + strings.Repeat("x", 3<<20) + `"}`, []string{"!f:1 it is larger than 2097152 bytes"}},
		"blanks without end":              {strings.Repeat(" ", 3<<20), []string{"!f:1 it is larger than 2097152 bytes"}},
		"nesting without end":             {strings.Repeat("[", 100), []string{"!f:1 the JSON ends in the middle"}},
		"a body inside of an array":       {`[{"identities":[]}]`, []string{`f:1 {"identities":[]}`}},
		"traits that are called the same": {`{"traits":{"identities":[1]}}`, []string{`f:1 {"traits":{"identities":[1]}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, readAll(t, test.text)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func FuzzFilesOfIdentities(f *testing.F) {
	for _, seed := range []string{
		`{"traits":{"a":1}}`, `[{"a":1},2]`, "{}\n{}", `{"identities":[{"create":{},"patch_id":"x"}]}`, `{"identities":{}}`, "\ufeff[]", `{"a":[[[1]]]}`, "{", "]", `"\ud800"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range readAll(t, text) {
			_, rest, _ := strings.Cut(line, " ")
			if at := strings.IndexByte(rest, '{'); line[0] != '!' && (at < 0 || !json.Valid([]byte(rest[at:]))) && !strings.Contains(text, "create") {
				t.Errorf("%q was read as %q, which is no JSON object", text, line)
			}
		}
	})
}

func TestTraitsAreMergedAsRFC7396Says(t *testing.T) {
	t.Parallel()
	// The table of the RFC's appendix A, as far as it begins with an object.
	for _, test := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"a":"foo"}`, `"bar"`, `"bar"`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"n":1}`, `{"m":12345678901234567890.10}`, `{"m":12345678901234567890.10,"n":1}`},
	} {
		if got, err := merge(json.RawMessage(test[0]), json.RawMessage(test[1])); err != nil || string(got) != test[2] {
			t.Errorf("%s into %s gives %s, want %s (%v)", test[1], test[0], got, test[2], err)
		}
	}
}
