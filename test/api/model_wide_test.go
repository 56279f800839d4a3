package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

// The wide model says what must not come about, and not what must: so it can afford both wires in one sequence,
// every way to sign in and to recover, operators who interfere, policies and hooks.

// owner is a person with two addresses, of which the first is confirmed.
type owner struct {
	id       string
	emails   [2]string
	proven   map[string]bool
	password string
	old      []string // passwords
	seed     string   // of an app; empty for none
	lastStep int64
	codes    []string
	used     map[string]bool
	key      *ceremonytest.Key // a second factor
	passkey  *ceremonytest.Key // a first one
	lost     []*ceremonytest.Key
	born     time.Time
	inactive bool
}

// evidence is a session and what was proven in it.
type evidence struct {
	who     *owner
	token   string
	browser *client // nil for an app
	native  bool    // the browser keeps the cookies of an app
	second  bool
	mailbox string // by which its first factor came
	since   time.Time
	ended   bool
	// recovered is that it began with a recovery.
	recovered bool
	// unsure is that it may have ended: its owner was inactive for a while, or changed something after a recovery.
	unsure bool
}

// settingsPage is a flow of settings, begun on either wire.
type settingsPage struct {
	who  *owner
	id   string
	ends time.Time
}

// sentCode is a mailed code that signs in.
type sentCode struct {
	who              *owner
	by               evidence // without a session yet
	kind, id         string   // of the flow
	address, code    string
	ends             time.Time
	used, superseded bool
}

// switches are what operators have configured.
type switches struct {
	methods          map[string]bool
	code             string // what codes are for: mfa, passwordless or nothing but recovery
	two              bool   // a passkey that verified its user counts as two factors
	policy           bool
	whoami, settings string // required_aal
	hooks            bool   // refuse what people change
}

const policyGrace = 2 * time.Hour

// wideModel is the system under test beside what people have proven.
type wideModel struct {
	*site
	t        *testing.T
	set      switches
	refusing string // URL of a web hook
	people   []*owner
	sessions []*evidence
	pages    []*settingsPage
	sent     []*sentCode
	steps    int
	serial   *int
	done     map[string]int // how often a step had an effect
}

// reach is whether a person has a second factor that can be used now.
func (m *wideModel) reach(p *owner) bool {
	on := m.set.methods
	return on["totp"] && p.seed != "" || on["lookup_secret"] && len(p.codes) > len(p.used) || on["webauthn"] && p.key != nil ||
		m.set.code == "mfa" && m.mailboxes(p) > 0
}

func (m *wideModel) mailboxes(p *owner) int {
	n := 0
	for _, a := range p.emails {
		if p.proven[a] {
			n++
		}
	}
	return n
}

func (m *wideModel) live(p *evidence) bool {
	return !p.ended && !p.who.inactive && m.now().Before(p.since.Add(sessionLifetime))
}

func (m *wideModel) high(p *evidence) bool { return p.second || !m.reach(p.who) }

// mayChange is whether a session may change factors, addresses and the password.
func (m *wideModel) mayChange(p *evidence) bool {
	return m.live(p) && m.high(p) && m.now().Before(p.since.Add(privilegedFor))
}

// owes is whether a policy asks a person for a factor that they do not have.
func (m *wideModel) owes(p *owner) bool {
	on := m.set.methods
	enforced := m.set.policy && (on["totp"] || on["lookup_secret"] || on["webauthn"] || m.set.code == "mfa")
	return enforced && !m.now().Before(p.born.Add(policyGrace)) && !m.reach(p)
}

// passes is whether the check of a session may let it pass.
func (m *wideModel) passes(p *evidence) bool {
	return m.live(p) && (m.high(p) || m.set.whoami == "aal1") && !m.owes(p.who)
}

// check compares the level of the latest sessions with what was proven, on both wires, and what a person has.
func (m *wideModel) check(t *rapid.T) {
	m.steps++
	for _, p := range m.sessions[max(0, len(m.sessions)-5):] {
		for _, wire := range []string{"/v1", ""} {
			a := m.get(p, wire+"/sessions/whoami")
			got, may := a.StatusCode == http.StatusOK, m.passes(p)
			if got && !may || may && !got && !p.unsure || a.StatusCode >= http.StatusInternalServerError {
				t.Fatalf("%s session %d of %s (browser %t, second %t, mailbox %q, since %v, ended %t) passes: %t, want %t: %d %s",
					wire, slices.Index(m.sessions, p), p.who.emails, p.browser != nil, p.second, p.mailbox, p.since, p.ended, got, may, a.StatusCode, a.body)
			}
			if got && wire == "/v1" && (a.text(m.t, "authenticator_assurance_level") == "aal2") != p.second {
				t.Fatalf("second factor %t: %s", p.second, a.body)
			}
		}
	}
	m.checkCredentials(t, m.people[m.steps%len(m.people)])
}

// checkCredentials sees that a person has the credentials that they set, and no other.
func (m *wideModel) checkCredentials(t *rapid.T, p *owner) {
	a := m.app1().get(m.t, m.admin.URL+"/admin/identities/"+p.id)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	has, _ := a.object(m.t)["credentials"].(map[string]any)
	for method, want := range map[string]bool{"totp": p.seed != "", "lookup_secret": p.codes != nil} {
		if _, got := has[method]; got != want {
			t.Fatalf("%s has %s: %t, want %t", p.emails, method, got, want)
		}
	}
	for _, at := range a.object(m.t)["verifiable_addresses"].([]any) {
		at := at.(map[string]any)
		if value := at["value"].(string); at["verified"] != p.proven[value] {
			t.Fatalf("%s is confirmed: %t, want %t", value, at["verified"], p.proven[value])
		}
	}
}

// next takes one of the steps that can be taken.
func (m *wideModel) next(t *rapid.T) {
	all := []step{
		{8, "sign in", m.signIn},
		{5, "sign in with a passkey", m.usePasskey},
		{2, "ask for a code", m.askForCode},
		{1, "open a link", m.openLink},
		{1, "use a code of an operator", m.useOperatorCode},
		{1, "reset by operators", m.reset},
		{1, "switch", m.configureAtRandom},
		{1, "set inactive", func(t *rapid.T) { m.setState(t, true) }},
		{8, "set active", func(t *rapid.T) { m.setState(t, false) }},
		{1, "end all sessions", m.endAll},
		{1, "confirm an address", m.confirm},
		{5, "let time pass", func(t *rapid.T) {
			m.pass([]time.Duration{31 * time.Second, time.Minute, 7 * time.Minute, 7 * time.Minute, 31 * time.Minute, 13 * time.Hour}[evenly(6).Draw(t, "time")])
			m.did()
		}},
	}
	if len(m.sessions) > 0 {
		all = append(all, step{3, "sign in again", m.refresh}, step{3, "open settings", func(t *rapid.T) { m.open(t, m.session(t, m.sessions)) }},
			step{4, "change the password", m.changePassword}, step{3, "change an address", m.changeAddress},
			step{1, "end other sessions", m.endOthers}, step{1, "sign out", m.signOut}, step{6, "one code at once", m.atOnce})
		for method, weight := range map[string]int{"lookup_secret": 3, "totp": 6, "webauthn": 6, "passkey": 4} {
			all = append(all, step{weight, "add " + method, func(t *rapid.T) { m.add(t, method) }}, step{2, "remove " + method, func(t *rapid.T) { m.remove(t, method) }})
		}
		for method, weight := range map[string]int{"lookup_secret": 12, "totp": 12, "webauthn": 12, "code": 6} {
			all = append(all, step{weight, "step up by " + method, func(t *rapid.T) { m.stepUp(t, method) }})
		}
	}
	if len(m.sent) > 0 {
		all = append(all, step{5, "use a code", m.useCode})
	}
	if len(m.pages) > 0 && len(m.sessions) > 0 {
		all = append(all, step{4, "read settings", m.read})
	}
	slices.SortFunc(all, func(a, b step) int { return strings.Compare(a.name, b.name) })
	var names []string
	for _, one := range all {
		names = append(names, slices.Repeat([]string{one.name}, one.weight)...)
	}
	name := names[evenly(len(names)).Draw(t, "step")]
	t.Log(name)
	before := m.done[""]
	all[slices.IndexFunc(all, func(s step) bool { return s.name == name })].take(t)
	m.done[name] += m.done[""] - before
}

// did counts an effect.
func (m *wideModel) did() { m.done[""]++ }

// Random sequences in which people, attackers who know some of what is secret, and operators use both wires: no
// session comes to more than was proven in it, nothing that protects an account changes below the level that its
// owner has, a recovery lowers nothing, one mailbox is never both factors, and settings show to their owner alone.
func TestNoSessionIsAboveWhatWasProven_widely(t *testing.T) {
	t.Parallel()
	s, refusing := wideSite(t)
	serial, steps, done := 0, 0, map[string]int{}
	sequence := func(rt *rapid.T) {
		if evenly(12).Draw(rt, "a sequence that is left out unless 0") > 0 {
			return // few long sequences reach more than many short ones
		}
		m := &wideModel{site: s, t: t, refusing: refusing, serial: &serial, done: done}
		m.configure(switches{methods: map[string]bool{"totp": true, "lookup_secret": true, "webauthn": true, "passkey": true}, whoami: "highest_available", settings: "highest_available"})
		for range 2 {
			m.people = append(m.people, m.person())
		}
		for range 3 {
			rt.Repeat(map[string]func(*rapid.T){"": m.check, "step": m.next})
		}
		steps += m.steps
	}
	for tries := 0; steps == 0 && tries < 20; tries++ { // a short run may leave out all of them
		rapid.Check(t, sequence)
	}
	if steps == 0 {
		t.Error("no sequence was taken")
	}
	delete(done, "")
	var effects []string
	for _, name := range slices.Sorted(maps.Keys(done)) {
		effects = append(effects, fmt.Sprintf("%s: %d", name, done[name]))
		if steps > 20_000 && done[name] == 0 {
			t.Errorf("no step had the effect %q", name)
		}
	}
	t.Logf("%d steps, of which with an effect %s", steps, strings.Join(effects, ", "))
}
