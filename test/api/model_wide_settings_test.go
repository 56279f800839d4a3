package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

// open starts settings, which may be submitted later; nil where that is refused.
func (m *wideModel) open(t *rapid.T, p *evidence) *settingsPage {
	id := m.begin(t, "settings", "", p)
	if id == "" {
		return nil
	}
	if !m.live(p) || m.set.settings != "aal1" && !m.high(p) {
		t.Fatalf("settings of %s begin (second %t, ended %t)", p.who.emails, p.second, p.ended)
	}
	made := &settingsPage{who: p.who, id: id, ends: m.now().Add(flowLifetime)}
	m.pages = append(m.pages, made)
	m.did()
	return made
}

// read tries to see settings, also those of another person.
func (m *wideModel) read(t *rapid.T) {
	p, at := m.session(t, m.sessions), oneOf(t, m.pages, "page")
	a := m.get(p, m.wire(t)+"/self-service/settings/flows?id="+at.id)
	if a.StatusCode != http.StatusOK {
		return
	}
	if at.who != p.who || !m.live(p) || m.set.settings != "aal1" && !m.high(p) {
		t.Fatalf("settings of %s are shown to %s (second %t, ended %t): %s", at.who.emails, p.who.emails, p.second, p.ended, a.body)
	}
	m.did()
}

// submits draws who submits which settings, also those from before and of another person.
func (m *wideModel) submits(t *rapid.T) (p *evidence, at *settingsPage) {
	p = m.session(t, m.sessions)
	if len(m.pages) > 0 && evenly(3).Draw(t, "a page from before if 0") == 0 {
		return p, oneOf(t, m.pages, "page")
	}
	return p, m.open(t, p)
}

// change submits settings and sees that it was allowed, if it had an effect.
func (m *wideModel) change(t *rapid.T, p *evidence, at *settingsPage, method string, fields map[string]any, possible bool) bool {
	a := m.send(t, "settings", at.id, method, fields, p)
	if a.StatusCode != http.StatusOK {
		return false
	}
	if at.who != p.who || !m.mayChange(p) || !m.now().Before(at.ends) || !possible {
		t.Fatalf("%s of %s is changed by %s (second %t, since %v, possible %t): %s", method, at.who.emails, p.who.emails, p.second, p.since, possible, a.body)
	}
	for _, other := range m.sessions {
		// What changes after a recovery ends the sessions of the person from whom the account was taken back.
		other.unsure = other.unsure || p.recovered && other.who == p.who && other != p
	}
	m.did()
	return true
}

func (m *wideModel) changePassword(t *rapid.T) {
	p, at := m.submits(t)
	if at == nil {
		return
	}
	*m.serial++
	next := fmt.Sprintf("correct horse %d battery", *m.serial)
	if m.change(t, p, at, "password", map[string]any{"password": next}, !m.set.hooks) {
		p.who.old, p.who.password = append(p.who.old, p.who.password), next
	}
}

// changeAddress gives up the second address for another one, which is not confirmed.
func (m *wideModel) changeAddress(t *rapid.T) {
	p, at := m.submits(t)
	if at == nil {
		return
	}
	*m.serial++
	next := fmt.Sprintf("q%d@example.org", *m.serial)
	if m.change(t, p, at, "profile", map[string]any{"traits": map[string]any{"email": p.who.emails[0], "other": next}}, !m.set.hooks) {
		p.who.emails[1] = next
	}
}

// add sets up a factor of a kind.
func (m *wideModel) add(t *rapid.T, method string) {
	p, at := m.submits(t)
	if at == nil {
		return
	}
	possible := m.set.methods[method] && !m.set.hooks
	switch method {
	case "totp":
		seed := m.field("settings", at.id, p, "totp", "totp_secret_key")
		if seed == "" {
			return
		}
		code, err := totp.GenerateCode(seed, m.now())
		if err != nil {
			t.Fatal(err)
		}
		if m.change(t, p, at, method, map[string]any{"totp_code": code}, possible && p.who.seed == "") {
			p.who.seed, p.who.lastStep, p.second = seed, m.now().Unix()/30, true
		}
	case "lookup_secret":
		// Codes count when they are confirmed; to have some made is refused as any change is.
		if a := m.send(t, "settings", at.id, method, map[string]any{"lookup_secret_regenerate": "true"}, p); a.StatusCode != http.StatusOK {
			return
		}
		codes := strings.Split(m.field("settings", at.id, p, method, "lookup_secret_codes"), ", ")
		if m.change(t, p, at, method, map[string]any{"lookup_secret_confirm": "true"}, possible) {
			p.who.codes, p.who.used, p.second = codes, map[string]bool{}, true
		}
	case "webauthn":
		options := m.field("settings", at.id, p, method, "webauthn_register_trigger")
		if options == "" || p.who.key != nil {
			return
		}
		k := ceremonytest.New(m.t, keySite, ceremonytest.EdDSA)
		if m.change(t, p, at, method, map[string]any{"webauthn_register": k.Create(m.t, options, ceremonytest.Lie{}), "webauthn_register_displayname": "key"}, possible) {
			p.who.key, p.second = k, true
		}
	case "passkey":
		options := m.field("settings", at.id, p, method, "passkey_create_data")
		if options == "" || p.who.passkey != nil {
			return
		}
		k := ceremonytest.New(m.t, keySite, ceremonytest.EdDSA)
		k.Flags = ceremonytest.Present | ceremonytest.Verified
		if m.change(t, p, at, method, map[string]any{"passkey_settings_register": k.Create(m.t, options, ceremonytest.Lie{})}, possible) {
			p.who.passkey = k
		}
	}
}

func (m *wideModel) remove(t *rapid.T, method string) {
	p, at := m.submits(t)
	if at == nil {
		return
	}
	whose := at.who
	possible := m.set.methods[method] && !m.set.hooks
	switch method {
	case "totp":
		if m.change(t, p, at, method, map[string]any{"totp_unlink": "true"}, possible && whose.seed != "") {
			whose.seed = ""
		}
	case "lookup_secret":
		if m.change(t, p, at, method, map[string]any{"lookup_secret_disable": "true"}, possible && whose.codes != nil) {
			whose.codes, whose.used = nil, nil
		}
	case "webauthn":
		if whose.key != nil && m.change(t, p, at, method, map[string]any{"webauthn_remove": fmt.Sprintf("%x", whose.key.ID)}, possible) {
			whose.key = nil
		}
	case "passkey":
		if whose.passkey != nil && m.change(t, p, at, method, map[string]any{"passkey_remove": fmt.Sprintf("%x", whose.passkey.ID)}, possible) {
			whose.lost, whose.passkey = append(whose.lost, whose.passkey), nil
		}
	}
}
