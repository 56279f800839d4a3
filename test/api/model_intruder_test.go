package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// credentials are an identity with its addresses and all its credentials, as an
// operator sees them.
func (s *site) credentials(t testing.TB, id string) string {
	t.Helper()
	target := s.admin.URL + "/admin/identities/" + id + "?"
	for _, kind := range []string{"password", "oidc", "totp", "lookup_secret", "webauthn", "passkey", "code"} {
		target += "include_credential=" + kind + "&"
	}
	return string(s.app1().get(t, target).body)
}

// keep returns another browser with the cookies as they are now.
func (c *client) keep(t testing.TB) *client {
	t.Helper()
	kept := c.site.browser(t)
	kept.http.Jar.SetCookies(c.base(t), c.http.Jar.Cookies(c.base(t)))
	return kept
}

func (c *client) base(t testing.TB) *url.URL {
	t.Helper()
	base, err := url.Parse(c.site.public.URL)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// intrude is what an attacker does who has a session of before, a password of before, a
// site that the victim visits, or a site of the same domain. No credential of
// the victim changes by it, nor does a flow change its owner.
func (m *model) intrude(t *rapid.T) {
	victim := oneOf(t, m.accounts, "account")
	if victim.deleted {
		t.Skip("no person is there")
	}
	attacks := map[string]func(*rapid.T, *account){
		"old session": m.useOldSession, "old password": m.useOldPassword, "foreign page": m.leadToPage, "tossed cookie": m.toss,
	}
	what := rapid.SampledFrom([]string{"old session", "old password", "foreign page", "tossed cookie"}).Draw(t, "attack")
	before := map[*account]string{victim: m.credentials(m.t, victim.id)}
	for _, where := range m.tabs {
		if where.pass != nil && !where.pass.who.deleted {
			before[where.pass.who] = m.credentials(m.t, where.pass.who.id)
		}
	}
	attacks[what](t, victim)
	for who, was := range before {
		if after := m.credentials(m.t, who.id); after != was {
			t.Fatalf("%s changed the account of %s\nfrom %s\nto   %s", what, who.email, was, after)
		}
	}
}

// useOldSession tries a token that has ended on every form of settings there is.
func (m *model) useOldSession(t *rapid.T, victim *account) {
	var ended []*pass
	for _, p := range m.passes {
		if p.who == victim && p.token != "" && !m.live(p) {
			ended = append(ended, p)
		}
	}
	token := oneOf(t, ended, "ended session").token
	if a := m.app1().get(m.t, "/self-service/settings/api", as(token)...); a.StatusCode == http.StatusOK {
		t.Fatalf("settings begin with a session that has ended: %s", a.body)
	}
	for _, a := range m.attempts {
		if a.kind == "settings" && a.who == victim {
			m.app1().json(m.t, m.public.URL+"/self-service/settings/methods/password?flow="+a.id, map[string]string{"password": m.secret()}, as(token)...)
		}
	}
}

// useOldPassword tries one that was replaced, by the owner or by a recovery.
func (m *model) useOldPassword(t *rapid.T, victim *account) {
	old := oneOf(t, victim.old, "old password")
	if a := m.login(m.t, victim.email, old); a.StatusCode == http.StatusOK {
		t.Fatalf("a password of before signs in as %s", victim.email)
	}
}

// foreignForms are what pages of other sites send.
func foreignForms(csrf, secret string) map[string][2]string {
	const form = "application/x-www-form-urlencoded"
	whole := url.Values{"csrf_token": {csrf}, "password": {secret}, "traits.email": {"thief@example.net"}, "method": {"password"}}
	return map[string][2]string{
		"empty": {form, ""}, "plain text": {"text/plain", "a"}, "no UTF-8": {form, "a=%ff"}, "cut off": {"application/json", `{"a`},
		"whole": {form, whole.Encode()},
	}
}

// leadToPage has a tab of the victim's, or of anybody's, send the form of another site
// to a flow of the intruder's or of its own.
func (m *model) leadToPage(t *rapid.T, _ *account) {
	where := oneOf(t, m.tabs, "tab").keep(m.t)
	m.sendForeignly(t, where, "")
}

// toss has a site of the same domain set cookies of the intruder's first.
func (m *model) toss(t *rapid.T, _ *account) {
	where := oneOf(t, m.tabs, "tab").keep(m.t)
	m.intruder.page(m.t, "login")
	csrf := (&tab{client: m.intruder}).csrfCookie(m.t)
	where.http.Jar.SetCookies(where.base(m.t), []*http.Cookie{{Name: "csrf_token", Value: csrf, Path: "/self-service"}})
	m.sendForeignly(t, where, csrf)
	// Even if the id of a flow that starts then became known, its form is the browser's.
	to, err := url.Parse(where.get(m.t, "/self-service/settings/browser").Header.Get("Location"))
	if err != nil || to.Path != "/settings" {
		return
	}
	whole := foreignForms(csrf, m.secret())["whole"]
	where.do(m.t, http.MethodPost, m.public.URL+"/self-service/settings/methods/password?flow="+to.Query().Get("flow"), whole[1], "Content-Type", whole[0])
}

// sendForeignly sends one form from a tab, with a token of the intruder's, to a flow of the
// intruder's and to the flows that the tabs have.
func (m *model) sendForeignly(t *rapid.T, where *client, csrf string) {
	kind := rapid.SampledFrom([]string{"login", "registration", "recovery"}).Draw(t, "kind")
	own := m.intruder.page(m.t, kind)
	forms := foreignForms(csrf, m.secret())
	body := forms[rapid.SampledFrom([]string{"empty", "plain text", "no UTF-8", "cut off", "whole"}).Draw(t, "body")]
	before := m.inspect(kind, own)
	headers := []string{"Content-Type", body[0]}
	if rapid.Bool().Draw(t, "the browser names the site") {
		headers = append(headers, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	}
	where.do(m.t, http.MethodPost, m.public.URL+"/self-service/"+kind+"/methods/"+methodOf(kind)+"?flow="+own, body[1], headers...)
	if after := m.inspect(kind, own); csrf == "" && after != before {
		t.Fatalf("a flow of the intruder's changed\nfrom %s\nto   %s", before, after)
	}
	for _, a := range m.attempts[max(0, len(m.attempts)-4):] {
		if a.tab != nil && a.kind == "settings" {
			for _, method := range []string{"password", "profile"} {
				where.do(m.t, http.MethodPost, m.public.URL+"/self-service/settings/methods/"+method+"?flow="+a.id, body[1], headers...)
			}
		}
	}
}

// inspect is a flow as an operator sees it.
func (m *model) inspect(kind, id string) string {
	return strings.TrimSpace(string(m.app1().get(m.t, m.admin.URL+"/self-service/"+kind+"/flows?id="+id).body))
}
