package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The identifier comes first on the pages and both wires; a flow begun on one wire goes on
// in the other.
func TestIdentifierFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_LOGIN_STYLE=identifier_first")
	s.page().register(t, "jane@shop.test")
	for _, who := range []string{"jane@shop.test", "unknown@shop.test"} {
		b := s.page()
		id, token := b.start(t, "login", "")
		asked := b.shows(t, "/login?flow="+id, `name="identifier"`)
		if strings.Contains(asked, `type="password"`) {
			t.Errorf("the page asks for the password at once: %s", asked)
		}
		send := func(method, body string) url.Values {
			t.Helper()
			r := b.do(t, http.MethodPost, "/self-service/login/methods/"+method+"?flow="+id, body+"&"+form("csrf_token", token))
			if r.Code != http.StatusFound {
				t.Fatalf("%s: %d %s", method, r.Code, r.Body)
			}
			return r.location(t).Query()
		}
		send("identifier_first", form("identifier", who))
		shown := b.shows(t, "/login?flow="+id, `type="password"`)
		if !strings.Contains(shown, "<bdi>"+who+"</bdi>") || !strings.Contains(shown, `name="screen" value="previous"`) {
			t.Errorf("the page does not say who signs in: %s", shown)
		}
		v1 := b.with("Accept", "application/json").do(t, http.MethodGet, "/v1/self-service/login/flows?id="+id, "").Body.String()
		if !strings.Contains(v1, `"active":"identifier_first"`) || !strings.Contains(v1, `"group":"identifier_first","attributes":{"name":"identifier","type":"hidden","value":"`+who+`"`) {
			t.Errorf("v1 shows another step: %s", v1)
		}
		send("identifier_first", form("screen", "previous"))
		b.shows(t, "/login?flow="+id, `id="identifier-first-identifier"`)
		send("identifier_first", form("identifier", who))
		send("password", form("identifier", who, "password", password))
		if got := b.whoami(t); (got == who) != (who == "jane@shop.test") {
			t.Errorf("%s: signed in as %q", who, got)
		}
	}
}

// Where forms tell, they say so.
func TestIdentifierFirst_tells(t *testing.T) {
	t.Parallel()
	for setting, tells := range map[string]bool{
		"SELFSERVICE_FLOWS_LOGIN_TELL_METHODS=true": true, "SECURITY_ACCOUNT_ENUMERATION_MITIGATE=false": true, "SECURITY_ACCOUNT_ENUMERATION_MITIGATE=true": false,
	} {
		s := newSite(t, "SELFSERVICE_FLOWS_LOGIN_STYLE=identifier_first", setting)
		b := s.page()
		id, token := b.start(t, "login", "")
		b.do(t, http.MethodPost, "/self-service/login/methods/identifier_first?flow="+id, form("identifier", "unknown@shop.test", "csrf_token", token))
		page := b.shows(t, "/login?flow="+id, "unknown@shop.test")
		if got := strings.Contains(page, "This account does not exist"); got != tells || strings.Contains(page, `type="password"`) == tells {
			t.Errorf("%s: %s", setting, page)
		}
	}
}
