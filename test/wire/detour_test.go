package wire

import (
	"errors"
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
			source: "surprises 4.6", reason: "a recovery ends the other sessions",
			names: regexp.MustCompile(`^(settings\.profile\.(json-types|bad-int)|whoami\.token-scheme-plus-x-session-token|` +
				`login\.api\.refresh-uppercase|createIdentity\.location-follow)$`),
		},
		before: "setup.216",
		take: func(t *testing.T, p *player) error {
			t.Helper()
			return p.signInAgain(t, "more@example.org", "uncommon-secret-1", "{{token.1}}", "{{id.2}}")
		},
	}}
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
