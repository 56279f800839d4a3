package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

// openSettings starts settings, which may be submitted later.
func (m *factorModel) openSettings(t *rapid.T) { m.begin(t, m.someApp(t)) }

// begin starts settings of a session; nil if it may not, which must be right.
func (m *factorModel) begin(t *rapid.T, p *proof) *page {
	f := m.app1().get(m.t, "/self-service/settings/api", as(p.token)...)
	if got, want := f.StatusCode == http.StatusOK, m.live(p) && m.high(p); got != want {
		t.Fatalf("settings of %s (second %t) begin: %t, want %t: %d %s", p.who.email, p.second, got, want, f.StatusCode, f.body)
	}
	if f.StatusCode != http.StatusOK {
		return nil
	}
	made := &page{who: p.who, flow: f, ends: m.now().Add(flowLifetime), fresh: true}
	m.pages = append(m.pages, made)
	return made
}

// form is a settings flow for a session to submit: a new one, or one from before, also one
// of another person.
func (m *factorModel) form(t *rapid.T, p *proof) (form *page, own bool) {
	if len(m.pages) > 0 && evenly(3).Draw(t, "a form from before unless 0") > 0 {
		form = oneOf(t, m.pages, "form")
		form.fresh = false
	} else if form = m.begin(t, p); form == nil {
		return nil, false
	}
	return form, form.who == p.who && m.now().Before(form.ends)
}

// send submits settings and sees whether that was right. effect is what it changes.
func (m *factorModel) send(t *rapid.T, p *proof, form *page, method string, fields map[string]any, wanted bool, effect func()) {
	action := fmt.Sprintf("%s/self-service/settings/methods/%s?flow=%s", m.public.URL, method, form.flow.text(m.t, "id"))
	a := m.app1().json(m.t, action, fields, as(p.token)...)
	if a.StatusCode >= http.StatusInternalServerError {
		t.Fatalf("%s of %s: %d %s", method, p.who.email, a.StatusCode, a.body)
	}
	if got := a.StatusCode == http.StatusOK; got != wanted {
		t.Fatalf("%s of %s (second %t, since %v) is changed: %t, want %t: %d %s", method, p.who.email, p.second, p.since, got, wanted, a.StatusCode, a.body)
	}
	if wanted {
		effect()
	}
}

// now is a flow of settings as it is now.
func (m *factorModel) shown(p *proof, form *page) answer {
	return m.app1().get(m.t, "/self-service/settings/flows?id="+form.flow.text(m.t, "id"), as(p.token)...)
}

func (m *factorModel) changePassword(t *rapid.T) {
	p := m.someApp(t)
	form, own := m.form(t, p)
	if form == nil {
		return
	}
	m.send(t, p, form, "password", map[string]any{"password": password}, own && m.mayChange(p), func() {})
}

// add adds a factor of a kind; a person who has one gets another list or key.
func (m *factorModel) add(t *rapid.T, method string) {
	p := m.someApp(t)
	form, own := m.form(t, p)
	if form == nil {
		return
	}
	may := own && m.mayChange(p) && m.on[method]
	raised := func() { p.second = true }
	switch method {
	case "totp":
		seed := importedSeed
		if may && p.who.seed == "" {
			seed = m.shown(p, form).field(m.t, method, "totp_secret_key")
		}
		if seed == "" { // the form is from before the app was removed: it shows a seed from now on
			seed, may = importedSeed, false
		}
		at := m.now()
		code, err := totp.GenerateCode(seed, at)
		if err != nil {
			t.Fatalf("seed %q: %v", seed, err)
		}
		m.send(t, p, form, method, map[string]any{"totp_code": code}, may && p.who.seed == "", func() {
			p.who.seed, p.who.lastStep = seed, at.Unix()/30
			raised()
		})
	case "lookup_secret":
		m.send(t, p, form, method, map[string]any{"lookup_secret_regenerate": "true"}, may, func() {
			codes := strings.Split(m.shown(p, form).field(m.t, method, "lookup_secret_codes"), ", ")
			m.send(t, p, form, method, map[string]any{"lookup_secret_confirm": "true"}, true, func() {
				p.who.codes, p.who.used = codes, map[string]bool{}
				raised()
			})
		})
	case "webauthn":
		k, answer := ceremonytest.New(m.t, keySite, ceremonytest.ES256), "{}"
		// A form from before may be for a user handle that is not that of today: it asks once more.
		may = may && form.fresh
		if may {
			answer = k.Create(m.t, m.shown(p, form).field(m.t, method, "webauthn_register_trigger"), ceremonytest.Lie{})
		}
		may = may && p.who.key == nil
		if own && p.who.key != nil {
			return // one key is enough
		}
		m.send(t, p, form, method, map[string]any{"webauthn_register": answer, "webauthn_register_displayname": "key"}, may, func() {
			p.who.key, p.who.handle = k, true
			raised()
		})
	}
}

func (m *factorModel) remove(t *rapid.T, method string) {
	p := m.someApp(t)
	form, own := m.form(t, p)
	if form == nil {
		return
	}
	may := own && m.mayChange(p) && m.on[method]
	switch method {
	case "totp":
		m.send(t, p, form, method, map[string]any{"totp_unlink": "true"}, may && p.who.seed != "", func() { p.who.seed = "" })
	case "lookup_secret":
		m.send(t, p, form, method, map[string]any{"lookup_secret_disable": "true"}, may && p.who.codes != nil, func() { p.who.codes, p.who.used = nil, nil })
	case "webauthn":
		id := "00"
		if p.who.key != nil {
			id = fmt.Sprintf("%x", p.who.key.ID)
		}
		m.send(t, p, form, method, map[string]any{"webauthn_remove": id}, may && p.who.key != nil, func() { p.who.key = nil })
	}
}
