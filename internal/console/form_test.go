package console

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/traits"
)

const everything = `{"type":"object","properties":{"traits":{"type":"object","properties":{
 "email":{"type":"string","format":"email","title":"E-Mail","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}},
 "age":{"type":"integer","minimum":18},
 "news":{"type":"boolean"},
 "plan":{"type":"string","enum":["free","pro"]},
 "level":{"type":"number","enum":[1,2.5]},
 "tags":{"type":"array","items":{"type":"string","minLength":2}},
 "sizes":{"type":"array","items":{"type":"integer"}},
 "homes":{"type":"array","items":{"type":"object","properties":{"city":{"type":"string"}}}},
 "meta":{"type":"object"},
 "seen":{"type":"string","format":"date-time"},
 "any":{},
 "bag":{"type":"array"},
 "a.b":{"type":"object","properties":{"c":{"type":"string"}}}
},"required":["email","plan"]}}}`

const full = `{"email":"jane@example.org","age":30,"news":false,"plan":"pro","level":2.5,"tags":["one","two"],"sizes":[1,2],
 "homes":[{"city":"Rome"}],"meta":{"k":[1]},"seen":"2026-01-02T03:04:05Z","a.b":{"c":"d"},"more":{"not":"named"}}`

func compiled(t *testing.T) *traits.Schema {
	t.Helper()
	schema, err := traits.Compile([]byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// sent is what a browser sends of a form, as it is shown.
func sent(fields []field) url.Values {
	form := shown(fields)
	for i := range fields {
		if fields[i].Control == "input" && strings.ContainsAny(fields[i].Value, "\r\n") {
			form.Set(fields[i].Name, strings.NewReplacer("\r", "", "\n", "").Replace(fields[i].Value))
		}
		if _, err := strconv.ParseFloat(fields[i].Value, 64); fields[i].Type == "number" && err != nil {
			form.Set(fields[i].Name, "")
		}
		form.Set(fields[i].Name, strings.ReplaceAll(form.Get(fields[i].Name), "\n", "\r\n"))
	}
	return form
}

func TestEachTraitGetsAnInputThatHoldsIt(t *testing.T) {
	t.Parallel()
	type input struct{ Name, Control, Type, Label, Value string }
	want := []input{
		{"traits.email", "input", "email", "E-Mail", "jane@example.org"},
		{"traits.age", "input", "number", "Age", "30"},
		{"traits.news", "select", "", "News", "false"},
		{"traits.plan", "select", "", "Plan", "pro"},
		{"traits.level", "select", "", "Level", "2.5"},
		{"lines:traits.tags", "area", "", "Tags", "one\ntwo"},
		{"lines:traits.sizes", "area", "", "Sizes", "1\n2"},
		{"json:traits.homes", "area", "", "Homes", "[\n  {\n    \"city\": \"Rome\"\n  }\n]"},
		{"json:traits.meta", "area", "", "Meta", "{\n  \"k\": [\n    1\n  ]\n}"},
		{"traits.seen", "input", "text", "Seen", "2026-01-02T03:04:05Z"},
		{"lines:traits.bag", "area", "", "Bag", ""},
		{`traits.a\.b.c`, "input", "text", "A.b, c", "d"},
	}
	var got []input
	for _, f := range fieldsOf(compiled(t), json.RawMessage(full)) {
		i := input{f.Name, f.Control, f.Type, f.Label, f.Value}
		for _, o := range f.Options {
			if o.Selected {
				i.Value = o.Value
			}
		}
		got = append(got, i)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inputs (-want +got)\n%s", diff)
	}
}

func TestAFormThatIsSentAsItIsShownChangesNothing(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, values := range []string{
		full, `{"email":"jane@example.org","plan":"free"}`, `{"email":"jane@example.org","plan":"free","tags":["two\nlines"," spaces ",""]}`,
		`{"email":"jane@example.org","plan":"free","homes":[{"city":"<\"é&>"}],"meta":{}}`, `{"email":"jane@example.org","plan":"free","age":"no number","tags":"no list"}`,
		`{"email":"jane@example.org","plan":"gone","news":"maybe","level":7,"any":5,"bag":[1,true,"x"]}`, `{"email":"jane@example.org","plan":"free","any":"two\nlines","bag":["a"]}`,
		`{"email":"jane@example.org","plan":"free","any":true,"age":12345678901234567890}`, `{"email":"jane@example.org","plan":"free","any":{"x":1},"bag":[[1]]}`,
	} {
		in, wrong := inputOf(schema, sent(fieldsOf(schema, json.RawMessage(values))))
		if len(wrong) > 0 {
			t.Fatalf("%s: %v", values, wrong)
		}
		decoded, err := schema.Decode(in)
		if err != nil {
			t.Fatal(err)
		}
		merged, err := schema.Merge(json.RawMessage(values), decoded)
		if err != nil {
			t.Fatal(err)
		}
		was, is := map[string]any{}, map[string]any{}
		if err := errors.Join(json.Unmarshal([]byte(values), &was), json.Unmarshal(merged, &is)); err != nil {
			t.Fatal(err)
		}
		if was["tags"] == "no list" {
			was["tags"] = []any{"no list"} // the schema wants one
		}
		if diff := cmp.Diff(was, is); diff != "" {
			t.Errorf("%s changed (-before +after)\n%s", values, diff)
		}
	}
}

func TestWhatIsEmptiedIsGone(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	form := url.Values{}
	for _, f := range fieldsOf(schema, json.RawMessage(full)) {
		form.Set(f.Name, "")
	}
	in, _ := inputOf(schema, form)
	decoded, err := schema.Decode(in)
	if err != nil {
		t.Fatal(err)
	}
	merged, err := schema.Merge(json.RawMessage(full), decoded)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"more":{"not":"named"}}`; string(merged) != want {
		t.Errorf("%s is left, want what the schema does not name: %s", merged, want)
	}
}

func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	form := url.Values{
		"traits.email": {"no address"}, "traits.age": {"3"}, "traits.plan": {"pro"}, "lines:traits.tags": {"good\r\n\r\nx"},
		"lines:traits.sizes": {"1\nmany"}, "json:traits.homes": {`[{"city":5}]`}, "json:traits.meta": {"{oops"},
	}
	in, wrong := inputOf(schema, form)
	decoded, err := schema.Decode(in)
	if err != nil {
		t.Fatal(err)
	}
	invalid, ok := errors.AsType[*traits.Invalid](schema.Validate(decoded))
	if !ok {
		t.Fatal("the schema takes it")
	}
	fields := fieldsOf(schema, nil)
	restoreTyped(fields, schema, form)
	problems := attachViolations(fields, invalid, wrong)
	var got []string
	for _, p := range problems {
		if p.ID == "" {
			t.Errorf("%v is at no field", p)
		}
		got = append(got, p.Label+": "+p.Text)
	}
	want := []string{
		`E-Mail: "no address" is not valid "email".`, "Age: Must be >= 18 but found 3.", "Tags: Line 2: Length must be >= 2, but got 1.",
		"Sizes: Line 2: Expected integer, but got string.", "Homes: 1, city: Expected string, but got number.", "Meta: This is not JSON.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got)\n%s", diff)
	}
	if again := sent(fields); again.Get("json:traits.meta") != "{oops" || again.Get("traits.age") != "3" || again.Get("traits.plan") != "pro" {
		t.Errorf("what was typed is lost: %v", again)
	}
}

func TestARequiredTraitThatIsMissingIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	invalid, _ := errors.AsType[*traits.Invalid](schema.Validate(json.RawMessage(`{}`)))
	fields := fieldsOf(schema, nil)
	for _, p := range attachViolations(fields, invalid, nil) {
		if p.Text != "This has to be filled in." || p.ID == "" {
			t.Errorf("%+v", p)
		}
	}
	if !strings.Contains(fields[0].Describers(), "-error") || !strings.Contains(fields[0].Describers(), "-hint") {
		t.Errorf("the texts of the field are not tied to it: %q", fields[0].Describers())
	}
}

func FuzzAFormOfAnythingIsJudgedAndNotObeyed(f *testing.F) {
	schema, err := traits.Compile([]byte(everything))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("json:traits.meta", `{"a":1}`)
	f.Add("lines:traits.tags", "a\r\nb")
	f.Add("traits.email", "\x00")
	f.Fuzz(func(t *testing.T, name, value string) {
		form := url.Values{name: {value}}
		in, wrong := inputOf(schema, form)
		decoded, err := schema.Decode(in)
		if err != nil {
			return
		}
		if !json.Valid(decoded) {
			t.Errorf("%q=%q makes %q", name, value, decoded)
		}
		fields := fieldsOf(schema, decoded)
		restoreTyped(fields, schema, form)
		invalid, _ := errors.AsType[*traits.Invalid](schema.Validate(decoded))
		attachViolations(fields, invalid, wrong)
	})
}
