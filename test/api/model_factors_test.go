package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
	"github.com/symbolon/symbolon/internal/config"
)

// The reference model of second factors: who has which, what their sessions have proven
// and when, and which methods are switched on.

// holder is a person with a password and perhaps second factors.
type holder struct {
	id, email string
	seed      string // of an app; empty for none
	lastStep  int64  // of the last code that counted
	codes     []string
	used      map[string]bool
	key       *ceremonytest.Key // nil for none
	handle    bool              // the user handle of a key stays when the key has gone
}

// proof is a session: of an app by its token, or of a browser after a recovery.
type proof struct {
	who       *holder
	token     string
	browser   *client
	second    bool
	recovered bool
	since     time.Time // authenticated
	ended     bool
}

// page is a settings flow of an app.
type page struct {
	who  *holder
	flow answer
	ends time.Time
	// fresh: it was begun in this step.
	fresh bool
}

// factorModel is the system under test beside what is expected of it.
type factorModel struct {
	*site
	t       *testing.T
	holders []*holder
	proofs  []*proof
	pages   []*page
	on      map[string]bool
	steps   *int
}

// reach is whether a person has a second factor that can be used now.
func (m *factorModel) reach(p *holder) bool {
	return m.on["totp"] && p.seed != "" || m.on["lookup_secret"] && len(p.codes) > len(p.used) || m.on["webauthn"] && p.key != nil
}

func (m *factorModel) live(p *proof) bool {
	return !p.ended && m.now().Before(p.since.Add(sessionLifetime))
}

// high is whether a session has proven all that its owner can.
func (m *factorModel) high(p *proof) bool { return p.second || !m.reach(p.who) }

// mayChange is whether a session may change factors and the password.
func (m *factorModel) mayChange(p *proof) bool {
	return m.live(p) && m.high(p) && m.now().Before(p.since.Add(privilegedFor))
}

// check compares the level of the latest sessions with what was proven.
func (m *factorModel) check(t *rapid.T) {
	*m.steps++
	for _, p := range m.proofs[max(0, len(m.proofs)-5):] {
		var a answer
		if p.browser != nil {
			a = p.browser.get(m.t, "/v1/sessions/whoami")
		} else {
			a = m.app1().get(m.t, "/v1/sessions/whoami", as(p.token)...)
		}
		want := http.StatusOK
		switch {
		case !m.live(p):
			want = http.StatusUnauthorized
		case !m.high(p):
			want = http.StatusForbidden
		}
		if a.StatusCode != want {
			t.Fatalf("session of %s (second %t, since %v, ended %t): %d, want %d: %s", p.who.email, p.second, p.since, p.ended, a.StatusCode, want, a.body)
		}
		level := "aal1"
		if p.second {
			level = "aal2"
		}
		if got := a.text(m.t, "authenticator_assurance_level"); want == http.StatusOK && got != level {
			t.Fatalf("session of %s has %s, want %s", p.who.email, got, level)
		}
	}
}

func (m *factorModel) signIn(t *rapid.T) {
	p := oneOf(t, m.holders, "person")
	a := m.login(m.t, p.email, password)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("sign in: %d %s", a.StatusCode, a.body)
	}
	m.proofs = append(m.proofs, &proof{who: p, token: a.text(m.t, "session_token"), since: m.now()})
}

// refresh proves the password once more: that makes a session younger or another one, and
// raises none.
func (m *factorModel) refresh(t *rapid.T) {
	p := m.someApp(t)
	a := m.app1().get(m.t, "/v1/self-service/login/api?refresh=true", as(p.token)...)
	if !m.live(p) {
		return // it is a sign-in like any other
	}
	body := map[string]any{"method": "password", "identifier": p.who.email, "password": password}
	got := m.app1().json(m.t, a.text(m.t, "ui.action"), body, as(p.token)...)
	if got.StatusCode != http.StatusOK {
		t.Fatalf("sign in again: %d %s", got.StatusCode, got.body)
	}
	if token := got.text(m.t, "session_token"); token != "" && token != p.token {
		m.proofs = append(m.proofs, &proof{who: p.who, token: token, since: m.now()})
		return
	}
	p.since = m.now()
}

// recover follows a link that came by mail: a first factor and no more.
func (m *factorModel) recover(t *rapid.T) {
	p := oneOf(t, m.holders, "person")
	b := m.browser(m.t)
	if to := b.opens(m.t, m.adminLink(m.t, p.id)).Header.Get("Location"); to == "" {
		t.Fatal("a recovery link leads nowhere")
	}
	m.end(p, nil)
	m.proofs = append(m.proofs, &proof{who: p, browser: b, recovered: true, since: m.now()})
	to, err := url.Parse(b.get(m.t, "/self-service/settings/browser").Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if shown := strings.HasPrefix(to.Path, "/settings"); shown == m.reach(p) {
		t.Fatalf("after a recovery of %s settings are shown: %t; a second factor: %t: %s", p.email, shown, m.reach(p), to)
	}
}

// end ends the sessions of a person but one.
func (m *factorModel) end(who *holder, but *proof) {
	for _, p := range m.proofs {
		p.ended = p.ended || p.who == who && p != but
	}
}

// stepUp shows a second factor, rightly or not.
func (m *factorModel) stepUp(t *rapid.T, method string) {
	p := m.someApp(t)
	f := m.app1().get(m.t, "/self-service/login/api?aal=aal2", as(p.token)...)
	wanted := m.live(p) && !p.second
	if got := f.StatusCode == http.StatusOK; got != wanted {
		t.Fatalf("step-up of %s begins: %t, want %t: %d %s", p.who.email, got, wanted, f.StatusCode, f.body)
	}
	if !wanted {
		return
	}
	whose := p.who
	if rapid.IntRange(0, 3).Draw(t, "a factor of another person if 0") == 0 {
		whose = oneOf(t, m.holders, "person")
	}
	fields, right, effect := m.present(t, f, whose, method)
	right = right && whose == p.who && m.on[method]
	action := fmt.Sprintf("%s/self-service/login/methods/%s?flow=%s", m.public.URL, method, f.text(m.t, "id"))
	a := m.app1().json(m.t, action, fields, as(p.token)...)
	if got := a.StatusCode == http.StatusOK; got != right || a.StatusCode >= http.StatusInternalServerError {
		t.Fatalf("%s raises a session of %s: %t, want %t: %d %s", method, p.who.email, got, right, a.StatusCode, a.body)
	}
	if !right {
		return
	}
	effect()
	p.second, p.since = true, m.now()
	if token := a.text(m.t, "session_token"); token != "" {
		p.token = token
	}
}

// present is what a client with the factors of a person sends, whether it is right, and
// what it uses up.
func (m *factorModel) present(t *rapid.T, f answer, whose *holder, method string) (fields map[string]any, right bool, effect func()) {
	switch method {
	case "totp":
		seed := whose.seed
		if seed == "" {
			seed = importedSeed
		}
		at := m.now().Add(rapid.SampledFrom([]time.Duration{0, 30 * time.Second, time.Hour}).Draw(t, "ahead"))
		code, err := totp.GenerateCode(seed, at)
		if err != nil {
			t.Fatal(err)
		}
		step := at.Unix() / 30
		right = whose.seed != "" && step > whose.lastStep && at.Before(m.now().Add(time.Minute))
		return map[string]any{"totp_code": code}, right, func() { whose.lastStep = step }
	case "lookup_secret":
		code := "wrongone"
		if len(whose.codes) > 0 {
			code = whose.codes[rapid.IntRange(0, len(whose.codes)-1).Draw(t, "code")]
		}
		return map[string]any{"lookup_secret": code}, len(whose.codes) > 0 && !whose.used[code], func() { whose.used[code] = true }
	}
	options := ""
	if strings.Contains(string(f.body), "webauthn_login_trigger") {
		options = f.field(m.t, method, "webauthn_login_trigger")
	}
	if whose.key == nil || options == "" {
		return map[string]any{"webauthn_login": "{}"}, false, nil
	}
	k, clone := whose.key, rapid.IntRange(0, 3).Draw(t, "a clone if 0") == 0
	if clone {
		copied := *k
		copied.Counter = 1
		k = &copied
	}
	return map[string]any{"webauthn_login": k.Get(m.t, options, ceremonytest.Lie{})}, !clone, func() {}
}

// reset takes a factor away and ends all sessions of its owner.
func (m *factorModel) reset(t *rapid.T) {
	p := oneOf(t, m.holders, "person")
	method := rapid.SampledFrom([]string{"totp", "lookup_secret", "webauthn"}).Draw(t, "method")
	had := map[string]bool{"totp": p.seed != "", "lookup_secret": p.codes != nil, "webauthn": p.handle}[method]
	a := m.app1().do(m.t, http.MethodDelete, m.admin.URL+"/identities/"+p.id+"/credentials/"+method, "")
	if got := a.StatusCode == http.StatusNoContent; got != had {
		t.Fatalf("reset of %s: %d %s, there was one: %t", method, a.StatusCode, a.body, had)
	}
	if !had {
		return
	}
	switch method {
	case "totp":
		p.seed = ""
	case "lookup_secret":
		p.codes, p.used = nil, nil
	case "webauthn":
		p.key, p.handle = nil, false
	}
	m.end(p, nil)
}

// switchMethods applies a configuration in which other methods are on.
func (m *factorModel) switchMethods(t *rapid.T) {
	m.configure(map[string]bool{
		"totp": rapid.Bool().Draw(t, "totp"), "lookup_secret": rapid.Bool().Draw(t, "lookup_secret"), "webauthn": rapid.Bool().Draw(t, "webauthn"),
	})
}

func (m *factorModel) configure(on map[string]bool) {
	m.t.Helper()
	m.on = on
	environ := factorModelSettings()
	for method, enabled := range on {
		environ = append(environ, fmt.Sprintf("SELFSERVICE_METHODS_%s_ENABLED=%t", strings.ToUpper(method), enabled))
	}
	next, _, err := config.Load(config.Source{Environ: append(environ,
		"DSN=memory", "SERVE_PUBLIC_BASE_URL="+m.public.URL+"/", "SERVE_ADMIN_BASE_URL="+m.admin.URL+"/",
		"HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
		"SELFSERVICE_FLOWS_SETTINGS_REVOKE_OTHER_SESSIONS=false",
	)})
	if err != nil {
		m.t.Fatal(err)
	}
	next.Hashers.Argon2.Memory = 64 // KiB, less than operators may set: what a hash costs is not a part of the model
	if err := m.app.Reload(next); err != nil {
		m.t.Fatal(err)
	}
}

func factorModelSettings() []string {
	return []string{
		"SECURITY_LIMITS_ENABLED=false", "SELFSERVICE_METHODS_TOTP_CONFIG_ISSUER=M", // a picture of few squares: drawing it costs most
		"SELFSERVICE_METHODS_WEBAUTHN_CONFIG_RP_ID=example.org", "SELFSERVICE_METHODS_WEBAUTHN_CONFIG_RP_ORIGINS=" + keySite,
	}
}

// Random sequences of sign-ins, factors, time, recoveries, resets and methods that are
// switched off, in which only what the model allows may come about: no session above what
// was proven, no factor or password changed below the level that its owner has, no
// recovery that lowers anything, and no account locked out by a method that is off.
func TestNoSessionIsAboveWhatWasProven(t *testing.T) {
	t.Parallel()
	s := newSite(t, factorModelSettings()...)
	s.transport = direct{s}
	var people [2]holder
	for i := range people {
		people[i].email = fmt.Sprintf("p%d@example.org", i)
		a := s.made(t, people[i].email, map[string]any{})
		if people[i].id = a.text(t, "id"); people[i].id == "" {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		s.prove(t, people[i].id, people[i].email)
	}
	var steps int
	on := map[string]bool{} // what the last sequence has left switched on
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.Bool().Draw(rt, "a sequence that is left out") {
			return // long sequences reach more than many do; the soak makes more of both
		}
		m := &factorModel{site: s, t: t, steps: &steps, on: on}
		if every := map[string]bool{"totp": true, "lookup_secret": true, "webauthn": true}; !maps.Equal(on, every) {
			m.configure(every)
		}
		for _, p := range people {
			for _, method := range []string{"totp", "lookup_secret", "webauthn"} {
				s.app1().do(t, http.MethodDelete, s.admin.URL+"/identities/"+p.id+"/credentials/"+method, "")
			}
			m.holders = append(m.holders, &holder{id: p.id, email: p.email})
			m.signIn(rt)
		}
		rt.Repeat(map[string]func(*rapid.T){"": m.check, "step": m.next})
		on = m.on
	})
	t.Logf("%d steps", steps)
}

// prove confirms the address of a person and sets the password again: the first proof ends
// what was there before.
func (s *site) prove(t testing.TB, id, email string) {
	t.Helper()
	s.browser(t).opens(t, s.adminLink(t, id))
	reset := s.app1().do(t, http.MethodPut, s.admin.URL+"/identities/"+id,
		`{"schema_id":"default","traits":{"email":"`+email+`"},"credentials":{"password":{"config":{"password":"`+password+`"}}}}`, "Content-Type", "application/json")
	if reset.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", reset.StatusCode, reset.body)
	}
}
