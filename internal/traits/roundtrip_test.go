package traits

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/address"
)

// input is one input of a form as the wire serves it.
type input struct {
	typ   string
	value any
}

// served is the form of a schema with the traits of a person: an input for each
// field, with the value of that name, and one more for each value without a field.
func served(s *Schema, traits json.RawMessage) map[string]input {
	form := map[string]input{}
	for _, f := range s.Fields() {
		form[f.Name] = input{typ: f.Type}
		for _, e := range f.Elements {
			form[e.Name] = input{typ: e.Type}
		}
	}
	for _, v := range s.Flatten(traits) {
		at, ok := form[v.Name]
		if !ok {
			at.typ = "text"
		}
		at.value = v.Value
		form[v.Name] = at
	}
	return form
}

var (
	validNumber = regexp.MustCompile(`^-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$`)
	validLocal  = regexp.MustCompile(`^\d{4,}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$`)
)

// sendBack is what a browser submits of a form that was not touched (HTML standard,
// section 4.10.5.1 on the value sanitization of each type).
func sendBack(form map[string]input) url.Values {
	out := url.Values{}
	for name, in := range form {
		text := strings.NewReplacer("\r", "", "\n", "").Replace(valueText(in.value))
		switch in.typ {
		case "checkbox":
			if in.value == true {
				out.Set(name, "on")
			}
			continue
		case "number":
			if !validNumber.MatchString(text) {
				text = ""
			}
		case "date":
			if _, err := time.Parse(time.DateOnly, text); err != nil {
				text = ""
			}
		case "datetime-local":
			if !validLocal.MatchString(text) {
				text = ""
			}
		case "email", "url":
			text = strings.TrimSpace(text)
			if at := strings.LastIndexByte(text, '@'); in.typ == "email" && at >= 0 && address.ASCIIDomain(text[at+1:]) != "" {
				text = text[:at+1] + address.ASCIIDomain(text[at+1:])
			}
		}
		out.Set(name, text)
	}
	return out
}

// travel encodes and decodes a form.
func travel(t *rapid.T, form url.Values, encoding string) url.Values {
	if encoding == "urlencoded" {
		read, err := url.ParseQuery(form.Encode())
		if err != nil {
			t.Fatal(err)
		}
		return read
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	read, err := multipart.NewReader(&body, w.Boundary()).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	return read.Value
}

// shape is a random schema and values that suit it.
type shape struct {
	schema map[string]any
	value  *rapid.Generator[any]
}

func texts(values ...string) *rapid.Generator[any] {
	return rapid.Map(rapid.SampledFrom(values), func(s string) any { return s })
}

var someText = []string{"", "a", " x ", "two\nlines", "30", "true", "null", "[1]", "é", "Jane"}

func scalarShape(t *rapid.T) shape {
	typ := rapid.SampledFrom([]string{"string", "email", "date", "date-time", "uri", "integer", "number", "boolean", "nullable", "nullable boolean", "any of"}).Draw(t, "type")
	text := func(format string, values ...string) shape {
		return shape{map[string]any{"type": "string", "format": format}, texts(append(values, someText...)...)}
	}
	numbers := rapid.Map(rapid.SampledFrom([]string{"0", "-1", "30", "1.5", "1e3", "12345678901234567890", "0.1"}), func(s string) any { return json.Number(s) })
	booleans := rapid.Map(rapid.Bool(), func(b bool) any { return b })
	orNull := func(g *rapid.Generator[any]) *rapid.Generator[any] { return rapid.OneOf(g, rapid.Just[any](nil)) }
	switch typ {
	case "email":
		return text("email", "a@example.org", "Anna@münchen.example", "x@XN--mnchen-3ya.example")
	case "date":
		return text("date", "2026-05-31", "2026-02-31")
	case "date-time":
		return text("date-time", "2026-05-31T09:30:00Z", "2026-05-31T09:30:12.345678+02:00", "2016-12-31T23:59:60Z", "2026-05-31t09:30:00z")
	case "uri":
		return text("uri", "https://example.org/?a=b c")
	case "integer", "number":
		return shape{map[string]any{"type": typ}, numbers}
	case "boolean":
		return shape{map[string]any{"type": typ}, booleans}
	case "nullable":
		return shape{map[string]any{"type": []any{"string", "null"}}, orNull(texts(someText...))}
	case "nullable boolean":
		return shape{map[string]any{"type": []any{"null", "boolean"}}, orNull(booleans)}
	case "any of":
		return shape{map[string]any{"anyOf": []any{map[string]any{"type": "integer"}, map[string]any{"type": "null"}}}, orNull(numbers)}
	}
	return shape{map[string]any{"type": "string"}, texts(someText...)}
}

func randomShape(t *rapid.T, depth int) shape {
	kinds := []string{"scalar", "scalar", "scalar", "object", "array", "tuple", "free", "untyped", "open array"}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	if depth == 0 {
		kind = "scalar"
	}
	switch kind {
	case "object":
		return objectShape(t, depth)
	case "array":
		item := randomShape(t, depth-1)
		return shape{map[string]any{"type": "array", "items": item.schema}, listOf(item.value)}
	case "open array":
		return shape{map[string]any{"type": "array"}, listOf(anyJSON(depth - 1))}
	case "tuple":
		first, second := randomShape(t, depth-1), randomShape(t, depth-1)
		return shape{map[string]any{"type": "array", "items": []any{first.schema, second.schema}}, rapid.Custom(func(t *rapid.T) any {
			return []any{first.value.Draw(t, "0"), second.value.Draw(t, "1")}
		})}
	case "free":
		return shape{map[string]any{"type": "object"}, rapid.Map(
			rapid.MapOfN(rapid.SampledFrom([]string{"a", "b.c", `d\`, "0", "ü"}), anyJSON(depth-1), 0, 4), func(m map[string]any) any { return m })}
	case "untyped":
		return shape{map[string]any{}, anyJSON(depth - 1)}
	}
	return scalarShape(t)
}

func listOf(item *rapid.Generator[any]) *rapid.Generator[any] {
	return rapid.Map(rapid.SliceOfN(item, 0, 4), func(l []any) any { return l })
}

func objectShape(t *rapid.T, depth int) shape {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c.d", `e\f`, "0", "traits"}), 1, 4, rapid.ID).Draw(t, "names")
	properties, inner := map[string]any{}, map[string]shape{}
	var required []any
	for _, name := range names {
		inner[name] = randomShape(t, depth-1)
		properties[name] = inner[name].schema
		if rapid.Bool().Draw(t, "required") {
			required = append(required, name)
		}
	}
	schema := map[string]any{"type": "object", "properties": properties}
	if required != nil {
		schema["required"] = required
	}
	return shape{schema, rapid.Custom(func(t *rapid.T) any {
		object := map[string]any{}
		for _, name := range names {
			switch rapid.IntRange(0, 9).Draw(t, name) {
			case 0, 1: // absent
			case 2: // from before a change of the schema
				object[name] = anyJSON(1).Draw(t, name)
			default:
				object[name] = inner[name].value.Draw(t, name)
			}
		}
		return object
	})}
}

// completes reports whether a required boolean or nullable trait is absent: a form
// that is sent back adds it, as false or null.
func completes(p *property, value any) bool {
	object, ok := value.(map[string]any)
	if !ok {
		return false
	}
	for _, c := range p.children {
		member, has := object[c.name]
		if !has && c.mandatory() && c.leaf != nil && (c.leaf.typ == "boolean" || c.leaf.nullable) || completes(c, member) {
			return true
		}
	}
	return false
}

func TestApply_formAsServedChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawn := objectShape(t, 3)
		raw := encoded(t, map[string]any{"properties": map[string]any{"traits": drawn.schema}})
		s, err := Compile(raw)
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		value := drawn.value.Draw(t, "traits")
		if completes(s.root, value) {
			t.Skip("a required trait is absent")
		}
		old, err := s.encode(value)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(old, rootName); err != nil {
			t.Skip("beyond the limits")
		}
		form := sendBack(served(s, old))
		for _, encoding := range []string{"urlencoded", "multipart"} {
			now, err := s.Apply(old, Input{Form: travel(t, form, encoding), Complete: true})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(old), string(now)); diff != "" {
				t.Fatalf("%s\n%s\n%v\n%s", raw, encoding, form, diff)
			}
		}
	})
}

func TestApply_jsonAsServedChangesNothing(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{
		"since": {"type": "string", "format": "date-time"},
		"code": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
		"name": {"type": "string"},
		"deep": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}}
	}`, `"required": []`)
	for _, old := range []string{
		`{"since":"2026-01-02T10:30:15.123456+05:30"}`, `{"since":"2026-01-02t10:30:15z"}`, `{"since":"soon"}`,
		`{"code":5}`, `{"code":"5"}`, `{"deep":{"at":"2026-01-02T10:30:00+02:00"}}`,
	} {
		sent := map[string]json.RawMessage{}
		for _, v := range s.Flatten(json.RawMessage(old)) {
			raw, err := json.Marshal(v.Value)
			if err != nil {
				t.Fatal(err)
			}
			sent[v.Name] = raw
		}
		now, err := s.Apply(json.RawMessage(old), Input{JSON: sent})
		if err != nil || string(now) != old {
			t.Errorf("%s became %s of %s, %v", old, now, sent, err)
		}
		whole, err := s.Decode(Input{JSON: sent, Numbered: true})
		if err != nil {
			t.Fatal(err)
		}
		if now, err := s.Returned(json.RawMessage(old), whole); err != nil || string(now) != old {
			t.Errorf("%s became %s of %s in whole, %v", old, now, sent, err)
		}
	}
	now, err := s.Apply(json.RawMessage(`{"since":"2026-01-02T10:30:00+02:00","code":5,"name":7}`), Input{JSON: map[string]json.RawMessage{
		"traits.since": json.RawMessage(`"2026-01-02T10:30"`), "traits.code": json.RawMessage(`6`), "traits.name": json.RawMessage(`7`),
	}})
	if want := `{"since":"2026-01-02T10:30:00Z","code":"6","name":"7"}`; err != nil || string(now) != want {
		t.Errorf("got %s, %v, want %s", now, err, want)
	}
}

func TestApply_formEdits(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{
		"email": {"type": "string", "format": "email"},
		"tags": {"type": "array", "items": {"type": "string"}},
		"roles": {"type": "array", "items": {"type": "string"}},
		"people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}},
		"point": {"type": "array", "items": [{"type": "string"}, {"type": "number"}]},
		"since": {"type": "string", "format": "date-time"},
		"news": {"type": "boolean"}, "terms": {"type": "boolean"},
		"note": {"type": ["string", "null"]},
		"role": {"type": "string", "x-symbolon": {"writable": "admin"}}
	}`, `"required": ["email", "roles", "terms"]`)
	const old = `{"email":"a@example.org","tags":["a","b"],"roles":["x"],"people":[{"name":"Ann","age":3},{"name":"Bob","age":4}],"since":"2026-05-31T09:30:00+02:00","news":true,"terms":true,"note":"n","role":"user"}`
	for name, test := range map[string]struct {
		change map[string]string // "-" takes a name out
		want   map[string]string // "" for none
	}{
		"element changed":         {map[string]string{"traits.tags.0": "z"}, map[string]string{"tags": `["z","b"]`}},
		"element emptied":         {map[string]string{"traits.tags.0": ""}, map[string]string{"tags": `["b"]`}},
		"element left out":        {map[string]string{"traits.tags.1": "-"}, map[string]string{"tags": `["a"]`}},
		"element added":           {map[string]string{"traits.tags": "c"}, map[string]string{"tags": `["a","b","c"]`}},
		"element added by number": {map[string]string{"traits.tags.9": "c"}, map[string]string{"tags": `["a","b","c"]`}},
		"all emptied":             {map[string]string{"traits.tags.0": "", "traits.tags.1": ""}, map[string]string{"tags": ""}},
		"all of a required one":   {map[string]string{"traits.roles.0": ""}, map[string]string{"roles": `[]`}},
		"object in array":         {map[string]string{"traits.people.1.age": "5"}, map[string]string{"people": `[{"age":3,"name":"Ann"},{"age":5,"name":"Bob"}]`}},
		"object in array emptied": {map[string]string{"traits.people.0.age": "", "traits.people.0.name": ""}, map[string]string{"people": `[{"age":4,"name":"Bob"}]`}},
		"tuple entered":           {map[string]string{"traits.point.0": "x", "traits.point.1": "3"}, map[string]string{"point": `["x",3]`}},
		"tuple with a gap":        {map[string]string{"traits.point.1": "3"}, map[string]string{"point": `["",3]`}},
		"time from the input":     {map[string]string{"traits.since": "2026-01-02T10:30"}, map[string]string{"since": `"2026-01-02T10:30:00Z"`}},
		"time cleared":            {map[string]string{"traits.since": ""}, map[string]string{"since": ""}},
		"checkbox unticked":       {map[string]string{"traits.news": "-"}, map[string]string{"news": "false"}},
		"required box unticked":   {map[string]string{"traits.terms": "-"}, map[string]string{"terms": "false"}},
		"nullable cleared":        {map[string]string{"traits.note": ""}, map[string]string{"note": ""}},
		"of administrators":       {map[string]string{"traits.role": "admin"}, nil},
		"number far away":         {map[string]string{"traits.tags.99999999": "c"}, map[string]string{"tags": `["a","b","c"]`}},
		"no number":               {map[string]string{"traits.tags.-1": "c", "traits.tags.00": "d"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := sendBack(served(s, json.RawMessage(old)))
			for name, value := range test.change {
				if form.Set(name, value); value == "-" {
					form.Del(name)
				}
			}
			now, err := s.Apply(json.RawMessage(old), Input{Form: form, Complete: true})
			if err != nil {
				t.Fatal(err)
			}
			var want, got map[string]json.RawMessage
			if err := json.Unmarshal([]byte(old), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(now, &got); err != nil {
				t.Fatal(err)
			}
			for name, value := range test.want {
				if want[name] = json.RawMessage(value); value == "" {
					delete(want, name)
				}
			}
			if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func printed(m map[string]json.RawMessage) map[string]string {
	out := map[string]string{}
	for name, raw := range m {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			out[name] = strconv.Quote(string(raw))
			continue
		}
		out[name] = fmt.Sprintf("%#v", v)
	}
	return out
}
