package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// part is a piece of an identity schema as people write them, and what a person has
// there.
type part struct {
	name, properties, required, sample string
}

const marks = `"ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"verification":{"via":"email"},"recovery":{"via":"email"}}`

// signIns are how the schemas of public projects name people.
var signIns = []part{
	{"email", `"email":{"type":"string","format":"email","title":"E-Mail","minLength":3,` + marks + `}`, `"email"`, `"email":"Jane@example.org"`},
	{"username", `"username":{"type":"string","pattern":"^[a-z0-9_]+$","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}`, `"username"`, `"username":"jane_doe"`},
	{"both", `"email":{"type":"string","format":"email",` + marks + `},"username":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}`, `"email","username"`, `"email":"jane@example.org","username":"Jane"`},
	{"emails", `"emails":{"type":"array","minItems":1,"items":{"type":"string","format":"email",` + marks + `}}`, `"emails"`, `"emails":["jane@example.org","j@example.org"]`},
	{"contacts", `"contacts":{"type":"array","items":{"type":"object","required":["value"],"properties":{"kind":{"enum":["home","work"],"type":"string"},"value":{"type":"string","format":"email",` + marks + `}}}}`, `"contacts"`, `"contacts":[{"kind":"work","value":"jane@example.org"},{"value":"j@example.org"}]`},
	{"nested", `"account":{"type":"object","required":["email"],"properties":{"email":{"type":"string","format":"email",` + marks + `}}}`, `"account"`, `"account":{"email":"jane@example.org"}`},
	{"allOf", `"email":{"allOf":[{"type":"string"},{"format":"email"},{` + marks + `}]}`, `"email"`, `"email":"jane@example.org"`},
	{"idn", `"email":{"type":"string","format":"email",` + marks + `}`, `"email"`, `"email":"jane@münchen.example"`},
	{"phone", `"phone":{"type":"string","format":"tel","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}`, `"phone"`, `"phone":"+49 151 12345678"`},
	{"nullable", `"email":{"type":["string","null"],"format":"email",` + marks + `}`, `"email"`, `"email":"jane@example.org"`},
}

// profiles are what else those schemas have.
var profiles = []part{
	{"nothing", ``, ``, ``},
	{"name", `"name":{"type":"object","properties":{"first":{"type":"string"},"last":{"type":"string"}},"additionalProperties":false}`, ``, `"name":{"first":"Jane","last":"O'Neill"}`},
	{"lists", `"groups":{"type":"array","items":{"type":"string"}},"levels":{"type":"array","items":{"type":"integer"}}`, `"groups"`, `"groups":["admins","devs"],"levels":[3,1]`},
	{"objects in lists", `"idp_groups":{"type":"array","items":{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string"},"active":{"type":"boolean"}}}}`, ``, `"idp_groups":[{"id":1,"name":"a","active":true},{"id":2,"name":"b","active":false}]`},
	{"dates", `"born":{"type":"string","format":"date"},"member_since":{"type":"string","format":"date-time"}`, ``, `"born":"1990-02-03","member_since":"2026-05-31T09:30:00+02:00"`},
	{"consents", `"terms":{"type":"boolean","const":true},"newsletter":{"type":"boolean"}`, `"terms","newsletter"`, `"terms":true,"newsletter":false`},
	{"nulls", `"middle_name":{"type":["string","null"]},"company":{"anyOf":[{"type":"string"},{"type":"null"}]},"extra":{"type":["object","null"],"properties":{"a":{"type":"string"}}}`, ``, `"middle_name":"Q","company":"Acme","extra":{"a":"b"}`},
	{"choices and numbers", `"plan":{"type":"string","enum":["free","pro"],"default":"free"},"age":{"type":"integer","minimum":18},"height":{"type":"number"},"website":{"type":"string","format":"uri"}`, `"plan"`, `"plan":"pro","age":33,"height":1.75,"website":"https://jane.example/?a=b"`},
	{"tuples", `"point":{"type":"array","items":[{"type":"string"},{"type":"number"}]},"matrix":{"type":"array","items":{"type":"array","items":{"type":"integer"}}}`, ``, `"point":["x",1.5],"matrix":[[1,2],[3,4]]`},
	{"free", `"meta":{"type":"object"},"a.b":{"type":"string"},"größe":{"type":"string"}`, ``, `"meta":{"theme":"dark","deep":{"n":"one"}},"a.b":"c","größe":"L"`},
}

func (p part) with(more part) part {
	join := func(a, b string) string { return strings.Trim(a+","+b, ",") }
	return part{p.name + " with " + more.name, join(p.properties, more.properties), join(p.required, more.required), join(p.sample, more.sample)}
}

func (p part) schema() string {
	return `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"traits":{"type":"object","properties":{` + p.properties + `},"required":[` + p.required + `]}}}`
}

func TestIdentitySchemas_shapesOfRealProjects(t *testing.T) {
	t.Parallel()
	shapes := 0
	for i, signIn := range signIns {
		for j, profile := range profiles {
			shapes++
			if testing.Short() && (i+j)%5 != 0 {
				continue
			}
			p := signIn.with(profile)
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, "IDENTITY_DEFAULT_SCHEMA_URL=base64://"+base64.URLEncoding.EncodeToString([]byte(p.schema())),
					"SELFSERVICE_FLOWS_SETTINGS_PRIVILEGED_SESSION_MAX_AGE=1h")
				var traits map[string]any
				if err := json.Unmarshal([]byte("{"+p.sample+"}"), &traits); err != nil {
					t.Fatal(err)
				}
				s.throughAdmin(t, traits)
				s.throughForms(t, traits)
			})
		}
	}
	if shapes != 100 {
		t.Errorf("%d shapes", shapes)
	}
}

// throughAdmin creates, reads, replaces and deletes, and then signs up and changes by JSON.
func (s *site) throughAdmin(t *testing.T, traits map[string]any) {
	t.Helper()
	c := s.app1()
	made := c.json(t, s.admin.URL+"/identities", map[string]any{"schema_id": "default", "traits": traits})
	if made.StatusCode != http.StatusCreated {
		t.Fatalf("create: %d %s", made.StatusCode, made.body)
	}
	s.wantTraits(t, "created", made.object(t), traits)
	at := s.admin.URL + "/identities/" + made.text(t, "id")
	raw, err := json.Marshal(map[string]any{"traits": traits})
	if err != nil {
		t.Fatal(err)
	}
	if a := c.do(t, http.MethodPut, at, string(raw), "Content-Type", "application/json"); a.StatusCode != http.StatusOK {
		t.Fatalf("replace: %d %s", a.StatusCode, a.body)
	}
	c.do(t, http.MethodDelete, at, "")
	up := c.json(t, c.start(t, "registration", "password"), map[string]any{"traits": traits, "password": password})
	if up.StatusCode != http.StatusOK {
		t.Fatalf("sign up by JSON: %d %s", up.StatusCode, up.body)
	}
	s.wantTraits(t, "signed up by JSON", up.object(t)["identity"].(map[string]any), traits)
	token := up.text(t, "session_token")
	action := c.get(t, "/self-service/settings/api", "X-Session-Token", token).text(t, "methods.profile.config.action")
	if a := c.json(t, action, map[string]any{"traits": traits}, "X-Session-Token", token); a.StatusCode != http.StatusOK {
		t.Fatalf("settings by JSON: %d %s", a.StatusCode, a.body)
	}
	s.wantTraits(t, "settings by JSON", s.whoami(t, token).object(t)["identity"].(map[string]any), traits)
	c.do(t, http.MethodDelete, s.admin.URL+"/identities/"+s.identityOf(t, token), "")
}

func (s *site) wantTraits(t *testing.T, when string, identity, traits map[string]any) {
	t.Helper()
	if diff := cmp.Diff(traits, identity["traits"]); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

// throughForms signs up with a form and sends the form of the settings back as it came.
func (s *site) throughForms(t *testing.T, traits map[string]any) {
	t.Helper()
	c := s.browser(t)
	action, csrf := c.startBrowser(t, "registration", "password", "")
	form := map[string]string{"csrf_token": csrf, "password": password}
	flat(form, "traits", traits)
	if form["traits.newsletter"] == "false" {
		delete(form, "traits.newsletter") // a box that is not ticked
	}
	if a := c.form(t, action, form); a.StatusCode != http.StatusFound || strings.Contains(a.Header.Get("Location"), "flow=") {
		t.Fatalf("sign up by form: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	before := c.get(t, "/sessions/whoami").object(t)["identity"].(map[string]any)["traits"]
	to, err := url.Parse(c.get(t, "/self-service/settings/browser").Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	id := to.Query().Get("flow")
	flow := c.get(t, "/self-service/settings/flows?id="+id).object(t)
	config := flow["methods"].(map[string]any)["profile"].(map[string]any)["config"].(map[string]any)
	sent := map[string]string{}
	for _, field := range config["fields"].([]any) {
		f := field.(map[string]any)
		switch value := f["value"]; {
		case f["type"] == "checkbox" && value != true, f["type"] == "submit":
		case value == nil:
			sent[fmt.Sprint(f["name"])] = ""
		default:
			sent[fmt.Sprint(f["name"])] = text(value)
		}
	}
	if a := c.form(t, config["action"].(string), sent); a.StatusCode != http.StatusFound {
		t.Fatalf("settings: %d %s", a.StatusCode, a.body)
	}
	if a := c.get(t, "/self-service/settings/flows?id="+id); a.text(t, "state") != "success" {
		t.Fatalf("settings were not saved: %s", a.body)
	}
	after := c.get(t, "/sessions/whoami").object(t)["identity"].(map[string]any)["traits"]
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the form of the settings, sent back (-before +after):\n%s", diff)
	}
	s.wantTraits(t, "signed up by form", map[string]any{"traits": after}, traits)
}

// flat names the scalars of traits as forms do.
func flat(into map[string]string, name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for member, inner := range v {
			flat(into, name+"."+strings.ReplaceAll(member, ".", `\.`), inner)
		}
	case []any:
		for i, inner := range v {
			flat(into, name+"."+strconv.Itoa(i), inner)
		}
	default:
		into[name] = text(v)
	}
}

func text(v any) string {
	if number, ok := v.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
