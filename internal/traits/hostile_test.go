package traits

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// nested repeats a text around a core.
func nested(n int, before, core, after string) string {
	return strings.Repeat(before, n) + core + strings.Repeat(after, n)
}

func TestHostileSchemasAreRefused(t *testing.T) {
	t.Parallel()
	var doubling strings.Builder
	for i := range 40 {
		fmt.Fprintf(&doubling, `"d%d":{"allOf":[{"$ref":"#/definitions/d%d"},{"$ref":"#/definitions/d%d"}]},`, i, i+1, i+1)
	}
	var wide strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&wide, `"p%d":{"type":"string"},`, i)
	}
	for name, test := range map[string]struct{ schema, want string }{
		"too large":              {`{"title":"` + strings.Repeat("a", maxSchemaBytes) + `"}`, "larger than"},
		"too deep":               {nested(100, `{"not":`, `{}`, `}`), "nested deeper"},
		"not JSON":               {`{`, "not usable JSON"},
		"two values":             {`{} {}`, "data after"},
		"too many subschemas":    {`{"allOf":[` + strings.Repeat(`true,`, 6_000) + `true]}`, "subschemas"},
		"too many parts":         {`{"allOf":[` + strings.Repeat(`true,`, 20_000) + `true]}`, "more than 10000 parts"},
		"not a schema":           {`[1]`, "schema"},
		"a wrong keyword":        {`{"type":"text"}`, "metaschema"},
		"an unknown draft":       {`{"$schema":"https://example.org/draft"}`, "not available"},
		"a schema of itself":     {`{"$schema":"embedded://schema/identity.schema.json"}`, "not supported"},
		"look-around patterns":   {`{"properties":{"traits":{"pattern":"(?=a)"}}}`, "regex"},
		"a pattern of patterns":  {`{"properties":{"traits":{"pattern":"((a{1000}){1000}){1000}"}}}`, "regex"},
		"too many fields":        {`{"properties":{"traits":{"properties":{` + wide.String() + `"z":{"type":"string"}}}}}`, "fields"},
		"doubling in place":      {`{"properties":{"traits":{"$ref":"#/definitions/d0"}},"definitions":{` + doubling.String() + `"d40":{"type":"object"}}}`, "too complex"},
		"doubling with depth":    {`{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"allOf":[` + strings.Repeat(`{"properties":{"c":{"$ref":"#/definitions/x"}}},`, 20) + `{}]}}}`, "too complex"},
		"growing members":        {`{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"properties":{` + selves(40) + `}}}}`, "too many"},
		"numbers beyond measure": {`{"properties":{"traits":{"minimum":1e999999}}}`, "number"},
		"two places, one id":     {`{"definitions":{"a":{"$id":"https://x.example/"},"b":{"$id":"https://x.example/"}}}`, "x.example"},
		"a reference to nothing": {`{"$ref":"#/nothing"}`, "not found"},
		"another document":       {`{"$ref":"https://x.example/"}`, "not available"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Compile([]byte(test.schema))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func selves(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"c%d":{"$ref":"#/definitions/x"}`, i))
	}
	return strings.Join(list, ",")
}

func TestSchemasThatReferToThemselvesJudgeInBoundedTime(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"in place":         `{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"$ref":"#/definitions/x"}}}`,
		"in place, twice":  `{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"anyOf":[{"$ref":"#/definitions/x"},{"$ref":"#/definitions/x"}]}}}`,
		"a tree":           `{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":"object","properties":{"c":{"$ref":"#/definitions/x"},"l":{"type":"array","items":{"$ref":"#/definitions/x"}}}}}}`,
		"two ways a level": `{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"allOf":[{"properties":{"c":{"$ref":"#/definitions/x"}}},{"properties":{"c":{"$ref":"#/definitions/x"}}}]}}}`,
		"dynamic": `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"traits":{"$ref":"#/$defs/x"}},
			"$defs":{"x":{"$dynamicAnchor":"node","properties":{"c":{"$dynamicRef":"#node"}},"unevaluatedProperties":false}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schemaText(t, schema)
			for depth := range maxDepth + 2 {
				traits := json.RawMessage(nested(depth, `{"c":`, `{}`, `}`))
				// Without the bound, the deepest of these would take years.
				_ = s.Validate(traits)
				if _, err := s.Annotations(traits); err != nil && depth < maxDepth {
					t.Errorf("annotate at depth %d: %v", depth, err)
				}
			}
		})
	}
}

func TestDocumentsTooDeepForTheirSchemaAreRefused(t *testing.T) {
	t.Parallel()
	s := schemaText(t, `{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"allOf":[{"properties":{"c":{"$ref":"#/definitions/x"}}},{"properties":{"c":{"$ref":"#/definitions/x"}}}]}}}`)
	if s.depth < minDepth || s.depth >= maxDepth {
		t.Fatalf("allowed depth is %d", s.depth)
	}
	if err := s.Validate(json.RawMessage(nested(s.depth-1, `{"c":`, `{}`, `}`))); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	got := complaints(invalid(t, s.Validate(json.RawMessage(nested(s.depth, `{"c":`, `{}`, `}`)))))
	if len(got) != 1 || got[0].Text != "is nested too deeply for this schema" {
		t.Errorf("beyond the limit: %v", got)
	}
}

func TestTextsRepeatLittleOfWhatWasSent(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{"d":{"format":"date"},"o":{"properties":{"a":{}},"additionalProperties":false}}`)
	var names []string
	for i := range 2_000 {
		names = append(names, fmt.Sprintf(`"x%d":1`, i))
	}
	i := invalid(t, s.Validate(json.RawMessage(`{"d":"`+strings.Repeat("ü", 100_000)+`","o":{`+strings.Join(names, ",")+`}}`)))
	if len(i.Dump) > 3_000 {
		t.Errorf("the report has %d bytes", len(i.Dump))
	}
	for _, v := range i.Violations {
		params, err := json.Marshal(v.Params)
		if err != nil || len(v.Text)+len(params) > 3_000 {
			t.Errorf("%s: %d bytes of text, %d of parameters, %v", v.Kind, len(v.Text), len(params), err)
		}
	}
}

func TestReportsOfManyErrorsAreBounded(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{"n":{"type":"array","items":{"type":"integer","ory.sh/kratos":{"recovery":{"via":"email"}}}}}`)
	traits := json.RawMessage(`{"n":["x"` + strings.Repeat(`,"x"`, 9_000) + `]}`)
	i := invalid(t, s.Validate(traits))
	if len(i.Violations) != maxViolations || i.Violations[99].Field != "traits.n.99" {
		t.Errorf("%d violations", len(i.Violations))
	}
	if lines := strings.Split(i.Dump, "\n"); len(lines) != maxDumpLines+1 || !strings.HasSuffix(i.Dump, "\nand 8802 more") {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}
