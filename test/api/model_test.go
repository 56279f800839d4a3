package api

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The reference model: what people, their sessions, flows and letters must be like,
// in as few words as there can be. The lifetimes are the defaults.
const (
	flowLifetime    = time.Hour
	sessionLifetime = 24 * time.Hour
	privilegedFor   = time.Hour
)

type account struct {
	id, email, password string
	old                 []string // passwords
	verified, deleted   bool
	proven              bool // an address of it was confirmed, this one or an earlier one
}

// pass is a session: of an app by its token, of a tab by its cookie.
type pass struct {
	who       *account
	token     string
	tab       *tab
	since     time.Time
	ended     bool
	recovered bool // began with a recovery
}

type tab struct {
	*client
	pass *pass
}

// attempt is a flow.
type attempt struct {
	kind, id string
	tab      *tab     // nil for an app
	csrf     string   // in the form
	cookie   string   // that the browser had then
	who      *account // whose settings or recovery it is
	ends     time.Time
	over     bool
	state    string
}

// letter is a mail with a link.
type letter struct {
	kind, link, to string
	who            *account
	flow           *attempt // that asked for it, if one did
	ends           time.Time
	dead           bool
}

// model is the system under test beside what is expected of it.
type model struct {
	*site
	t        *testing.T
	accounts []*account
	passes   []*pass
	tabs     []*tab
	attempts []*attempt
	letters  []*letter
	intruder *client // the browser of an attacker
	names    *int    // how many names were given out, over all runs
	steps    *int
}

func (m *model) live(p *pass) bool {
	return p != nil && !p.ended && !p.who.deleted && m.now().Before(p.since.Add(sessionLifetime))
}

// open says whether a flow takes submissions, from the browser as it is now.
func (m *model) open(a *attempt) bool {
	return !a.over && m.now().Before(a.ends) && (a.tab == nil || a.tab.csrfCookie(m.t) == a.cookie)
}

func (m *model) privileged(p *pass) bool { return m.now().Before(p.since.Add(privilegedFor)) }

func (m *model) owner(email string) *account {
	for _, a := range m.accounts {
		if !a.deleted && a.email == email {
			return a
		}
	}
	return nil
}

func (m *model) name() string {
	*m.names++
	return fmt.Sprintf("person-%d@example.org", *m.names)
}

func (m *model) secret() string { return fmt.Sprintf("a lighthouse number %s", m.name()) }

// signIn notes a session that a person proved to deserve.
func (m *model) signIn(who *account, token string, where *tab) {
	p := &pass{who: who, token: token, tab: where, since: m.now()}
	if where != nil {
		where.pass = p
	}
	m.passes = append(m.passes, p)
}

// post notes the letter that must have gone to an address by now.
func (m *model) post(t *rapid.T, kind string, who *account, from *attempt, link string) {
	ends := m.now().Add(flowLifetime)
	if from != nil {
		ends = from.ends
	}
	if link == "" {
		link = m.linkTo(t, kind, who.email)
	}
	m.letters = append(m.letters, &letter{kind: kind, link: link, to: who.email, who: who, flow: from, ends: ends})
}

// kill makes letters useless.
func (m *model) kill(which func(*letter) bool) {
	for _, l := range m.letters {
		l.dead = l.dead || which(l)
	}
}

func recoveryOf(who *account) func(*letter) bool {
	return func(l *letter) bool { return l.kind == "recovery" && l.who == who }
}

// linkTo reads the newest mail to an address.
func (m *model) linkTo(t *rapid.T, kind, address string) string {
	var page []struct{ ID, Recipient string }
	list := m.app1().get(m.t, m.admin.URL+"/courier/messages")
	if err := json.Unmarshal(list.body, &page); err != nil {
		t.Fatalf("list of mails: %v %s", err, list.body)
	}
	for _, mail := range page {
		if mail.Recipient != address {
			continue
		}
		text := m.app1().get(m.t, m.admin.URL+"/courier/messages/"+mail.ID).text(m.t, "text")
		if found := regexp.MustCompile(`http\S+/self-service/` + kind + `/methods/link\?token=\w+`).FindString(text); found != "" {
			return found
		}
	}
	t.Fatalf("no %s link was mailed to %s", kind, address)
	return ""
}

// check compares everything that can be seen from outside with the model.
func (m *model) check(t *rapid.T) {
	*m.steps++
	for _, p := range m.passes[max(0, len(m.passes)-8):] {
		if p.tab != nil && p.tab.pass != p {
			continue // its cookie is gone
		}
		answer := m.ask(p)
		if got := answer.StatusCode == http.StatusOK; got != m.live(p) {
			t.Fatalf("session of %s since %v: live is %t, want %t: %s", p.who.email, p.since, got, m.live(p), answer.body)
		}
		if m.live(p) && answer.text(m.t, "identity.id") != p.who.id {
			t.Fatalf("session of %s shows %s", p.who.id, answer.body)
		}
	}
	for _, a := range m.accounts[max(0, len(m.accounts)-3):] {
		answer := m.app1().get(m.t, m.admin.URL+"/identities/"+a.id)
		if got := answer.StatusCode == http.StatusOK; got == a.deleted {
			t.Fatalf("account %s is there: %t, deleted: %t", a.email, got, a.deleted)
		}
		if a.deleted {
			continue
		}
		if got := answer.text(m.t, "verifiable_addresses.verified") == "true"; got != a.verified {
			t.Fatalf("address %s is verified: %t, want %t", a.email, got, a.verified)
		}
		if got := answer.text(m.t, "traits.email"); got != a.email {
			t.Fatalf("address of %s is %s, want %s", a.id, got, a.email)
		}
	}
	for _, a := range m.attempts[max(0, len(m.attempts)-4):] {
		m.checkState(t, a)
	}
}

func (m *model) ask(p *pass) answer {
	if p.tab != nil {
		return p.tab.get(m.t, "/sessions/whoami")
	}
	return m.whoami(m.t, p.token)
}

// checkState sees that flows of recovery and verification move forward alone.
func (m *model) checkState(t *rapid.T, a *attempt) {
	if a.kind != "recovery" && a.kind != "verification" {
		return
	}
	answer := m.app1().get(m.t, m.admin.URL+"/self-service/"+a.kind+"/flows?id="+a.id)
	if answer.StatusCode != http.StatusOK {
		return // it has expired
	}
	order := "choose_method sent_email passed_challenge"
	got := answer.text(m.t, "state")
	if strings.Index(order, got) < strings.Index(order, a.state) {
		t.Fatalf("%s flow went from %s back to %s", a.kind, a.state, got)
	}
	a.state = got
}

// Random sequences of all five flows, by apps and by browsers, in which only what the
// model allows may come about: no session without a proof, nothing privileged without
// a recent one, a used or expired link or flow never works, recovery leaves the
// credentials alone, states move forward, and an intruder who has what was valid once and
// leads people to pages of their own changes no credential.
func TestNothingHappensThatTheModelForbids(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SECURITY_LIMITS_ENABLED=false")
	var names, steps int
	checks := flag.Lookup("rapid.checks").Value.String()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{site: s, t: t, intruder: s.browser(t), names: &names, steps: &steps}
		for range 3 {
			m.tabs = append(m.tabs, &tab{client: s.browser(t)})
		}
		for range 2 { // or few sequences would be long enough to get far
			rt.Repeat(m.actions())
		}
	})
	t.Logf("%d steps in %s sequences", steps, checks)
}
