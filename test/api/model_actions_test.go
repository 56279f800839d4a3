package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// actions are what people and time do. A step that makes no sense yet, such as
// following a link before there is one, is skipped.
func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":                  m.check,
		"begin":             m.begin,
		"begin and submit":  func(t *rapid.T) { m.begin(t); m.submitTo(t, m.attempts[len(m.attempts)-1]) },
		"submit":            func(t *rapid.T) { m.submitTo(t, oneOf(t, m.attempts, "flow")) },
		"register":          func(t *rapid.T) { m.register(t, m.start(t, "registration", nil, nil)) },
		"sign in":           func(t *rapid.T) { m.logIn(t, m.start(t, "login", nil, nil)) },
		"follow a link":     m.follow,
		"end a session":     m.end,
		"let time pass":     m.wait,
		"link by the admin": m.adminsLink,
		"delete":            m.delete,
		"intrude":           m.intrude,
	}
}

// oneOf draws one of what there is, rather a late one.
func oneOf[T any](t *rapid.T, all []T, label string) T {
	if len(all) == 0 {
		t.Skip("there is no " + label)
	}
	back := rapid.IntRange(0, len(all)-1).Draw(t, label+", counted from the last")
	return all[len(all)-1-back]
}

func (m *model) someTab(t *rapid.T) *tab {
	if i := rapid.IntRange(-1, len(m.tabs)-1).Draw(t, "tab, -1 for an app"); i >= 0 {
		return m.tabs[i]
	}
	return nil
}

func (m *model) begin(t *rapid.T) {
	kind := rapid.SampledFrom([]string{"login", "registration", "recovery", "verification", "settings"}).Draw(t, "kind")
	where := m.someTab(t)
	var p *pass
	if where != nil {
		p = where.pass
	} else if kind == "settings" {
		p = oneOf(t, m.passes, "session")
		if p.token == "" {
			t.Skip("an app has no cookie")
		}
	}
	m.start(t, kind, where, p)
}

// start begins a flow, or sees that it can't be begun and skips the rest.
func (m *model) start(t *rapid.T, kind string, where *tab, p *pass) *attempt {
	wanted := kind == "verification" || (kind == "settings") == m.live(p)
	a := &attempt{kind: kind, tab: where, ends: m.now().Add(flowLifetime)}
	if where == nil {
		var headers []string
		if p != nil {
			headers = []string{"X-Session-Token", p.token}
		}
		answer := m.app1().get(m.t, "/self-service/"+kind+"/api", headers...)
		a.id = answer.text(m.t, "id")
		if answer.StatusCode != http.StatusOK {
			a.id = ""
		}
	} else {
		to, err := url.Parse(where.get(m.t, "/self-service/"+kind+"/browser").Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(to.Path, "/"+kind) {
			a.id = to.Query().Get("flow")
		}
	}
	if got := a.id != ""; got != wanted {
		t.Fatalf("%s begins: %t, want %t", kind, got, wanted)
	}
	if !wanted {
		t.Skip("it can't begin")
	}
	if kind == "settings" {
		a.who = p.who
	}
	if where != nil {
		_, a.csrf = where.fetch(m.t, kind, methodOf(kind), a.id)
		a.cookie = where.csrfCookie(m.t)
	}
	m.attempts = append(m.attempts, a)
	return a
}

func methodOf(kind string) string {
	if kind == "recovery" || kind == "verification" {
		return "link"
	}
	return "password"
}

// csrfCookie is what binds the forms of a browser to it. It is another one after each
// sign-in.
func (b *tab) csrfCookie(t testing.TB) string {
	t.Helper()
	base, err := url.Parse(b.site.public.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(base) {
		if c.Name == "csrf_token" {
			return c.Value
		}
	}
	return ""
}

func (m *model) submitTo(t *rapid.T, a *attempt) {
	switch a.kind {
	case "login":
		m.logIn(t, a)
	case "registration":
		m.register(t, a)
	case "settings":
		m.change(t, a)
	default:
		m.askForLink(t, a)
	}
}

// send submits a form to a flow: as an app with the token, or in the flow's tab, with
// the CSRF token of its cookie.
func (m *model) send(a *attempt, method, token string, fields map[string]string) answer {
	action := m.public.URL + "/self-service/" + a.kind + "/methods/" + method + "?flow=" + a.id
	if a.tab == nil {
		return m.app1().json(m.t, action, fields, "X-Session-Token", token)
	}
	fields["csrf_token"] = a.csrf
	return a.tab.form(m.t, action, fields)
}

// mayStart says whether a person may sign in or up, or recover, in the flow.
func (m *model) mayStart(a *attempt) bool { return m.open(a) && (a.tab == nil || !m.live(a.tab.pass)) }

func (m *model) logIn(t *rapid.T, a *attempt) {
	who := oneOf(t, m.accounts, "account")
	wrong := rapid.IntRange(0, 3).Draw(t, "wrong if 0") == 0
	typed := who.password
	if wrong {
		typed = m.secret()
	}
	wanted := m.mayStart(a) && !wrong && !who.deleted && m.owner(who.email) == who && who.password != ""
	answer := m.send(a, "password", "", map[string]string{"identifier": who.email, "password": typed})
	m.judge(t, "login", a, who, answer, wanted)
}

func (m *model) register(t *rapid.T, a *attempt) {
	who := &account{email: m.name(), password: m.secret()}
	if len(m.accounts) > 0 && rapid.IntRange(0, 3).Draw(t, "taken if 0") == 0 {
		who.email = oneOf(t, m.accounts, "account").email
	}
	wanted := m.mayStart(a) && m.owner(who.email) == nil
	answer := m.send(a, "password", "", map[string]string{"traits.email": who.email, "password": who.password})
	if wanted {
		m.accounts = append(m.accounts, who)
		if a.tab == nil {
			who.id = answer.text(m.t, "identity.id")
		} else {
			who.id = a.tab.get(m.t, "/sessions/whoami").text(m.t, "identity.id")
		}
	}
	m.judge(t, "registration", a, who, answer, wanted)
	if wanted {
		m.post(t, "verification", who, nil, "")
	}
}

// judge sees whether a person is signed in as they should be, by an answer to login or
// registration.
func (m *model) judge(t *rapid.T, what string, a *attempt, who *account, got answer, wanted bool) {
	token := ""
	signedIn := false
	if a.tab == nil {
		if got.StatusCode == http.StatusOK {
			token = got.text(m.t, "session_token")
		}
		signedIn = token != ""
	} else if !m.live(a.tab.pass) {
		signedIn = a.tab.get(m.t, "/sessions/whoami").StatusCode == http.StatusOK
	}
	if signedIn != wanted {
		t.Fatalf("%s of %s signs in: %t, want %t: %d %s %s", what, who.email, signedIn, wanted, got.StatusCode, got.Header.Get("Location"), got.body)
	}
	if wanted {
		a.over = true
		m.signIn(who, token, a.tab)
	}
}

func (m *model) askForLink(t *rapid.T, a *attempt) {
	who := oneOf(t, m.accounts, "account")
	email := who.email
	if rapid.IntRange(0, 4).Draw(t, "an unknown address if 0") == 0 {
		email = m.name()
	}
	who = m.owner(email)
	wanted := m.open(a) && (a.kind == "verification" || m.mayStart(a))
	answer := m.send(a, "link", "", map[string]string{"email": email})
	if a.tab == nil {
		if got := answer.StatusCode == http.StatusOK && answer.text(m.t, "state") == "sent_email" && answer.text(m.t, "id") == a.id; got != wanted {
			t.Fatalf("%s sends a link to %s: %t, want %t: %d %s", a.kind, email, got, wanted, answer.StatusCode, answer.body)
		}
	}
	if !wanted {
		return
	}
	if who == nil || a.kind == "recovery" && who.proven && !who.verified { // who may be a stranger with a mistyped address
		return
	}
	m.kill(func(l *letter) bool { return l.flow == a })
	if a.kind == "recovery" {
		m.kill(recoveryOf(who))
		a.who = who
	}
	m.post(t, a.kind, who, a, "")
}

// change tries to set a password, an address or a name.
func (m *model) change(t *rapid.T, a *attempt) {
	var p *pass
	if a.tab != nil {
		p = a.tab.pass
	} else if p = oneOf(t, m.passes, "session"); p.token == "" {
		t.Skip("an app has no cookie")
	}
	token := ""
	if p != nil {
		token = p.token
	}
	what := rapid.SampledFrom([]string{"password", "email", "name"}).Draw(t, "what")
	allowed := m.open(a) && m.live(p) && p.who == a.who && (what == "name" || m.privileged(p))
	switch what {
	case "password":
		next := m.secret()
		m.settle(t, a, m.send(a, "password", token, map[string]string{"password": next}), allowed, func() {
			a.who.old = append(a.who.old, a.who.password)
			a.who.password = next
			for _, other := range m.passes { // as the option says, and after a recovery in any case
				other.ended = other.ended || p.recovered && other.who == p.who && other != p
			}
		})
	case "name":
		m.settle(t, a, m.send(a, "profile", token, map[string]string{"traits.name.first": "Ada"}), allowed, func() {})
	case "email":
		next := m.name()
		if rapid.IntRange(0, 3).Draw(t, "taken if 0") == 0 {
			next = oneOf(t, m.accounts, "account").email
		}
		owner := m.owner(next)
		if next == a.who.email {
			t.Skip("that is no change")
		}
		m.settle(t, a, m.send(a, "profile", token, map[string]string{"traits.email": next}), allowed && owner == nil, func() {
			a.who.email, a.who.verified = next, false
			m.post(t, "verification", a.who, nil, "")
		})
	}
}

// settle sees whether a change was made. In a browser that is told by its form.
func (m *model) settle(t *rapid.T, a *attempt, got answer, wanted bool, effect func()) {
	saved := got.StatusCode == http.StatusOK
	if a.tab != nil {
		saved = strings.Contains(got.Header.Get("Location"), "/settings?flow="+a.id) && a.tab.get(m.t, "/self-service/settings/flows?id="+a.id).text(m.t, "state") == "success"
	}
	if saved != wanted {
		t.Fatalf("settings of %s are saved: %t, want %t: %d %s %s", a.who.email, saved, wanted, got.StatusCode, got.Header.Get("Location"), got.body)
	}
	if wanted {
		effect()
	}
}

func (m *model) follow(t *rapid.T) {
	l := oneOf(t, m.letters, "letter")
	where := oneOf(t, m.tabs, "tab")
	known := m.live(where.pass)
	valid := !l.dead && m.now().Before(l.ends) && !l.who.deleted && l.to == l.who.email
	wanted := valid && (l.kind == "verification" || !known)
	answer := where.opens(m.t, l.link)
	if l.kind == "recovery" {
		if got := strings.Contains(answer.Header.Get("Location"), "/settings?flow="); got != wanted {
			t.Fatalf("recovery link of %s signs in: %t, want %t: %d %s", l.to, got, wanted, answer.StatusCode, answer.Header.Get("Location"))
		}
	}
	if !wanted {
		return
	}
	if l.kind == "recovery" && !l.who.proven {
		l.who.old = append(l.who.old, l.who.password)
		l.who.password = "" // no address was ever proven: who set it is unknown
	}
	l.dead, l.who.verified, l.who.proven = true, true, true
	if l.flow != nil {
		l.flow.over = true
	}
	if l.kind == "recovery" {
		m.kill(recoveryOf(l.who))
		for _, p := range m.passes {
			p.ended = p.ended || p.who == l.who
		}
		m.signIn(l.who, "", where)
		where.pass.recovered = true
	}
}

func (m *model) end(t *rapid.T) {
	p := oneOf(t, m.passes, "session")
	if p.tab == nil {
		m.app1().do(m.t, http.MethodDelete, m.public.URL+"/sessions", `{"session_token":"`+p.token+`"}`, "Content-Type", "application/json")
	} else {
		if p.tab.pass != p {
			t.Skip("its cookie is gone")
		}
		p.tab.get(m.t, "/self-service/browser/flows/logout")
	}
	p.ended = true
}

// wait lets times pass that never add up to a lifetime.
func (m *model) wait(t *rapid.T) {
	m.pass(rapid.SampledFrom([]time.Duration{7 * time.Minute, 31 * time.Minute, 13 * time.Hour}).Draw(t, "time"))
}

func (m *model) adminsLink(t *rapid.T) {
	who := oneOf(t, m.accounts, "account")
	if who.deleted {
		t.Skip("no person is there")
	}
	m.kill(recoveryOf(who))
	m.post(t, "recovery", who, nil, m.adminLink(m.t, who.id))
}

func (m *model) delete(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "really if 0") > 0 {
		t.Skip("rarely")
	}
	who := oneOf(t, m.accounts, "account")
	m.app1().do(m.t, http.MethodDelete, m.admin.URL+"/identities/"+who.id, "")
	who.deleted = true
	for _, a := range m.attempts {
		a.over = a.over || a.who == who // it went with its owner
	}
}
