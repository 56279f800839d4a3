package api

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"pgregory.net/rapid"
)

var sixDigits = regexp.MustCompile(`(?m)^\s*([0-9]{6})\s*$`)

// newestCode is the code of the newest mail to an address; empty if there is none.
func (m *wideModel) newestCode(address string) string {
	id := m.app1().get(m.t, m.admin.URL+"/admin/courier/messages?page_size=1&recipient="+url.QueryEscape(address))
	_, rest, found := strings.Cut(string(id.body), `"id":"`)
	if !found {
		return ""
	}
	at, _, _ := strings.Cut(rest, `"`)
	if code := sixDigits.FindStringSubmatch(m.app1().get(m.t, m.admin.URL+"/courier/messages/"+at).text(m.t, "text")); code != nil {
		return code[1]
	}
	return ""
}

// askForCode has a code mailed that recovers an account, or signs in where codes do.
func (m *wideModel) askForCode(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	c := &sentCode{who: p, kind: []string{"recovery", "login"}[evenly(2).Draw(t, "kind")], address: p.emails[evenly(2).Draw(t, "address")]}
	c.by = evidence{who: p, mailbox: c.address, browser: m.browser(m.t), native: rapid.Bool().Draw(t, "native")}
	if c.id = m.begin(t, c.kind, "", &c.by); c.id == "" {
		return
	}
	before := m.newestCode(c.address)
	m.send(t, c.kind, c.id, "code", map[string]any{"email": c.address, "identifier": c.address}, &c.by)
	if c.code = m.newestCode(c.address); c.code == "" || c.code == before {
		return
	}
	c.ends = m.now().Add(flowLifetime)
	m.supersede(p, c.kind)
	m.sent = append(m.sent, c)
	m.did()
}

// supersede notes that the recovery codes of a person from before count no more.
func (m *wideModel) supersede(p *owner, kind string) {
	for _, c := range m.sent {
		c.superseded = c.superseded || kind == "recovery" && c.who == p && c.kind == kind
	}
}

func (m *wideModel) useCode(t *rapid.T) {
	c := oneOf(t, m.sent, "code")
	may := !c.used && !c.superseded && m.now().Before(c.ends) && c.who.proven[c.address] && (c.address == c.who.emails[0] || c.address == c.who.emails[1])
	if c.kind == "login" {
		may = may && m.set.code == "passwordless"
	}
	a := m.send(t, c.kind, c.id, "code", map[string]any{"code": c.code}, &c.by)
	in := evidence{who: c.who, mailbox: c.address, recovered: c.kind == "recovery"}
	if c.kind == "recovery" || !c.by.native {
		in.browser = c.by.browser
	}
	opened := m.opened(t, a, may, in)
	// v1 leads apps to settings in a browser that has no session yet.
	if c.kind == "recovery" && !opened && a.StatusCode == http.StatusUnprocessableEntity {
		if !may || c.who.inactive {
			t.Fatalf("%s recovers %s: %s", c.address, c.who.emails, a.body)
		}
		m.end(c.who, nil)
		m.supersede(c.who, c.kind)
		c.used = true
		return
	}
	if !opened {
		return
	}
	c.used = true
	if c.kind == "recovery" {
		m.supersede(c.who, c.kind)
		m.end(c.who, m.sessions[len(m.sessions)-1])
	}
}

// end ends the sessions of a person but one.
func (m *wideModel) end(who *owner, but *evidence) {
	for _, p := range m.sessions {
		p.ended = p.ended || p.who == who && p != but
	}
}

// openLink follows a link that an operator made: a first factor and no more.
func (m *wideModel) openLink(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	link := m.adminLink(m.t, p.id)
	if link == "" {
		return
	}
	b := m.browser(m.t)
	m.recovered(t, p, b, b.opens(m.t, link))
}

// useOperatorCode types a code that an operator hands over into the page that the operator names.
func (m *wideModel) useOperatorCode(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	offer := m.app1().json(m.t, m.admin.URL+"/admin/recovery/code", map[string]any{"identity_id": p.id})
	at, err := url.Parse(offer.text(m.t, "recovery_link"))
	if err != nil || at.Query().Get("flow") == "" {
		return
	}
	c := m.browser(m.t)
	action, token := c.fetch(m.t, "recovery", "code", at.Query().Get("flow"))
	m.recovered(t, p, c, c.form(m.t, action, map[string]string{"code": offer.text(m.t, "recovery_code"), "csrf_token": token}))
}

func (m *wideModel) recovered(t *rapid.T, p *owner, b *client, a answer) {
	m.supersede(p, "recovery")
	if m.opened(t, a, true, evidence{who: p, browser: b, recovered: true}) {
		m.end(p, m.sessions[len(m.sessions)-1])
	}
}

// confirm proves an address by a code.
func (m *wideModel) confirm(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	id, address := m.begin(t, "verification", "", nil), p.emails[1]
	before := m.newestCode(address)
	m.send(t, "verification", id, "code", map[string]any{"email": address}, nil)
	code := m.newestCode(address)
	if code == "" || code == before {
		return
	}
	a := m.send(t, "verification", id, "code", map[string]any{"code": code}, nil)
	// v0.5 leads on, v1 shows that the flow has passed.
	if a.StatusCode == http.StatusFound || strings.Contains(string(a.body), "passed_challenge") {
		p.proven[address] = true
		m.did()
	}
}
