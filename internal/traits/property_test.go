package traits

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyJSON generates decoded JSON values.
func anyJSON(depth int) *rapid.Generator[any] {
	options := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?(e[+-]?[0-9]{1,2})?`), func(s string) any { return json.Number(s) }),
		rapid.Map(rapid.SampledFrom([]string{"", "on", "true", "a@example.org", "nope", "30", " x ", "\u0130", "2020-01-31", "https://x.org"}), func(s string) any { return s }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
	}
	if depth > 0 {
		names := rapid.SampledFrom([]string{"email", "name", "first", "last", "age", "tags", "nums", "meta", "newsletter", "zz", "a.b", "emails", "username"})
		options = append(options,
			rapid.Map(rapid.SliceOfN(anyJSON(depth-1), 0, 4), func(l []any) any { return l }),
			rapid.Map(rapid.MapOfN(names, anyJSON(depth-1), 0, 6), func(m map[string]any) any { return m }))
	}
	return rapid.OneOf(options...)
}

func submission(t *rapid.T, s *Schema) Input {
	var in Input
	if rapid.Bool().Draw(t, "as form") {
		in.Form = url.Values{}
		for _, f := range s.Fields() {
			if values := rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, f.Name); len(values) > 0 {
				in.Form[f.Name] = values
			}
		}
		return in
	}
	in.JSON = map[string]json.RawMessage{"traits": encoded(t, anyJSON(3).Draw(t, "traits"))}
	for _, f := range s.Fields() {
		if rapid.Bool().Draw(t, "flat "+f.Name) {
			in.JSON[f.Name] = encoded(t, anyJSON(1).Draw(t, f.Name))
		}
	}
	return in
}

func encoded(t *rapid.T, value any) json.RawMessage {
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func schemasForProperties(t *testing.T) []*Schema {
	t.Helper()
	return []*Schema{schemaFile(t, "person"), schemaFile(t, "multi"), traitsSchema(t, everyType)}
}

func TestDecodedTraitsAreCanonical(t *testing.T) {
	t.Parallel()
	schemas := schemasForProperties(t)
	rapid.Check(t, func(t *rapid.T) {
		s := schemas[rapid.IntRange(0, len(schemas)-1).Draw(t, "schema")]
		once, err := s.Decode(submission(t, s))
		if err != nil {
			return // refused for a limit
		}
		if !json.Valid(once) {
			t.Fatalf("not JSON: %s", once)
		}
		again, err := s.Decode(Input{JSON: map[string]json.RawMessage{"traits": once}})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(once, again) {
			t.Fatalf("decoding its own result changes it:\n%s\n%s", once, again)
		}
	})
}

func TestAViolationIsSaidOnceAndInOrder(t *testing.T) {
	t.Parallel()
	schemas := schemasForProperties(t)
	rapid.Check(t, func(t *rapid.T) {
		s := schemas[rapid.IntRange(0, len(schemas)-1).Draw(t, "schema")]
		raw := encoded(t, anyJSON(3).Draw(t, "traits"))
		err := s.Validate(raw)
		if err == nil {
			return
		}
		i, ok := errors.AsType[*Invalid](err)
		if !ok || len(i.Violations) == 0 || i.Dump == "" {
			t.Fatalf("%T says nothing", err)
		}
		seen := map[complaint]bool{}
		for _, c := range complaints(i) {
			if seen[c] || c.Text == "" || c.Field != "traits" && !strings.HasPrefix(c.Field, "traits.") {
				t.Fatalf("repeated or empty: %v", complaints(i))
			}
			seen[c] = true
		}
		if diff := cmp.Diff(err, s.Validate(raw)); diff != "" {
			t.Fatalf("the second report differs: %s", diff)
		}
	})
}

func TestMergingNothingChangesNothing(t *testing.T) {
	t.Parallel()
	schemas := schemasForProperties(t)
	rapid.Check(t, func(t *rapid.T) {
		s := schemas[rapid.IntRange(0, len(schemas)-1).Draw(t, "schema")]
		traits, err := s.Decode(submission(t, s))
		if err != nil || traits[0] != '{' {
			return
		}
		same, err := s.Merge(traits, json.RawMessage(`{}`))
		if err != nil || !bytes.Equal(traits, same) {
			t.Fatalf("merge nothing: %v\n%s\n%s", err, traits, same)
		}
		twice, err := s.Merge(traits, traits)
		if err != nil {
			t.Fatal(err)
		}
		thrice, err := s.Merge(twice, traits)
		if err != nil || !bytes.Equal(twice, thrice) {
			t.Fatalf("merge is not idempotent: %v\n%s\n%s", err, twice, thrice)
		}
	})
}

func TestFlattenedTraitsRebuildTheScalars(t *testing.T) {
	t.Parallel()
	s := schemaFile(t, "person")
	rapid.Check(t, func(t *rapid.T) {
		in := submission(t, s)
		traits, err := s.Decode(in)
		if err != nil {
			return
		}
		want := map[string]any{}
		for _, v := range s.Flatten(traits) {
			want[v.Name] = v.Value
		}
		if diff := cmp.Diff(want, s.Submitted(in)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTheNormalFormIsFinal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.String().Draw(t, "typed")
		once := Normalize(typed)
		if again := Normalize(once); again != once {
			t.Fatalf("%q becomes %q becomes %q", typed, once, again)
		}
		if spaced := Normalize(" " + typed + "\t"); spaced != once {
			t.Fatalf("space matters: %q, %q", spaced, once)
		}
	})
}

func FuzzDecodeAndValidate(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"email":"a@example.org","age":30.0}`, `{"email":"nope","name":{"first":"J"},"tags":["a",1,null]}`,
		`{"emails":["A@example.org"],"username":"\u0130"}`, `{"age":1e400}`, `{"meta":{"a":{"b":[[[]]]}}}`, `[[[[[[`, `"\ud800"`, `{"a":1,"a":2}`,
	} {
		f.Add(seed, "traits.age=7&traits.newsletter=on")
	}
	var schemas []*Schema
	for _, name := range []string{"person", "multi", "ext"} {
		raw, err := os.ReadFile("testdata/" + name + ".schema.json")
		if err != nil {
			f.Fatal(err)
		}
		schemas = append(schemas, schemaText(f, string(raw)))
	}
	f.Fuzz(func(t *testing.T, traits, query string) {
		form, _ := url.ParseQuery(query)
		for _, s := range schemas {
			_ = s.Validate(json.RawMessage(traits))
			_ = s.Flatten(json.RawMessage(traits))
			in := Input{Form: form, JSON: map[string]json.RawMessage{"traits": json.RawMessage(traits), "traits.age": json.RawMessage(traits)}}
			decoded, err := s.Decode(in)
			if err != nil {
				continue
			}
			if !json.Valid(decoded) {
				t.Fatalf("decoded to %q", decoded)
			}
			if err := s.Validate(decoded); err == nil {
				if _, err := s.Annotations(decoded); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Merge(json.RawMessage(`{"email":"a@example.org"}`), decoded); err != nil {
				t.Fatalf("merge %s: %v", decoded, err)
			}
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, name := range []string{"person", "multi", "ext", "noident"} {
		raw, err := os.ReadFile("testdata/" + name + ".schema.json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Add(`{"$ref":"#"}`)
	f.Add(`{"$id":"a","allOf":[{"$id":"a"}]}`)
	f.Add(`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicRef":"#a","$dynamicAnchor":"a"}`)
	f.Fuzz(func(t *testing.T, schema string) {
		s, err := Compile([]byte(schema))
		if err != nil {
			return
		}
		traits := json.RawMessage(`{"email":"a@example.org","tags":["x"],"age":30,"c":{"c":{}}}`)
		_ = s.Validate(traits)
		if _, err := s.Annotations(traits); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decode(Input{JSON: map[string]json.RawMessage{"traits": traits}}); err != nil {
			t.Fatal(err)
		}
	})
}
