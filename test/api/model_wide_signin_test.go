package api

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

func (m *wideModel) signIn(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	typed := p.password
	if len(p.old) > 0 && evenly(3).Draw(t, "an old password if 0") == 0 {
		typed = oneOf(t, p.old, "password")
	}
	by := evidence{who: p}
	if evenly(3).Draw(t, "in a browser if 0") == 0 {
		by.browser = m.browser(m.t)
	}
	a := m.send(t, "login", m.begin(t, "login", "", &by), "password", map[string]any{"identifier": p.emails[0], "password": typed}, &by)
	in := m.opened(t, a, typed == p.password, by)
	if !in && typed == p.password && !p.inactive {
		t.Fatalf("%s can't sign in: %d %s", p.emails, a.StatusCode, a.body)
	}
}

func (m *wideModel) usePasskey(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	k := p.passkey
	if len(p.lost) > 0 && evenly(3).Draw(t, "a removed key if 0") == 0 {
		k = oneOf(t, p.lost, "key")
	}
	id := m.begin(t, "login", "", nil)
	challenge := m.field("login", id, nil, "passkey", "passkey_challenge")
	if k == nil || challenge == "" {
		return
	}
	touched := *k
	verified := evenly(3).Draw(t, "a touch alone if 0") > 0
	if !verified {
		touched.Flags = ceremonytest.Present
	}
	a := m.send(t, "login", id, "passkey", map[string]any{"passkey_login": touched.Get(m.t, challenge, ceremonytest.Lie{})}, nil)
	k.Counter = touched.Counter
	m.opened(t, a, k == p.passkey && m.set.methods["passkey"], evidence{who: p, second: verified && m.set.two})
}

// refresh proves the password once more in a session, which raises none.
func (m *wideModel) refresh(t *rapid.T) {
	p := m.session(t, m.sessions)
	id := m.begin(t, "login", "?refresh=true", p)
	if id == "" {
		return
	}
	whose := oneOf(t, m.people, "person")
	a := m.send(t, "login", id, "password", map[string]any{"identifier": whose.emails[0], "password": whose.password}, p)
	token := tokenOf(a)
	if a.StatusCode != http.StatusOK && token == "" {
		return
	}
	switch {
	case whose == p.who && m.live(p) && (p.browser != nil || token == p.token || token == ""):
		p.since = m.now()
		m.did()
	default:
		if m.opened(t, a, true, evidence{who: whose, browser: p.browser}) && p.browser != nil {
			m.sessions = slices.DeleteFunc(m.sessions, func(s *evidence) bool { return s == p }) // its cookie is gone
		}
	}
}

// stepUp shows a second factor, rightly or not.
func (m *wideModel) stepUp(t *rapid.T, method string) {
	p := m.session(t, m.sessions)
	id := m.begin(t, "login", "?aal=aal2", p)
	if id == "" {
		return
	}
	whose := p.who
	if evenly(4).Draw(t, "a factor of another person if 0") == 0 {
		whose = oneOf(t, m.people, "person")
	}
	user := m.session(t, m.sessions)
	if evenly(4).Draw(t, "another session sends it if 0") > 0 {
		user = p
	}
	fields, right, effect := m.present(t, id, user, whose, method)
	if fields == nil {
		return
	}
	a := m.send(t, "login", id, method, fields, user)
	if a.StatusCode != http.StatusOK {
		return
	}
	if !right || whose != user.who || !m.live(user) {
		t.Fatalf("%s of %s raises a session of %s (right %t): %s", method, whose.emails, user.who.emails, right, a.body)
	}
	effect()
	m.raised(user, a)
}

// raised notes that a session has a second factor; an older token of it is worth nothing.
func (m *wideModel) raised(p *evidence, a answer) {
	p.second, p.since = true, m.now()
	if token := tokenOf(a); token != "" && p.browser == nil {
		p.token = token
	}
	m.did()
}

// present is what a client with the factors of a person sends, whether it is right, and what it uses up.
func (m *wideModel) present(t *rapid.T, id string, user *evidence, whose *owner, method string) (fields map[string]any, right bool, effect func()) {
	on := m.set.methods[method]
	switch method {
	case "totp":
		if whose.seed == "" {
			return nil, false, nil
		}
		at := m.now().Add([]time.Duration{0, 30 * time.Second, time.Hour}[evenly(3).Draw(t, "ahead")])
		code, err := totp.GenerateCode(whose.seed, at)
		if err != nil {
			t.Fatal(err)
		}
		step := at.Unix() / 30
		return map[string]any{"totp_code": code}, on && step > whose.lastStep && at.Before(m.now().Add(time.Minute)), func() { whose.lastStep = step }
	case "lookup_secret":
		if len(whose.codes) == 0 {
			return nil, false, nil
		}
		code := whose.codes[evenly(len(whose.codes)).Draw(t, "code")]
		return map[string]any{"lookup_secret": code}, on && !whose.used[code], func() { whose.used[code] = true }
	case "code":
		address := whose.emails[evenly(2).Draw(t, "address")]
		m.send(t, "login", id, "code", map[string]any{"address": address}, user)
		code := m.newestCode(address)
		if code == "" {
			return nil, false, nil
		}
		return map[string]any{"code": code}, m.set.code == "mfa" && whose.proven[address] && address != user.mailbox, func() {}
	}
	options := m.field("login", id, user, "webauthn", "webauthn_login_trigger")
	if whose.key == nil || options == "" {
		return nil, false, nil
	}
	k, clone := whose.key, evenly(4).Draw(t, "a clone if 0") == 0
	if clone {
		copied := *k
		copied.Counter = 1
		k = &copied
	}
	return map[string]any{"webauthn_login": k.Get(m.t, options, ceremonytest.Lie{})}, on && !clone, func() {}
}

// atOnce sends one code in two sessions at the same moment: it counts once.
func (m *wideModel) atOnce(t *rapid.T) {
	a := m.session(t, m.sessions)
	b := m.session(t, slices.DeleteFunc(slices.Clone(m.sessions), func(p *evidence) bool { return p.who != a.who || p == a }))
	if b == nil {
		return
	}
	ids := [2]string{m.begin(t, "login", "?aal=aal2", a), m.begin(t, "login", "?aal=aal2", b)}
	method := []string{"totp", "lookup_secret"}[evenly(2).Draw(t, "method")]
	fields, right, effect := m.present(t, ids[0], a, a.who, method)
	if fields == nil || ids[0] == "" || ids[1] == "" {
		return
	}
	wires := [2]string{m.wire(t), m.wire(t)}
	var got [2]answer
	var all sync.WaitGroup
	for i, p := range []*evidence{a, b} {
		all.Go(func() { got[i] = m.post(wires[i], "login", ids[i], method, fields, p) })
	}
	all.Wait()
	good := 0
	for i, p := range []*evidence{a, b} {
		if got[i].StatusCode == http.StatusOK {
			good++
			m.raised(p, got[i])
		}
	}
	if good > 1 || good == 1 && !right {
		t.Fatalf("one %s raised %d sessions (right %t): %s %s", method, good, right, got[0].body, got[1].body)
	}
	if good == 1 {
		effect()
	}
}
