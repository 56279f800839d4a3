package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// answer is what a request is answered with, or is expected to be.
type answer struct {
	status int
	// headers are sorted by name; those of one name keep their order. Framing (Content-Length, Transfer-Encoding) and Date are left out.
	headers [][2]string
	// value is the body where it is JSON other than null, else text is.
	value any
	text  string
}

// ignoredHeaders depend on the length of a body and on the time of day, not on what is answered.
var ignoredHeaders = []string{"Content-Length", "Transfer-Encoding", "Date"}

func newAnswer(status int, headers [][2]string, body string) answer {
	a := answer{status: status, headers: slices.Clone(headers)}
	a.headers = slices.DeleteFunc(a.headers, func(h [2]string) bool { return slices.Contains(ignoredHeaders, h[0]) })
	slices.SortStableFunc(a.headers, func(x, y [2]string) int { return strings.Compare(x[0], y[0]) })
	value, err := decodeJSON(body)
	if a.value = value; err != nil || value == nil {
		a.text = body
	}
	return a
}

// recorded is the answer that the recording expects.
func recorded(r response) answer { return newAnswer(r.Status, r.Headers, r.Body) }

// received is the answer that came.
func received(r *http.Response, body string) answer {
	var headers [][2]string
	for name, values := range r.Header {
		for _, v := range values {
			headers = append(headers, [2]string{name, v})
		}
	}
	return newAnswer(r.StatusCode, headers, body)
}

// decodeJSON reads a whole JSON text; numbers keep their spelling.
func decodeJSON(body string) (any, error) {
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return value, nil
}

// header returns the first value of a header.
func (a answer) header(name string) string {
	for _, h := range a.headers {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

// dropHeader removes the headers of a name whose value begins with prefix, and tells whether there was one.
func (a *answer) dropHeader(name, prefix string) bool {
	before := len(a.headers)
	a.headers = slices.DeleteFunc(a.headers, func(h [2]string) bool { return h[0] == name && strings.HasPrefix(h[1], prefix) })
	return len(a.headers) < before
}

// setHeader replaces the headers of a name by one.
func (a *answer) setHeader(name, value string) {
	a.dropHeader(name, "")
	a.addHeader(name, value)
}

// addHeader adds a value to those of a name.
func (a *answer) addHeader(name, value string) {
	a.headers = append(a.headers, [2]string{name, value})
	slices.SortStableFunc(a.headers, func(x, y [2]string) int { return strings.Compare(x[0], y[0]) })
}

// compare lists how an answer differs from the expected one, and binds placeholders on the way.
func (b bindings) compare(want, got answer) []string {
	var d []string
	if want.status != got.status {
		d = append(d, fmt.Sprintf("status: want %d, got %d", want.status, got.status))
	}
	d = append(d, b.compareHeaders(want.headers, got.headers)...)
	switch {
	case want.value != nil && got.value != nil:
		b.compareJSON("body", want.value, got.value, &d)
	case want.value != nil || got.value != nil:
		d = append(d, fmt.Sprintf("body: want %s\n     got %s", show(want), show(got)))
	default:
		if err := b.match(want.text, got.text); err != nil {
			d = append(d, "body: "+err.Error())
		}
	}
	return d
}

// compareHeaders pairs the values of each name in their order.
func (b bindings) compareHeaders(want, got [][2]string) []string {
	var d []string
	expected, actual := byName(want), byName(got)
	for _, headers := range []map[string][]string{expected, actual} {
		if lines := headers["Vary"]; lines != nil { // a set, however it is spread over lines (RFC 9110, 5.3 and 12.5.5)
			names := strings.Split(strings.Join(lines, ", "), ", ")
			slices.Sort(names)
			headers["Vary"] = []string{strings.Join(names, ", ")}
		}
	}
	names := slices.Sorted(maps.Keys(expected))
	for name := range actual {
		if expected[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for i := range max(len(expected[name]), len(actual[name])) {
			switch {
			case i >= len(actual[name]):
				d = append(d, fmt.Sprintf("header %s: want %q, got none", name, expected[name][i]))
			case i >= len(expected[name]):
				d = append(d, fmt.Sprintf("header %s: want none, got %q", name, actual[name][i]))
			default:
				if err := b.match(expected[name][i], actual[name][i], "cont"); err != nil {
					d = append(d, "header "+name+": "+err.Error())
				}
			}
		}
	}
	return d
}

func byName(headers [][2]string) map[string][]string {
	m := map[string][]string{}
	for _, h := range headers {
		m[h[0]] = append(m[h[0]], h[1])
	}
	return m
}

// compareJSON compares two JSON values: the order of a list counts, that of members does not.
func (b bindings) compareJSON(at string, want, got any, d *[]string) {
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			b.compareObjects(at, settled(want), settled(got), d)
			return
		}
	case []any:
		if got, ok := got.([]any); ok {
			b.compareLists(at, want, got, d)
			return
		}
	case string:
		if got, ok := got.(string); ok {
			if err := b.match(want, got); err != nil {
				*d = append(*d, at+": "+err.Error())
			}
			return
		}
	default:
		if want == got {
			return
		}
	}
	*d = append(*d, fmt.Sprintf("%s: want %s\n     got %s", at, compact(want), compact(got)))
}

func (b bindings) compareObjects(at string, want, got map[string]any, d *[]string) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value, ok := got[name]; ok {
			b.compareJSON(at+"."+name, want[name], value, d)
		} else {
			*d = append(*d, fmt.Sprintf("%s.%s: want %s, got none", at, name, compact(want[name])))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			*d = append(*d, fmt.Sprintf("%s.%s: want none, got %s", at, name, compact(got[name])))
		}
	}
}

func (b bindings) compareLists(at string, want, got []any, d *[]string) {
	for i := range min(len(want), len(got)) {
		b.compareJSON(fmt.Sprintf("%s[%s]", at, label(want[i], i)), want[i], got[i], d)
	}
	if len(want) != len(got) {
		*d = append(*d, fmt.Sprintf("%s: want %d elements, got %d\n     got %s", at, len(want), len(got), compact(got)))
	}
}

// label names an element of a list by its name or id where it has one.
func label(element any, index int) string {
	if o, ok := element.(map[string]any); ok {
		if name, ok := o["name"].(string); ok {
			return name
		}
	}
	return fmt.Sprint(index)
}

// settled leaves out the members that mean nothing either way: messages that are null or empty, verified_at null, an empty value
// (decision 1, surprises 0). That answers do not carry them is checked against api/openapi.yaml.
func settled(o map[string]any) map[string]any {
	o = maps.Clone(o)
	maps.DeleteFunc(o, func(name string, value any) bool {
		list, isList := value.([]any)
		switch name {
		case "messages":
			return value == nil || isList && len(list) == 0
		case "verified_at":
			return value == nil
		case "value":
			return value == ""
		}
		return false
	})
	return o
}

func compact(value any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(out.String())
}

func show(a answer) string {
	if a.value != nil {
		return compact(a.value)
	}
	return fmt.Sprintf("%q", a.text)
}

func TestEveryDifferenceOfAnAnswerIsReported(t *testing.T) {
	t.Parallel()
	headers := [][2]string{{"Content-Type", "application/json"}, {"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}}
	const body = `{"id":"{{id.1}}","n":[1,1.50],"messages":null,"o":{"value":"","verified_at":null,"x":true}}`
	const same = `{"o":{"x":true},"n":[1,1.50],"messages":[],"id":"00000000-0000-4000-8000-000000000001"}`
	tests := map[string]struct {
		got         answer
		differences int
	}{
		"the same":                    {newAnswer(200, headers, same), 0},
		"framing differs":             {newAnswer(200, append(headers, [2]string{"Content-Length", "9"}), same), 0},
		"status":                      {newAnswer(201, headers, same), 1},
		"header missing":              {newAnswer(200, headers[:2], same), 1},
		"header added":                {newAnswer(200, append(headers, [2]string{"X-A", "1"}), same), 1},
		"header value":                {newAnswer(200, [][2]string{{"Content-Type", "text/html"}, headers[1], headers[2]}, same), 1},
		"header order":                {newAnswer(200, [][2]string{headers[0], headers[2], headers[1]}, same), 2},
		"member missing":              {newAnswer(200, headers, strings.Replace(same, `"x":true`, ``, 1)), 1},
		"member added":                {newAnswer(200, headers, strings.Replace(same, `"x":true`, `"x":true,"y":null`, 1)), 1},
		"member of other kind":        {newAnswer(200, headers, strings.Replace(same, `"x":true`, `"x":"true"`, 1)), 1},
		"number spelt in another way": {newAnswer(200, headers, strings.Replace(same, `1.50`, `1.5`, 1)), 1},
		"list shorter":                {newAnswer(200, headers, strings.Replace(same, `1,1.50`, `1`, 1)), 1},
		"list order":                  {newAnswer(200, headers, strings.Replace(same, `1,1.50`, `1.50,1`, 1)), 2},
		"no JSON":                     {newAnswer(200, headers, "hello"), 1},
		"two JSON texts":              {newAnswer(200, headers, same+same), 1},
	}
	for name, test := range tests {
		if d := (bindings{}).compare(newAnswer(200, headers, body), test.got); len(d) != test.differences {
			t.Errorf("%s: %d differences, want %d: %q", name, len(d), test.differences, d)
		}
	}
}
