package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// codeSchema marks an address and a telephone for codes.
const codeSchema = `{"$id":"https://example.org/coded","type":"object","properties":{"traits":{"type":"object","properties":{
 "email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true},"code":{"identifier":true,"via":"email"}},
  "verification":{"via":"email"},"recovery":{"via":"email"}}},
 "phone":{"type":"string","ory.sh/kratos":{"credentials":{"code":{"identifier":true,"via":"sms"}},"verification":{"via":"sms"}}}
},"required":["email"]}}}`

func codeSite(t testing.TB, settings ...string) *site {
	t.Helper()
	return factorSite(t, append([]string{
		"IDENTITY_DEFAULT_SCHEMA_URL=base64://" + base64.StdEncoding.EncodeToString([]byte(codeSchema)),
		"SELFSERVICE_METHODS_CODE_ENABLED=true",
		"SELFSERVICE_FLOWS_RECOVERY_USE=code", "SELFSERVICE_FLOWS_VERIFICATION_USE=code",
	}, settings...)...)
}

// codes lists the codes that were mailed to an address, the newest first.
func (s *site) codes(t testing.TB, to string) []string {
	t.Helper()
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := s.app1().get(t, s.admin.URL+"/courier/messages?page_size=500")
	var page []struct{ ID, Recipient, Subject string }
	if err := json.Unmarshal(list.body, &page); err != nil {
		t.Fatalf("list of mails: %v %s", err, list.body)
	}
	var out []string
	for _, m := range page {
		if m.Recipient != to {
			continue
		}
		body := s.app1().get(t, s.admin.URL+"/courier/messages/"+m.ID).text(t, "text")
		if found := regexp.MustCompile(`(?m)^\s*([0-9]{6})\s*$`).FindStringSubmatch(body); found != nil {
			out = append(out, found[1])
		}
	}
	return out
}

// code is the newest code.
func (s *site) code(t testing.TB, to string) string {
	t.Helper()
	all := s.codes(t, to)
	if len(all) == 0 {
		t.Fatalf("no code was mailed to %s", to)
	}
	return all[0]
}

// verify proves an address by a code.
func (s *site) verify(t testing.TB, email string) {
	t.Helper()
	c := s.app1()
	f := c.begin(t, "verification", "", "")
	if a := c.submit(t, f, "code", map[string]any{"email": email}, ""); a.StatusCode != http.StatusOK {
		t.Fatalf("ask for a code: %d %s", a.StatusCode, a.body)
	}
	if a := c.submit(t, f, "code", map[string]any{"code": s.code(t, email)}, ""); a.StatusCode >= http.StatusBadRequest {
		t.Fatalf("verify: %d %s", a.StatusCode, a.body)
	}
}

func wrongCode(right string) string {
	if right == "000000" {
		return "111111"
	}
	return "000000"
}

func TestCode_login(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true")
	s.register(t, "jane@example.org")
	c := s.app1()
	f := c.begin(t, "login", "", "")
	if c.submit(t, f, "code", map[string]any{"identifier": "jane@example.org"}, ""); len(s.codes(t, "jane@example.org")) != 2 {
		t.Error("an address that was never proven gets no code to sign in")
	}
	s.verify(t, "jane@example.org")
	f = c.begin(t, "login", "", "")
	asked := c.submit(t, f, "code", map[string]any{"identifier": " JANE@example.org "}, "")
	if asked.StatusCode != http.StatusOK {
		t.Fatalf("ask for a code: %d %s", asked.StatusCode, asked.body)
	}
	right := s.code(t, "jane@example.org")
	if a := c.submit(t, f, "code", map[string]any{"identifier": "jane@example.org", "code": wrongCode(right)}, ""); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong code: %d", a.StatusCode)
	}
	other := c.begin(t, "login", "", "")
	c.submit(t, other, "code", map[string]any{"identifier": "john@example.org"}, "")
	if a := c.submit(t, other, "code", map[string]any{"code": right}, ""); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a code in another flow: %d", a.StatusCode)
	}
	in := c.submit(t, f, "code", map[string]any{"code": right}, "")
	if in.StatusCode != http.StatusOK || s.whoami(t, in.text(t, "session_token")).StatusCode != http.StatusOK {
		t.Errorf("the right code: %d %s", in.StatusCode, in.body)
	}
	if a := c.submit(t, f, "code", map[string]any{"code": right}, ""); a.StatusCode == http.StatusOK {
		t.Error("a code signed in twice")
	}
}

func TestCode_tooManyWrong(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true", "SECURITY_LIMITS_ENABLED=false")
	s.register(t, "jane@example.org")
	s.verify(t, "jane@example.org")
	c := s.app1()
	f := c.begin(t, "login", "", "")
	c.submit(t, f, "code", map[string]any{"identifier": "jane@example.org"}, "")
	right := s.code(t, "jane@example.org")
	for range 5 {
		c.submit(t, f, "code", map[string]any{"code": wrongCode(right)}, "")
	}
	if a := c.submit(t, f, "code", map[string]any{"code": right}, ""); a.StatusCode != http.StatusBadRequest || !strings.Contains(string(a.body), "too often") {
		t.Errorf("the right code after five wrong ones: %d %s", a.StatusCode, a.body)
	}
	s.pass(time.Minute)
	c.submit(t, f, "code", map[string]any{"resend": "code"}, "")
	if a := c.submit(t, f, "code", map[string]any{"code": s.code(t, "jane@example.org")}, ""); a.StatusCode != http.StatusOK {
		t.Errorf("the next code: %d %s", a.StatusCode, a.body)
	}
}

// Another code goes out after a pause, which is one of the limits.
func TestCode_pause(t *testing.T) {
	t.Parallel()
	for limits, atOnce := range map[string]int{"true": 0, "false": 1} {
		t.Run(limits, func(t *testing.T) {
			t.Parallel()
			s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true", "SECURITY_LIMITS_ENABLED="+limits)
			s.register(t, "jane@example.org")
			s.verify(t, "jane@example.org")
			c := s.app1()
			f := c.begin(t, "login", "", "")
			c.submit(t, f, "code", map[string]any{"identifier": "jane@example.org"}, "")
			sent := len(s.codes(t, "jane@example.org"))
			c.submit(t, f, "code", map[string]any{"resend": "code"}, "")
			if now := len(s.codes(t, "jane@example.org")); now != sent+atOnce {
				t.Errorf("at once: %d more codes, want %d", now-sent, atOnce)
			}
			s.pass(time.Minute)
			c.submit(t, f, "code", map[string]any{"resend": "code"}, "")
			if now := len(s.codes(t, "jane@example.org")); now != sent+atOnce+1 {
				t.Errorf("after the pause: %d codes, want %d", now, sent+atOnce+1)
			}
		})
	}
}

func TestCode_knownAndUnknownAddressesLookAlike(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true")
	s.register(t, "jane@example.org")
	s.verify(t, "jane@example.org")
	volatile := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|"(issued_at|expires_at)":"[^"]*"|[\w-]{43}`)
	for kind, field := range map[string]string{"login": "identifier", "recovery": "email", "verification": "email"} {
		var answers []string
		for _, email := range []string{"jane@example.org", "john@example.org"} {
			c := s.app1()
			f := c.begin(t, kind, "", "")
			for _, values := range []map[string]any{{field: email}, {"code": "000000"}} {
				a := c.submit(t, f, "code", values, "")
				answers = append(answers, strings.ReplaceAll(volatile.ReplaceAllString(string(a.body), ""), email, "EMAIL"))
			}
		}
		if answers[0] != answers[2] || answers[1] != answers[3] {
			t.Errorf("%s tells who exists:\n%s\n%s\n%s\n%s", kind, answers[0], answers[2], answers[1], answers[3])
		}
	}
}

func TestCode_registration(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true")
	c := s.app1()
	traits := map[string]any{"email": "jane@example.org"}
	f := c.begin(t, "registration", "", "")
	if a := c.submit(t, f, "code", map[string]any{"traits": traits}, ""); a.StatusCode != http.StatusOK {
		t.Fatalf("ask for a code: %d %s", a.StatusCode, a.body)
	}
	code := s.code(t, "jane@example.org")
	changed := c.submit(t, f, "code", map[string]any{"traits": map[string]any{"email": "john@example.org"}, "code": code}, "")
	if changed.StatusCode != http.StatusBadRequest {
		t.Fatalf("another address with the code of the first: %d %s", changed.StatusCode, changed.body)
	}
	made := c.submit(t, f, "code", map[string]any{"traits": traits, "code": code}, "")
	if made.StatusCode != http.StatusOK || made.text(t, "identity.verifiable_addresses.0.verified") != "true" {
		t.Fatalf("register: %d %s", made.StatusCode, made.body)
	}
	f = c.begin(t, "login", "", "")
	c.submit(t, f, "code", map[string]any{"identifier": "jane@example.org"}, "")
	if a := c.submit(t, f, "code", map[string]any{"code": s.code(t, "jane@example.org")}, ""); a.StatusCode != http.StatusOK {
		t.Errorf("sign in afterwards: %d %s", a.StatusCode, a.body)
	}
	// A taken address gets a code as well; that it is taken shows to the person who reads its mail.
	f = c.begin(t, "registration", "", "")
	asked := c.submit(t, f, "code", map[string]any{"traits": traits}, "")
	taken := c.submit(t, f, "code", map[string]any{"traits": traits, "code": s.code(t, "jane@example.org")}, "")
	if asked.StatusCode != http.StatusOK || taken.StatusCode != http.StatusBadRequest {
		t.Errorf("a taken address: %d, then %d", asked.StatusCode, taken.StatusCode)
	}
}

func TestCode_recovery(t *testing.T) {
	t.Parallel()
	s := codeSite(t)
	s.register(t, "jane@example.org")
	c := s.app1()
	f := c.begin(t, "recovery", "", "")
	c.submit(t, f, "code", map[string]any{"email": "jane@example.org"}, "")
	code := s.code(t, "jane@example.org")
	const posts = 16
	var good atomic.Int32
	var all sync.WaitGroup
	for range posts {
		all.Go(func() {
			a := s.app1().submit(t, f, "code", map[string]any{"code": code}, "")
			if a.Header.Get("Set-Cookie") != "" && strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), ";"), "session") || strings.Contains(string(a.body), `"session_token":"`) {
				good.Add(1)
			}
		})
	}
	all.Wait()
	if good.Load() != 1 {
		t.Errorf("one code recovered the account %d times, want 1", good.Load())
	}
}

func TestCode_secondFactor(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_MFA_ENABLED=true")
	s.register(t, "jane@example.org")
	if a := s.whoami(t, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Errorf("an address that is not proven is a factor: %d", a.StatusCode)
	}
	s.verify(t, "jane@example.org")
	token := s.signedIn(t, "jane@example.org")
	if a := s.whoami(t, token); a.StatusCode == http.StatusOK {
		t.Error("a password alone is enough for a person with a proven address")
	}
	c := s.app1()
	f := c.begin(t, "login", "?aal=aal2", token) // sends at once: there is no choice
	code := s.code(t, "jane@example.org")
	if a := c.submit(t, f, "code", map[string]any{"code": wrongCode(code)}, token); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong code: %d", a.StatusCode)
	}
	good := c.submit(t, f, "code", map[string]any{"code": code}, token)
	if good.StatusCode != http.StatusOK {
		t.Fatalf("the right code: %d %s", good.StatusCode, good.body)
	}
	if next := good.text(t, "session_token"); next != "" {
		token = next
	}
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
		t.Errorf("after the second factor: %d %s", a.StatusCode, a.body)
	}
}

// The mailbox that recovers an account is not a second factor of the session that it opened (issue 4317 of the reference).
func TestCode_oneMailboxIsNeverBothFactors(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_MFA_ENABLED=true")
	s.register(t, "jane@example.org")
	s.verify(t, "jane@example.org")
	c := s.browser(t)
	f := c.begin(t, "recovery", "", "")
	c.submit(t, f, "code", map[string]any{"email": "jane@example.org"}, "")
	c.submit(t, f, "code", map[string]any{"code": s.code(t, "jane@example.org")}, "")
	if a := c.get(t, "/v1/sessions/whoami"); a.StatusCode != http.StatusForbidden || a.text(t, "error.id") != "session_aal2_required" {
		t.Errorf("a recovery alone, at the session check: %d %s", a.StatusCode, a.body)
	}
	sent := len(s.codes(t, "jane@example.org"))
	up := c.get(t, "/v1/self-service/login/browser?aal=aal2", "Accept", "application/json")
	if _, offered := up.nodes1(t)["code/address"]; up.StatusCode != http.StatusOK || offered || len(s.codes(t, "jane@example.org")) != sent {
		t.Errorf("the mailbox is offered as second factor too: %d %s", up.StatusCode, up.body)
	}
	token := up.nodes1(t)["default/csrf_token"].Attributes.Value
	asked := c.json(t, up.text(t, "ui.action"), map[string]any{"method": "code", "address": "jane@example.org", "csrf_token": token}, "Accept", "application/json")
	if asked.StatusCode != http.StatusBadRequest || !strings.Contains(string(asked.body), "used for the first factor") || len(s.codes(t, "jane@example.org")) != sent {
		t.Errorf("the mailbox is asked for a code all the same: %d %s", asked.StatusCode, asked.body)
	}
}

func TestCode_oneCodeSentSixteenTimesAtOnce(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true", "SECURITY_LIMITS_ENABLED=false")
	s.register(t, "jane@example.org")
	s.verify(t, "jane@example.org")
	f := s.app1().begin(t, "login", "", "")
	s.app1().submit(t, f, "code", map[string]any{"identifier": "jane@example.org"}, "")
	code := s.code(t, "jane@example.org")
	var good atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			a := s.app1().submit(t, f, "code", map[string]any{"code": code}, "")
			switch {
			case a.StatusCode >= http.StatusInternalServerError:
				t.Errorf("%d %s", a.StatusCode, a.body)
			case a.StatusCode == http.StatusOK:
				good.Add(1)
			}
		})
	}
	all.Wait()
	if good.Load() != 1 {
		t.Errorf("one code signed in %d times, want 1", good.Load())
	}
}
