package api

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// session draws one, most often one that is alive; nil if there is none.
func (m *wideModel) session(t *rapid.T, all []*evidence) *evidence {
	alive := slices.DeleteFunc(slices.Clone(all), func(p *evidence) bool { return !m.live(p) })
	if len(alive) > 0 && evenly(5).Draw(t, "any session if 0") > 0 {
		all = alive
	}
	if len(all) == 0 {
		return nil
	}
	return oneOf(t, all, "session")
}

// wire draws which version of the API a request goes to.
func (m *wideModel) wire(t *rapid.T) string { return []string{"", "/v1"}[evenly(2).Draw(t, "wire")] }

// client is what a session lives in: a browser, or an app that sends its token. A nil session is that of an app.
func (m *wideModel) client(p *evidence) (c *client, headers []string) {
	switch {
	case p == nil:
		return m.app1(), []string{"Accept", "application/json"}
	case p.browser != nil:
		return p.browser, []string{"Accept", "application/json"}
	}
	return m.app1(), as(p.token)
}

func (m *wideModel) get(p *evidence, target string) answer {
	c, headers := m.client(p)
	return c.get(m.t, target, headers...)
}

// begin starts a flow; its id is empty where that is refused. Browsers speak v1 here: pages of their own do.
func (m *wideModel) begin(t *rapid.T, kind, query string, p *evidence) (id string) {
	at := m.wire(t) + "/self-service/" + kind + "/api"
	if p != nil && p.browser != nil && !p.native {
		at = "/v1/self-service/" + kind + "/browser"
	}
	a := m.get(p, at+query)
	if a.StatusCode >= http.StatusInternalServerError {
		t.Fatalf("begin %s: %d %s", kind, a.StatusCode, a.body)
	}
	if a.StatusCode != http.StatusOK {
		return ""
	}
	return a.text(m.t, "id")
}

// field is the value of a field of a flow, empty if it has none. The answer of v0.5 has the fields of all methods.
func (m *wideModel) field(kind, id string, p *evidence, method, name string) string {
	a := m.get(p, "/self-service/"+kind+"/flows?id="+id)
	if a.StatusCode != http.StatusOK {
		return ""
	}
	return a.field(m.t, method, name)
}

// send submits a form to a flow by a wire.
func (m *wideModel) send(t *rapid.T, kind, id, method string, fields map[string]any, p *evidence) answer {
	a := m.post(m.wire(t), kind, id, method, fields, p)
	t.Logf("%s by %s: %d", kind, method, a.StatusCode)
	if a.StatusCode >= http.StatusInternalServerError {
		t.Fatalf("%s by %s: %d %s", kind, method, a.StatusCode, a.body)
	}
	return a
}

func (m *wideModel) post(wire, kind, id, method string, fields map[string]any, p *evidence) answer {
	all := maps.Clone(fields)
	c, headers := m.client(p)
	if p != nil && p.browser != nil && !p.native {
		wire = "/v1"
		shown := m.get(p, "/v1/self-service/"+kind+"/flows?id="+id)
		if shown.StatusCode == http.StatusOK {
			all["csrf_token"] = shown.nodes1(m.t)["default/csrf_token"].Attributes.Value
		}
	}
	if wire == "" {
		return c.json(m.t, "/self-service/"+kind+"/methods/"+method+"?flow="+id, all, headers...)
	}
	all["method"] = method
	return c.json(m.t, wire+"/self-service/"+kind+"?flow="+id, all, headers...)
}

// tokens are in bodies and in cookies.
var tokenInBody = regexp.MustCompile(`session_token":"([^"]+)"`)

// tokenOf is the token of the session that an answer opens or raises; empty for none.
func tokenOf(a answer) string {
	if found := tokenInBody.FindSubmatch(a.body); found != nil {
		return string(found[1])
	}
	for _, c := range a.Cookies() {
		if strings.Contains(c.Name, "session") && c.MaxAge >= 0 {
			return c.Value
		}
	}
	return ""
}

// opened notes a session, which must have been deserved.
func (m *wideModel) opened(t *rapid.T, a answer, may bool, p evidence) bool {
	token := tokenOf(a)
	if token != "" && (!may || p.who.inactive) {
		t.Fatalf("a session of %s is opened (inactive %t): %d %s", p.who.emails, p.who.inactive, a.StatusCode, a.body)
	}
	if token == "" {
		return false
	}
	p.since = m.now()
	if p.browser == nil {
		p.token = token
	}
	m.sessions = append(m.sessions, &p)
	t.Logf("session %d is of %s", len(m.sessions)-1, p.who.emails)
	m.did()
	return true
}
