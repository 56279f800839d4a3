package wire

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// detour is what is done before an exchange because this server has, on purpose, left another state than version 0.5.
type detour struct {
	*rule
	before string // name of the exchange
	take   func(*testing.T, *player) error
}

// newDetours lists them. Their rules name the exchanges that could not be played otherwise.
func newDetours() []detour {
	return []detour{{
		rule: &rule{
			source: "surprises 4.6, issue 13", reason: "a recovery ends the other sessions, and the first proof of an address what was set up before",
			names: regexp.MustCompile(`^(settings\.profile\.(json-types|bad-int)|whoami\.token-scheme-plus-x-session-token|` +
				`login\.api\.refresh-uppercase|createIdentity\.location-follow)$`),
		},
		before: "setup.216",
		take: func(t *testing.T, p *player) error {
			t.Helper()
			if err := p.setPassword(t, "{{id.3}}", "uncommon-secret-1"); err != nil {
				return err
			}
			return p.signInAgain(t, "more@example.org", "uncommon-secret-1", "{{token.1}}", "{{id.2}}")
		},
	}}
}

// setPassword sets the password of an identity by a recovery.
func (p *player) setPassword(t *testing.T, identity, password string) error {
	t.Helper()
	asked, err := p.send(t, request{
		Method: "POST", API: "admin", Path: "/recovery/link", Body: `{"identity_id":"` + identity + `"}`,
		Headers: map[string]string{"Content-Type": "application/json"},
	})
	if err != nil {
		return err
	}
	o, _ := asked.value.(map[string]any)
	link, err := url.Parse(fmt.Sprint(o["recovery_link"]))
	if err != nil {
		return err
	}
	entered, err := p.send(t, request{Method: "GET", API: "public", Path: link.RequestURI()})
	if err != nil {
		return err
	}
	cookies := ""
	for _, h := range entered.headers {
		if h[0] == "Set-Cookie" {
			pair, _, _ := strings.Cut(h[1], ";")
			cookies += pair + "; "
		}
	}
	const flow = "{{id.9998}}"
	if err := p.bindFlow(flow, entered); err != nil {
		return err
	}
	as := map[string]string{"Cookie": strings.TrimSuffix(cookies, "; ")}
	shown, err := p.send(t, request{Method: "GET", API: "public", Path: "/self-service/settings/flows?id=" + flow, Headers: as})
	if err != nil {
		return err
	}
	token := ""
	eachField(shown.value, func(f map[string]any) {
		if f["name"] == "csrf_token" {
			token, _ = f["value"].(string)
		}
	})
	saved, err := p.send(t, request{
		Method: "POST", API: "public", Path: "/self-service/settings/methods/password?flow=" + flow,
		Form:    [][2]string{{"password", password}, {"csrf_token", token}},
		Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Cookie": as["Cookie"]},
	})
	if err == nil && saved.status != http.StatusFound {
		err = fmt.Errorf("set password: %d", saved.status)
	}
	return err
}

// signInAgain gives the placeholders of a token and its session the values of a new one.
func (p *player) signInAgain(t *testing.T, identifier, password, token, session string) error {
	t.Helper()
	const flow = "{{id.9999}}"
	started, err := p.send(t, request{Method: "GET", API: "public", Path: "/self-service/login/api"})
	if err != nil {
		return err
	}
	if err := p.bindFlow(flow, started); err != nil {
		return err
	}
	got, err := p.send(t, request{
		Method: "POST", API: "public", Path: "/self-service/login/methods/password?flow=" + flow,
		Form:    [][2]string{{"identifier", identifier}, {"password", password}},
		Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
	})
	if err != nil {
		return err
	}
	delete(p.bound, token[2:len(token)-2])
	delete(p.bound, session[2:len(session)-2])
	o, _ := got.value.(map[string]any)
	issued, _ := o["session"].(map[string]any)
	var d []string
	p.bound.compareJSON("session", []any{token, session}, []any{o["session_token"], issued["id"]}, &d)
	if d != nil {
		return errors.New(strings.Join(d, "; "))
	}
	return nil
}
