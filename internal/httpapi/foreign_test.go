package httpapi_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"symbolon/internal/flow"
	"symbolon/internal/httpapi/wire"
	"symbolon/internal/httpapi/wire05"
	"symbolon/internal/httpapi/wire1"
)

// everything serves all kinds with all methods, so that no route is left out.
type everything struct{}

func (everything) Serves(flow.Kind) bool { return true }
func (everything) Methods(k flow.Kind) []string {
	switch k {
	case flow.Settings:
		return []string{"password", "profile", "oidc"}
	case flow.Recovery, flow.Verification:
		return []string{"link"}
	case flow.Login, flow.Registration:
	}
	return []string{"password", "oidc"}
}

// bodies are what a page of another site can make a browser send, and what a program
// can: those that no reader understands, and whole ones.
var bodies = map[string][2]string{
	"empty":                      {"", ""},
	"plain text":                 {"text/plain", "a=b"},
	"escape that is none":        {"application/x-www-form-urlencoded", "a=%zz"},
	"no UTF-8":                   {"application/x-www-form-urlencoded", "a=%ff"},
	"NUL":                        {"application/x-www-form-urlencoded", "a=%00"},
	"multipart without boundary": {"multipart/form-data", "a=b"},
	"JSON array":                 {"application/json", "[]"},
	"JSON cut off":               {"application/json", `{"a":`},
	"whole form, no token":       {"application/x-www-form-urlencoded", "identifier=jane%40shop.test&password=correct+horse+1+battery&email=jane%40shop.test&traits.email=x%40shop.test&method=password&provider=acme"},
	"whole JSON, no token":       {"application/json", `{"identifier":"jane@shop.test","password":"correct horse 1 battery","email":"jane@shop.test","traits":{"email":"x@shop.test"},"method":"password","provider":"acme"}`},
	"whole form, token of another": {"application/x-www-form-urlencoded", "csrf_token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&identifier=jane%40shop.test&password=correct+horse+1+battery&" +
		"email=jane%40shop.test&traits.email=x%40shop.test&method=password&provider=acme"},
}

// TestForeign sends every unsafe public request, with every body, from every browser
// that a flow does not belong to: nothing happens to the flow, and nobody is signed in
// (V1). The routes come from the wires, so that a new one is tried too.
func TestForeign(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SECURITY_LIMITS_ENABLED=false", "SESSION_COOKIE_DOMAIN=shop.test",
		`SELFSERVICE_METHODS_OIDC_ENABLED=true`, `SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS=[{"id":"acme","provider":"generic","client_id":"a","client_secret":"b","issuer_url":"https://acme.test","mapper_url":"base64://bG9jYWwgYyA9IHN0ZC5leHRWYXIoJ2NsYWltcycpOyB7aWRlbnRpdHk6IHt0cmFpdHM6IHtlbWFpbDogYy5lbWFpbH19fQ=="}]`)
	jane, mallory := s.browser(), s.browser()
	jane.register(t, "jane@shop.test")
	mallory.register(t, "mallory@shop.test")
	stranger := s.browser()
	stranger.start(t, "login", "")

	var routes []wire.Route
	routes = append(routes, wire05.New(s.base).Routes(everything{}).Public...)
	for _, r := range wire1.New(s.base.JoinPath("v1"), wire1.Parts{}, wire1.Config{Public: s.base, Admin: s.base}).Routes(everything{}).Public {
		r.Path = "/v1" + r.Path
		routes = append(routes, r)
	}
	routes = slices.DeleteFunc(routes, func(r wire.Route) bool {
		return !r.Unsafe() || r.Verb == "" || r.Op != wire.OpSubmit && r.Op != wire.OpToProvider
	})
	if len(routes) < 10 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, r := range routes {
		kind := r.Kind
		if kind == "" {
			kind = flow.Login
		}
		owner := s.browser()
		if kind == flow.Settings {
			owner = mallory
		}
		id, _ := owner.start(t, string(kind), "")
		target := strings.ReplaceAll(r.Path, "{flow}", id) + "?" + url.Values{"flow": {id}}.Encode()
		before := row(t, s, kind, id)
		session := "ory_kratos_session=" + jane.jar["ory_kratos_session"]
		for who, cookies := range map[string]string{
			"no cookie":                  "",
			"foreign cookie":             "csrf_token=" + stranger.jar["csrf_token"],
			"foreign cookie, signed in":  session + "; csrf_token=" + jane.jar["csrf_token"],
			"tossed cookie, signed in":   session + "; csrf_token=" + owner.jar["csrf_token"],
			"cookie that was not issued": "csrf_token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		} {
			for name, body := range bodies {
				sender := s.browser().with("Content-Type", body[0])
				if cookies != "" {
					sender = sender.with("Cookie", cookies)
				}
				answer := sender.do(t, r.Verb, target, body[1])
				label := r.Verb + " " + r.Path + ", " + who + ", " + name
				for _, set := range answer.Result().Cookies() {
					if set.Name == "ory_kratos_session" && set.MaxAge >= 0 && set.Value != "" {
						t.Errorf("%s: signed in", label)
					}
				}
				if after := row(t, s, kind, id); after != before {
					t.Fatalf("%s: the flow changed\nfrom %s\nto   %s", label, before, after)
				}
			}
		}
	}
	if jane.whoami(t) != "jane@shop.test" {
		t.Error("jane's account was changed")
	}
}

// row is what is kept of a flow.
func row(t testing.TB, s *site, k flow.Kind, id string) string {
	t.Helper()
	r := s.browser().admin(t, http.MethodGet, "/self-service/"+string(k)+"/flows?id="+id, "")
	if r.Code != http.StatusOK {
		t.Fatalf("inspect %s: %d %s", k, r.Code, r.Body)
	}
	return r.Body.String()
}
