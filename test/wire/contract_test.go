package wire

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/symbolon/symbolon/api"
)

// contract judges answers by api/openapi.yaml, as strictly as the generated clients of version 0.5 do: unknown members, nulls,
// missing members and wrong types are refused.
type contract struct {
	paths    map[*regexp.Regexp]*openapi3.PathItem
	anyError *openapi3.Schema
}

// anyMethod are the paths that answer every method as they answer GET.
var anyMethod = []string{"/sessions/whoami"}

var pathParameter = regexp.MustCompile(`\\\{[a-z]+\\\}`)

func newContract(t *testing.T) contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Document)
	if err != nil {
		t.Fatal(err)
	}
	c := contract{paths: map[*regexp.Regexp]*openapi3.PathItem{}, anyError: doc.Components.Schemas["genericError"].Value}
	for path, item := range doc.Paths.Map() {
		for _, p := range anyMethod {
			if p == path {
				item.Post, item.Put, item.Patch, item.Delete = item.Get, item.Get, item.Get, item.Get
			}
		}
		pattern := pathParameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
		c.paths[regexp.MustCompile(`^`+pattern+`$`)] = item
	}
	return c
}

// judge lists how an answer breaks the contract. Answers without JSON have none.
func (c contract) judge(method, target string, a answer) []string {
	isJSON := strings.HasPrefix(a.header("Content-Type"), "application/json")
	switch {
	case method == http.MethodHead:
		return nil
	case a.value == nil && (isJSON || a.text == "null"):
		return []string{fmt.Sprintf("contract: Content-Type %q with the body %q", a.header("Content-Type"), a.text)}
	case a.value == nil:
		return nil
	case !isJSON:
		return []string{fmt.Sprintf("contract: JSON under Content-Type %q", a.header("Content-Type"))}
	}
	var broken []string
	err := c.schema(method, target, a.status).VisitJSON(a.value, openapi3.MultiErrors(), openapi3.VisitAsResponse(),
		openapi3.EnableFormatValidation(), openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(`^`+patterns["id"]+`$`)))
	if err != nil {
		broken = append(broken, "contract: "+firstLines(err))
	}
	findNulls("body", a.value, &broken)
	return broken
}

// schema is what the body of an answer must be. A body that is not described must be an error.
func (c contract) schema(method, target string, status int) *openapi3.Schema {
	path, _, _ := strings.Cut(target, "?")
	path = strings.ReplaceAll(path, "//", "/")
	for pattern, item := range c.paths {
		op := item.Operations()[method]
		if op == nil || !pattern.MatchString(path) {
			continue
		}
		response := op.Responses.Status(status)
		if response == nil {
			response = op.Responses.Default()
		}
		if response != nil && response.Value.Content["application/json"] != nil {
			return response.Value.Content["application/json"].Schema.Value
		}
	}
	return c.anyError
}

// findNulls lists the members that are null; the schema of an open object would let them pass.
func findNulls(at string, value any, found *[]string) {
	switch value := value.(type) {
	case nil:
		*found = append(*found, "contract: "+at+" is null")
	case map[string]any:
		for name, member := range value {
			findNulls(at+"."+name, member, found)
		}
	case []any:
		for i, element := range value {
			findNulls(fmt.Sprintf("%s[%d]", at, i), element, found)
		}
	}
}

// firstLines keeps of a schema error what went wrong, without the schema and the value that it repeats.
func firstLines(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if strings.HasPrefix(line, "Error at") || strings.HasPrefix(line, "doesn't match") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if lines == nil {
		return err.Error()
	}
	return strings.Join(lines, "; ")
}

func TestTheContractRefusesWhatStrictClientsRefuse(t *testing.T) {
	t.Parallel()
	const (
		identity = `{"id":"00000000-0000-7000-8000-000000000001","schema_id":"default","schema_url":"http://x/","traits":{"a":1.50},` +
			`"verifiable_addresses":[{"id":"00000000-0000-4000-8000-000000000001","value":"a@b","verified":false,"via":"email","status":"pending"}]}`
		session = `{"id":"00000000-0000-4000-8000-000000000001","active":true,"expires_at":"2026-11-23T03:43:06.2Z",` +
			`"authenticated_at":"2026-11-23T03:43:06Z","issued_at":"2026-11-23T03:43:06Z","identity":` + identity + `}`
	)
	change := func(old, by string) string {
		if !strings.Contains(session, old) {
			t.Fatalf("%q is not in the answer", old)
		}
		return strings.Replace(session, old, by, 1)
	}
	tests := map[string]struct {
		method, path, body string
		status             int
		accepted           bool
	}{
		"a session":                       {"GET", "/sessions/whoami", session, 200, true},
		"a session by another method":     {"PATCH", "/sessions/whoami", session, 200, true},
		"an error":                        {"GET", "/sessions/whoami", `{"error":{"code":401,"status":"Unauthorized","message":"x"}}`, 401, true},
		"an error of an unknown path":     {"POST", "/nope", `{"error":{"code":400,"status":"Bad Request","message":"x"}}`, 400, true},
		"an unknown member":               {"GET", "/sessions/whoami", change(`"active"`, `"aal":1,"active"`), 200, false},
		"an unknown member further in":    {"GET", "/sessions/whoami", change(`"via"`, `"x":1,"via"`), 200, false},
		"a missing member":                {"GET", "/sessions/whoami", change(`"active":true,`, ``), 200, false},
		"verified_at null":                {"GET", "/sessions/whoami", change(`"via"`, `"verified_at":null,"via"`), 200, false},
		"null in a free object":           {"GET", "/sessions/whoami", change(`1.50`, `null`), 200, false},
		"a number for a text":             {"GET", "/sessions/whoami", change(`"default"`, `1`), 200, false},
		"an id that is none":              {"GET", "/sessions/whoami", change(`00000000-0000-4000`, `00000000-0000-0000`), 200, false},
		"a time that is none":             {"GET", "/sessions/whoami", change(`2026-11-23T03:43:06.2Z`, `soon`), 200, false},
		"an empty list of addresses":      {"GET", "/sessions/whoami", change(`"traits"`, `"recovery_addresses":[],"traits"`), 200, false},
		"a session where an error is due": {"GET", "/sessions/whoami", session, 401, false},
		"an error without a message":      {"GET", "/sessions/whoami", `{"error":{"code":401,"status":"Unauthorized"}}`, 401, false},
		"null for a body":                 {"GET", "/self-service/verification/flows", `null`, 200, false},
		"a body that is no JSON":          {"GET", "/sessions/whoami", `{`, 200, false},
		"one of two types":                {"POST", "/self-service/login/methods/password", session, 200, true},
		"none of two types":               {"POST", "/self-service/login/methods/password", identity, 200, false},
	}
	c := newContract(t)
	for name, test := range tests {
		a := newAnswer(test.status, [][2]string{{"Content-Type", "application/json"}}, test.body)
		if broken := c.judge(test.method, test.path, a); (broken == nil) != test.accepted {
			t.Errorf("%s: accepted %v, want %v: %q", name, !test.accepted, test.accepted, broken)
		}
	}
	if c.judge("GET", "/sessions/whoami", newAnswer(200, [][2]string{{"Content-Type", "text/html"}}, session)) == nil {
		t.Error("JSON under another Content-Type was accepted")
	}
}
