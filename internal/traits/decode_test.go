package traits

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const everyType = `{
	"text": {"type": "string"},
	"whole": {"type": "integer"},
	"real": {"type": "number"},
	"flag": {"type": "boolean"},
	"words": {"type": "array", "items": {"type": "string"}},
	"numbers": {"type": "array", "items": {"type": "number"}},
	"flags": {"type": "array", "items": {"type": "boolean"}},
	"things": {"type": "array", "items": {"type": "object"}},
	"mixed": {"type": "array"},
	"free": {"type": "object"},
	"deep": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "object", "properties": {"c": {"type": "integer"}}}}},
	"several": {"type": ["string", "integer"]},
	"maybe": {"type": ["string", "null"]},
	"choice": {"enum": ["a", "b"]},
	"fixed": {"const": 7},
	"preset": {"default": true},
	"with.dot": {"type": "string"}
}`

func TestDecodingFollowsTheTypeOfTheField(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, everyType)
	for name, test := range map[string]struct {
		in   Input
		want string
	}{
		"nothing at all":                       {Input{}, `{}`},
		"form text keeps spaces":               {formInput(t, "traits.text=+a+"), `{"text":" a "}`},
		"form text takes the first value":      {formInput(t, "traits.text=a&traits.text=b"), `{"text":"a"}`},
		"markup is kept as it is":              {formInput(t, "traits.text=%3Cb%3E%26"), `{"text":"<b>&"}`},
		"form number with sign and zeros":      {formInput(t, "traits.whole=%2B007"), `{"whole":7}`},
		"form number with a fraction of zero":  {formInput(t, "traits.whole=30.0"), `{"whole":30}`},
		"form number with exponent":            {formInput(t, "traits.real=1e3"), `{"real":1000}`},
		"form number too large for digits":     {formInput(t, "traits.real=1e30"), `{"real":1e+30}`},
		"integers keep all digits":             {formInput(t, "traits.whole=12345678901234567890"), `{"whole":12345678901234567890}`},
		"minus zero is zero":                   {formInput(t, "traits.whole=-0"), `{"whole":0}`},
		"form infinity stays text":             {formInput(t, "traits.real=Inf"), `{"real":"Inf"}`},
		"form hexadecimal stays text":          {formInput(t, "traits.real=0x10"), `{"real":"0x10"}`},
		"form number out of range stays text":  {formInput(t, "traits.real=1e999"), `{"real":"1e999"}`},
		"form empty number stays empty":        {formInput(t, "traits.whole="), `{"whole":""}`},
		"form boolean words":                   {formInput(t, "traits.flag=T"), `{"flag":true}`},
		"form boolean off stays text":          {formInput(t, "traits.flag=off"), `{"flag":"off"}`},
		"form list of words":                   {formInput(t, "traits.words=a&traits.words=1"), `{"words":["a","1"]}`},
		"form list of numbers":                 {formInput(t, "traits.numbers=1.50&traits.numbers=x"), `{"numbers":[1.5,"x"]}`},
		"form list of flags":                   {formInput(t, "traits.flags=on&traits.flags=0"), `{"flags":[true,false]}`},
		"form list of anything is text":        {formInput(t, "traits.mixed=1&traits.mixed=true"), `{"mixed":["1","true"]}`},
		"form object is text":                  {formInput(t, `traits.free={"a":1}`), `{"free":"{\"a\":1}"}`},
		"form nested":                          {formInput(t, "traits.deep.b.c=5"), `{"deep":{"b":{"c":5}}}`},
		"form unknown names":                   {formInput(t, "traits.other=1&text=2&password=3&traits.text.0=a"), `{}`},
		"form numbered names are the array":    {formInput(t, "traits.words=&traits.words.1=b&traits.words.0=a&traits.words.7="), `{"words":["a","b"]}`},
		"form of a nullable type":              {formInput(t, "traits.maybe=a"), `{"maybe":"a"}`},
		"json null of a nullable type":         {members(t, `{"traits":{"maybe":null,"text":null}}`), `{"maybe":null}`},
		"form of a property of several types":  {formInput(t, "traits.several=a&traits.choice=a"), `{}`},
		"constants and defaults give a type":   {formInput(t, "traits.fixed=7&traits.preset=on"), `{"fixed":7,"preset":true}`},
		"dots in names are escaped":            {formInput(t, `traits.with\.dot=a`), `{"with.dot":"a"}`},
		"json text for numbers":                {members(t, `{"traits.whole":"7","traits.real":"x"}`), `{"whole":7,"real":"x"}`},
		"json number for text":                 {members(t, `{"traits.text":1.50}`), `{"text":"1.50"}`},
		"json boolean for text":                {members(t, `{"traits.text":true}`), `{"text":"true"}`},
		"json list for text stays a list":      {members(t, `{"traits.text":["a"]}`), `{"text":["a"]}`},
		"json null is absent":                  {members(t, `{"traits.text":null,"traits.deep":{"a":null},"traits":null}`), `{}`},
		"json objects in lists":                {members(t, `{"traits.things":[{"b":1,"a":"<"}]}`), `{"things":[{"a":"<","b":1}]}`},
		"json free object":                     {members(t, `{"traits.free":{"x":{"y":[1,null]}}}`), `{"free":{"x":{"y":[1,null]}}}`},
		"json object under a dotted name":      {members(t, `{"traits.deep":{"b":{"c":"5","d":1}}}`), `{"deep":{"b":{"c":5}}}`},
		"json nested":                          {members(t, `{"traits":{"deep":{"a":"x","zz":1},"text":"t","zz":1}}`), `{"text":"t","deep":{"a":"x"}}`},
		"json dotted wins over nested":         {members(t, `{"traits":{"text":"nested","deep":{"a":"x"}},"traits.text":"flat"}`), `{"text":"flat","deep":{"a":"x"}}`},
		"json the most specific name wins":     {members(t, `{"traits.deep":{"a":"outer","b":{"c":1}},"traits.deep.a":"inner"}`), `{"deep":{"a":"inner","b":{"c":1}}}`},
		"json objects of both ways are merged": {members(t, `{"traits":{"deep":{"a":"x","b":{"c":1}}},"traits.deep":{"b":{"c":2}}}`), `{"deep":{"a":"x","b":{"c":2}}}`},
		"json dotted replaces a wrong parent":  {members(t, `{"traits":{"deep":5},"traits.deep.a":"x"}`), `{"deep":{"a":"x"}}`},
		"json dotted replaces wrong traits":    {members(t, `{"traits":5,"traits.deep.b.c":1}`), `{"deep":{"b":{"c":1}}}`},
		"json dotted null leaves nested alone": {members(t, `{"traits":{"text":"nested"},"traits.text":null}`), `{"text":"nested"}`},
		"json no field can be set by nesting":  {members(t, `{"traits":{"several":"a","choice":"a"}}`), `{}`},
		"json traits of another type are kept": {members(t, `{"traits":[1]}`), `[1]`},
		"json parent of another type is kept":  {members(t, `{"traits":{"deep":5}}`), `{"deep":5}`},
		"json and a form together":             {Input{Form: formInput(t, "traits.text=f").Form, JSON: members(t, `{"traits":{"whole":1}}`).JSON}, `{"text":"f","whole":1}`},
		"empty values that count as absent":    {Input{Form: map[string][]string{"traits.text": {""}, "traits.words": {"", "a"}}, EmptyIsAbsent: true}, `{"words":["a"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := s.Decode(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodingRefusesHostileJSON(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, everyType)
	for name, test := range map[string]struct{ value, field, text string }{
		"too deep":          {strings.Repeat("[", 100) + strings.Repeat("]", 100), "traits.free", "is nested too deeply"},
		"deeper than Go's":  {strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), "traits.free", "is not valid JSON"},
		"too many values":   {"[" + strings.Repeat("1,", 20_000) + "1]", "traits.free", "must not have more than 10000 values"},
		"too large":         {`"` + strings.Repeat("a", 1<<20) + `"`, "traits.free", "must not be larger than 1048576 bytes"},
		"a huge exponent":   {`[1e999999999]`, "traits.free.0", "is not a number that can be represented"},
		"a tiny exponent":   {`{"a":1e-999999999}`, "traits.free.a", "is not a number that can be represented"},
		"many digits":       {strings.Repeat("9", 100_000), "traits.free", "is not a number that can be represented"},
		"a zero byte":       {`{"a":["\u0000"]}`, "traits.free.a.0", "must not contain the character U+0000"},
		"trailing data":     {`1 2`, "traits.free", "has data after the JSON value"},
		"half a value":      {`{"a"`, "traits.free", "is not valid JSON"},
		"nothing":           {``, "traits.free", "is not valid JSON"},
		"an unpaired quote": {`"`, "traits.free", "is not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := Input{JSON: map[string]json.RawMessage{"traits.free": json.RawMessage(test.value)}}
			_, err := s.Decode(in)
			if diff := cmp.Diff([]complaint{{test.field, "", test.text}}, complaints(invalid(t, err))); diff != "" {
				t.Error(diff)
			}
			if got := s.Submitted(in); len(got) > 0 {
				t.Errorf("submitted values of a refused document: %v", got)
			}
		})
	}
}

func TestDecodingRefusesHostileForms(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, everyType)
	for name, test := range map[string]struct {
		values      []string
		field, text string
	}{
		"a zero byte":     {[]string{"a", "b\x00"}, "traits.words.1", "must not contain the character U+0000"},
		"too many values": {make([]string, maxValues+1), "traits", "must not have more than 10000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Decode(Input{Form: map[string][]string{"traits.words": test.values}})
			if diff := cmp.Diff([]complaint{{test.field, "", test.text}}, complaints(invalid(t, err))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSubmittedValuesRefillTheForm(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, everyType)
	got := s.Submitted(Input{
		Form: formInput(t, "traits.whole=abc&traits.real=1.50&traits.flag=on&traits.words=a&traits.words=b&traits.free=x&password=p").Form,
		JSON: members(t, `{"traits":{"deep":{"a":"x"},"things":[{"n":1}]}}`).JSON,
	})
	want := map[string]any{
		"traits.whole": "abc", "traits.real": json.Number("1.5"), "traits.flag": true,
		"traits.words.0": "a", "traits.words.1": "b", "traits.free": "x", "traits.deep.a": "x",
		"traits.things.0.n": json.Number("1"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFlatteningFollowsTheSchema(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, everyType)
	got := s.Flatten(json.RawMessage(`{"with.dot":"d","unknown":1,"words":["a","b"],"free":{"z.z":[null,true],"a":1},"whole":30,"deep":{"b":{"c":5}},"text":null}`))
	want := []Value{
		{"traits.whole", json.Number("30")},
		{"traits.words.0", "a"},
		{"traits.words.1", "b"},
		{"traits.free.a", json.Number("1")},
		{`traits.free.z\.z.1`, true},
		{"traits.deep.b.c", json.Number("5")},
		{`traits.with\.dot`, "d"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := s.Flatten(json.RawMessage(`{`)); got != nil {
		t.Errorf("flatten broken JSON: %v", got)
	}
}

func TestMergingKeepsWhatWasNotSubmitted(t *testing.T) {
	t.Parallel()
	open := traitsSchema(t, everyType)
	closed := traitsSchema(t, `{"text":{"type":"string"},"deep":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}`,
		`"additionalProperties":false`)
	for name, test := range map[string]struct {
		schema               *Schema
		old, submitted, want string
	}{
		"nothing submitted":                         {open, `{"text":"a","whole":1}`, `{}`, `{"text":"a","whole":1}`},
		"one value":                                 {open, `{"text":"a","whole":1}`, `{"text":"b"}`, `{"text":"b","whole":1}`},
		"a nested value keeps its neighbours":       {open, `{"deep":{"a":"x","b":{"c":1}}}`, `{"deep":{"b":{"c":2}}}`, `{"deep":{"a":"x","b":{"c":2}}}`},
		"empty text clears":                         {open, `{"text":"a","whole":1}`, `{"text":"","whole":""}`, `{}`},
		"an empty list clears":                      {open, `{"words":["a"],"numbers":[1]}`, `{"words":[],"numbers":[""]}`, `{}`},
		"clearing the last member drops its parent": {open, `{"deep":{"a":"x"}}`, `{"deep":{"a":""}}`, `{}`},
		"clearing what is not there":                {open, `{}`, `{"deep":{"a":""},"text":""}`, `{}`},
		"lists are replaced":                        {open, `{"words":["a","b"]}`, `{"words":["c"]}`, `{"words":["c"]}`},
		"free objects are replaced":                 {open, `{"free":{"a":1}}`, `{"free":{"b":2}}`, `{"free":{"b":2}}`},
		"false is a value":                          {open, `{"flag":true}`, `{"flag":false}`, `{"flag":false}`},
		"zero is a value":                           {open, `{"whole":5}`, `{"whole":0}`, `{"whole":0}`},
		"members beside the schema stay, last":      {open, `{"zz":1,"several":"x","text":"a"}`, `{"whole":2}`, `{"text":"a","whole":2,"several":"x","zz":1}`},
		"forbidden members go":                      {closed, `{"zz":1,"text":"a","deep":{"a":"x","old":1}}`, `{}`, `{"text":"a","deep":{"a":"x"}}`},
		"an object replaces another type":           {open, `{"deep":"text"}`, `{"deep":{"a":"x"}}`, `{"deep":{"a":"x"}}`},
		"stored null":                               {open, `null`, `{"text":"a"}`, `{"text":"a"}`},
		"submitted traits of a wrong type":          {open, `{"text":"a"}`, `[1]`, `[1]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.schema.Merge(json.RawMessage(test.old), json.RawMessage(test.submitted))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := open.Merge(json.RawMessage(`{`), json.RawMessage(`{}`)); err == nil {
		t.Error("broken stored traits are merged")
	}
	if _, err := open.Merge(json.RawMessage(`{}`), json.RawMessage(`{`)); err == nil {
		t.Error("broken submitted traits are merged")
	}
}

func TestDecode_pageOfNewcomer(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{
		"home": {"type": "object", "properties": {"city": {"type": "string"}, "mine": {"type": "boolean"},
			"deep": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}, "required": ["a"]}}, "required": ["city"]},
		"wants": {"type": "object", "properties": {"mail": {"type": "boolean"}}, "required": ["mail"]},
		"open": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}},
		"at": {"type": "string", "format": "time"},
		"days": {"type": "array", "items": {"type": "string", "format": "date-time"}}
	}`, `"required": []`)
	for form, want := range map[string]string{
		"traits.home.city=&traits.home.mine=false&traits.home.deep.a=&traits.home.deep.b=false": `{}`,
		"traits.home.city=Bern&traits.home.mine=false":                                          `{"home":{"city":"Bern","mine":false}}`,
		"traits.home.city=&traits.home.mine=true":                                               `{"home":{"mine":true}}`,
		"traits.home.city=Bern&traits.home.deep.a=&traits.home.deep.b=false":                    `{"home":{"city":"Bern"}}`,
		"traits.wants.mail=false":                                                               `{"wants":{"mail":false}}`,
		"traits.open.a=&traits.open.b=false":                                                    `{"open":{"b":false}}`,
		"traits.at=10:30":                                                                       `{"at":"10:30:00Z"}`,
		"traits.at=10:30:15":                                                                    `{"at":"10:30:15Z"}`,
		"traits.at=10:30:15%2B02:00":                                                            `{"at":"10:30:15+02:00"}`,
		"traits.days=2026-01-02T10:30&traits.days=2026-01-02T10:30:00Z":                         `{"days":["2026-01-02T10:30:00Z","2026-01-02T10:30:00Z"]}`,
	} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Decode(Input{Form: values, EmptyIsAbsent: true})
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", form, got, err, want)
		}
	}
}

func TestDecode_numberedJSON(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{
		"tags": {"type": "array", "items": {"type": "string"}},
		"people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}},
		"place": {"type": "array", "items": [{"type": "number"}, {"type": "string", "format": "date-time"}]},
		"grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
		"n\\a": {"type": "array", "items": {"type": "string"}}, "free": {"type": "object"}, "kind": {"enum": [1.5, "x"]}, "either": {"type": ["string", "integer"]}, "any": {},
		"role": {"type": "array", "items": {"type": "string"}, "x-symbolon": {"writable": "admin"}}
	}`, `"required": []`)
	for object, want := range map[string]string{
		`{"traits.tags": "", "traits.tags.10": "c", "traits.tags.9": "b", "traits.tags.0": "a"}`:                    `{"tags":["a","b","c"]}`,
		`{"traits.people.0.name": "Ann", "traits.people.0.age": "3", "traits.people.1.age": 4}`:                     `{"people":[{"age":3,"name":"Ann"},{"age":4}]}`,
		`{"traits.place.0": "52.5", "traits.place.1": "2026-01-02T10:30"}`:                                          `{"place":[52.5,"2026-01-02T10:30:00Z"]}`,
		`{"traits.kind": 1.5, "traits.either": 5, "traits.any.0": "a", "traits.any.1": 2}`:                          `{"kind":1.5,"either":5,"any":["a",2]}`,
		`{"traits.kind": "", "traits.either": "5", "traits.any": null}`:                                             `{"either":"5"}`,
		`{"traits.grid.0.0": 1, "traits.grid.0.1": "2", "traits.grid.1.0": 3}`:                                      `{"grid":[[1,2],[3]]}`,
		`{"traits.free.x": 1, "traits.free.y.0": "z", "traits.free.n": {"a": true}}`:                                `{"free":{"n":{"a":true},"x":1,"y":["z"]}}`,
		`{"traits.tags.999999999999": "far", "traits.tags.-1": "x", "traits.other.0": 1, "traits.role.0": 1}`:       `{"tags":["far"]}`,
		`{"traits.people.0.name": "", "traits.people.0.age": null, "traits.place.0": "", "traits.place.1": ""}`:     `{}`,
		`{"traits.tags.0": "a", "traits.tags.1": "", "traits.tags.2": null, "traits.free.x": "", "traits.any": ""}`: `{"tags":["a"]}`,
		`{"traits.place.0": "", "traits.place.1": "2026-01-02T10:30"}`:                                              `{"place":["","2026-01-02T10:30:00Z"]}`,
		`{"traits.people.0": {"name": "A", "age": 1}, "traits.people.0.age": 2}`:                                    `{"people":[{"age":2,"name":"A"}]}`,
		`{"traits.free.n": {"0": "a"}, "traits.free.o": {}, "traits.any.x": {"1": "a"}}`:                            `{"free":{"n":{"0":"a"},"o":{}},"any":{"x":{"1":"a"}}}`,
		`{"traits": {"tags": ["z"]}, "traits.tags.foo": "x"}`:                                                       `{"tags":["z"]}`,
		`{"traits.n\\a": ["x"]}`: `{}`,
	} {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(object), &members); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Decode(Input{JSON: members, Numbered: true}); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", object, got, err, want)
		}
		if got, err := s.Decode(Input{JSON: members}); err != nil || strings.Contains(string(got), `[{`) || strings.Contains(string(got), `"a"`) {
			t.Errorf("%s: without Numbered %s, %v", object, got, err)
		}
	}
	if _, err := s.Decode(Input{JSON: map[string]json.RawMessage{"traits.free" + strings.Repeat(".a", 50): json.RawMessage("1")}, Numbered: true}); err == nil {
		t.Error("nested too deeply, and taken")
	}
}
