package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/symbolon/symbolon/internal/config"
)

// factorSite has every second factor switched on.
func factorSite(t testing.TB, settings ...string) *site {
	t.Helper()
	return newSite(t, append([]string{
		"SELFSERVICE_METHODS_TOTP_ENABLED=true", "SELFSERVICE_METHODS_LOOKUP_SECRET_ENABLED=true",
		"SELFSERVICE_METHODS_WEBAUTHN_ENABLED=true", "SELFSERVICE_METHODS_PASSKEY_ENABLED=true",
		"SELFSERVICE_METHODS_WEBAUTHN_CONFIG_RP_ID=example.org", "SELFSERVICE_METHODS_WEBAUTHN_CONFIG_RP_ORIGINS=" + keySite,
		"SELFSERVICE_METHODS_PASSKEY_CONFIG_RP_ID=example.org", "SELFSERVICE_METHODS_PASSKEY_CONFIG_RP_ORIGINS=" + keySite,
	}, settings...)...)
}

// keySite is the origin that keys of tests answer for.
const keySite = "https://id.example.org"

// as asks with a session token.
func as(token string) []string { return []string{"X-Session-Token", token} }

// begin starts an API flow and returns it.
func (c *client) begin(t testing.TB, kind, query, token string) answer {
	t.Helper()
	a := c.get(t, "/self-service/"+kind+"/api"+query, as(token)...)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("start %s%s: %d %s", kind, query, a.StatusCode, a.body)
	}
	return a
}

// field returns the value of a field of a method's form.
func (a answer) field(t testing.TB, method, name string) string {
	t.Helper()
	var f struct {
		Methods map[string]struct {
			Config struct {
				Fields []struct {
					Name  string
					Value any
				}
			}
		}
	}
	if err := json.Unmarshal(a.body, &f); err != nil {
		t.Fatal(err)
	}
	for _, node := range f.Methods[method].Config.Fields {
		if node.Name == name {
			text, _ := node.Value.(string)
			return text
		}
	}
	return ""
}

// submit sends a method's form of a flow.
func (c *client) submit(t testing.TB, flow answer, method string, values map[string]any, token string) answer {
	t.Helper()
	action := flow.text(t, "methods."+method+".config.action")
	if action == "" {
		t.Fatalf("the flow offers no %s: %s", method, flow.body)
	}
	return c.json(t, action, values, as(token)...)
}

// appCode is what an authenticator app shows at the server's time.
func (s *site) appCode(t testing.TB, secret string, later time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, s.now().Add(later))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enrolApp adds an authenticator app and returns its secret and the session's token.
func (s *site) enrolApp(t testing.TB, token string) (secret string) {
	t.Helper()
	c := s.app1()
	f := c.begin(t, "settings", "", token)
	secret = f.field(t, "totp", "totp_secret_key")
	if len(secret) != 32 {
		t.Fatalf("settings show no secret of an app: %s", f.body)
	}
	if a := c.submit(t, f, "totp", map[string]any{"totp_code": s.appCode(t, secret, 0)}, token); a.StatusCode != http.StatusOK {
		t.Fatalf("enrol: %d %s", a.StatusCode, a.body)
	}
	return secret
}

// signedIn signs in with the password and returns the token.
func (s *site) signedIn(t testing.TB, email string) string {
	t.Helper()
	a := s.login(t, email, password)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("login: %d %s", a.StatusCode, a.body)
	}
	return a.text(t, "session_token")
}

func (s *site) stepUp(t testing.TB, method string, values map[string]any, token string) answer {
	t.Helper()
	c := s.app1()
	return c.submit(t, c.begin(t, "login", "?aal=aal2", token), method, values, token)
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	first := s.register(t, "jane@example.org")
	secret := s.enrolApp(t, first)
	if a := s.whoami(t, first); a.StatusCode != http.StatusOK {
		t.Errorf("the session that enrolled the app: %d %s", a.StatusCode, a.body)
	}
	second := s.signedIn(t, "jane@example.org")
	if a := s.whoami(t, second); a.StatusCode == http.StatusOK {
		t.Error("a password alone passes the session check of a person with an app")
	}
	wrong := s.stepUp(t, "totp", map[string]any{"totp_code": "000000"}, second)
	if wrong.StatusCode != http.StatusBadRequest || !strings.Contains(string(wrong.body), "4000042") {
		t.Errorf("a wrong code: %d %s", wrong.StatusCode, wrong.body)
	}
	if strings.Contains(string(wrong.body), "000000") {
		t.Error("the form shows a code that was typed")
	}
	enrolled := s.stepUp(t, "totp", map[string]any{"totp_code": s.appCode(t, secret, 0)}, second)
	if enrolled.StatusCode != http.StatusBadRequest {
		t.Errorf("the code that enrolled the app counts again: %d", enrolled.StatusCode)
	}
	s.pass(30 * time.Second)
	code := s.appCode(t, secret, 0)
	good := s.stepUp(t, "totp", map[string]any{"totp_code": code}, second)
	if good.StatusCode != http.StatusOK {
		t.Fatalf("the right code: %d %s", good.StatusCode, good.body)
	}
	if token := good.text(t, "session_token"); token != "" {
		second = token
	}
	if a := s.whoami(t, second); a.StatusCode != http.StatusOK {
		t.Errorf("after the second factor: %d %s", a.StatusCode, a.body)
	}
	third := s.signedIn(t, "jane@example.org")
	if a := s.stepUp(t, "totp", map[string]any{"totp_code": code}, third); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a code counted twice: %d", a.StatusCode)
	}
	f := s.app1().begin(t, "settings", "", second)
	if f.field(t, "totp", "totp_secret_key") != "" || f.field(t, "totp", "totp_unlink") != "true" {
		t.Errorf("settings of a person with an app: %s", f.body)
	}
	gone := s.app1().submit(t, f, "totp", map[string]any{"totp_unlink": true}, second)
	if gone.StatusCode != http.StatusOK {
		t.Fatalf("unlink: %d %s", gone.StatusCode, gone.body)
	}
	again := s.app1().get(t, "/self-service/settings/flows?id="+f.text(t, "id"), as(second)...)
	if now := again.field(t, "totp", "totp_secret_key"); now == "" || now == secret {
		t.Errorf("after unlinking the flow offers the secret %q again", now)
	}
	if a := s.whoami(t, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Errorf("a password after the app has gone: %d", a.StatusCode)
	}
}

func TestTOTP_oneCodeSentSixteenTimesAtOnce(t *testing.T) {
	t.Parallel()
	s := factorSite(t, "SECURITY_LIMITS_ENABLED=false")
	secret := s.enrolApp(t, s.register(t, "jane@example.org"))
	s.pass(time.Minute)
	const posts = 16
	tokens, flows := make([]string, posts), make([]answer, posts)
	for i := range posts {
		tokens[i] = s.signedIn(t, "jane@example.org")
		flows[i] = s.app1().begin(t, "login", "?aal=aal2", tokens[i])
	}
	code := s.appCode(t, secret, 0)
	var good atomic.Int32
	var all sync.WaitGroup
	for i := range posts {
		all.Go(func() {
			a := s.app1().submit(t, flows[i], "totp", map[string]any{"totp_code": code}, tokens[i])
			switch {
			case a.StatusCode == http.StatusOK:
				good.Add(1)
			case a.StatusCode >= http.StatusInternalServerError:
				t.Errorf("%d %s", a.StatusCode, a.body)
			}
		})
	}
	all.Wait()
	if good.Load() != 1 {
		t.Errorf("one code raised %d sessions, want 1", good.Load())
	}
}

func TestSecondFactor_guessesAreBounded(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	secret := s.enrolApp(t, s.register(t, "jane@example.org"))
	token := s.signedIn(t, "jane@example.org")
	flow := s.app1().begin(t, "login", "?aal=aal2", token)
	var judged atomic.Int32
	var all sync.WaitGroup
	for worker := range 20 {
		all.Go(func() {
			for i := range 50 {
				code := []byte("000000")
				code[4], code[5] = byte('0'+i/10), byte('0'+worker%10)
				a := s.app1().submit(t, flow, "totp", map[string]any{"totp_code": string(code)}, token)
				if a.StatusCode != http.StatusTooManyRequests {
					judged.Add(1)
				}
			}
		})
	}
	all.Wait()
	if judged.Load() > 10 {
		t.Errorf("%d of 1000 guesses were judged, want 10 at most", judged.Load())
	}
	// The owner waits for a while, and is not locked out; the password is not a guess at a code.
	s.pass(11 * time.Minute)
	token = s.signedIn(t, "jane@example.org")
	if a := s.stepUp(t, "totp", map[string]any{"totp_code": s.appCode(t, secret, 0)}, token); a.StatusCode != http.StatusOK {
		t.Errorf("after the window: %d %s", a.StatusCode, a.body)
	}
}

func TestSecondFactor_neededToChangeFactorsAndPassword(t *testing.T) {
	t.Parallel()
	s := factorSite(t, "SELFSERVICE_FLOWS_SETTINGS_REQUIRED_AAL=aal1", "SESSION_WHOAMI_REQUIRED_AAL=aal1")
	s.enrolApp(t, s.register(t, "jane@example.org"))
	token := s.signedIn(t, "jane@example.org")
	c := s.app1()
	for method, values := range map[string]map[string]any{
		"totp":          {"totp_unlink": "true"},
		"password":      {"password": "another long 7 password"},
		"lookup_secret": {"lookup_secret_regenerate": "true"},
		"webauthn":      {"webauthn_register": "{}"},
		"passkey":       {"passkey_settings_register": "{}"},
		"profile":       {"traits": map[string]any{"email": "mallory@example.org"}},
	} {
		f := c.begin(t, "settings", "", token)
		if a := c.submit(t, f, method, values, token); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s with a password alone: %d %s", method, a.StatusCode, a.body)
		}
	}
}

func TestMethodSwitchedOff_locksNobodyOut(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	s.enrolApp(t, s.register(t, "jane@example.org"))
	next, _, err := config.Load(config.Source{Environ: []string{
		"DSN=memory", "SERVE_PUBLIC_BASE_URL=" + s.public.URL + "/", "SERVE_ADMIN_BASE_URL=" + s.admin.URL + "/",
		"HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.app.Reload(next); err != nil {
		t.Fatal(err)
	}
	if a := s.whoami(t, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Errorf("a password after the app's method was switched off: %d %s", a.StatusCode, a.body)
	}
}

func TestLookupSecret(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	token := s.register(t, "jane@example.org")
	c := s.app1()
	f := c.begin(t, "settings", "", token)
	if a := c.submit(t, f, "lookup_secret", map[string]any{"lookup_secret_confirm": "true"}, token); a.StatusCode != http.StatusBadRequest {
		t.Errorf("confirm before codes are made: %d %s", a.StatusCode, a.body)
	}
	if a := c.submit(t, f, "lookup_secret", map[string]any{"lookup_secret_regenerate": "true"}, token); a.StatusCode != http.StatusOK {
		t.Fatalf("generate: %d %s", a.StatusCode, a.body)
	}
	shown := c.get(t, "/self-service/settings/flows?id="+f.text(t, "id"), as(token)...)
	codes := strings.Split(shown.field(t, "lookup_secret", "lookup_secret_codes"), ", ")
	if len(codes) != 12 {
		t.Fatalf("codes: %q", codes)
	}
	if a := s.whoami(t, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Error("codes count before they are confirmed")
	}
	if a := c.submit(t, f, "lookup_secret", map[string]any{"lookup_secret_confirm": "true"}, token); a.StatusCode != http.StatusOK {
		t.Fatalf("confirm: %d %s", a.StatusCode, a.body)
	}
	for i, typed := range []string{codes[0], strings.ToUpper(codes[1][:4]) + "-" + codes[1][4:]} {
		second := s.signedIn(t, "jane@example.org")
		if a := s.whoami(t, second); a.StatusCode == http.StatusOK {
			t.Error("a password alone is enough for a person with recovery codes")
		}
		if a := s.stepUp(t, "lookup_secret", map[string]any{"lookup_secret": typed}, second); a.StatusCode != http.StatusOK {
			t.Errorf("code %d: %d %s", i, a.StatusCode, a.body)
		}
		third := s.signedIn(t, "jane@example.org")
		used := s.stepUp(t, "lookup_secret", map[string]any{"lookup_secret": typed}, third)
		if used.StatusCode != http.StatusBadRequest || !strings.Contains(string(used.body), "4000043") {
			t.Errorf("a used code: %d %s", used.StatusCode, used.body)
		}
	}
	if a := c.submit(t, f, "lookup_secret", map[string]any{"lookup_secret_reveal": "true"}, token); a.StatusCode != http.StatusOK {
		t.Fatalf("reveal: %d %s", a.StatusCode, a.body)
	}
	listed := c.get(t, "/self-service/settings/flows?id="+f.text(t, "id"), as(token)...)
	if text := listed.field(t, "lookup_secret", "lookup_secret_codes"); strings.Contains(text, codes[5]) || !strings.Contains(text, codes[5][:2]) {
		t.Errorf("the list of stored codes is %q", text)
	}
}

func TestLookupSecret_oneCodeSentSixteenTimesAtOnce(t *testing.T) {
	t.Parallel()
	s := factorSite(t, "SECURITY_LIMITS_ENABLED=false")
	token := s.register(t, "jane@example.org")
	code := s.recoveryCodes(t, token)[0]
	const posts = 16
	tokens, flows := make([]string, posts), make([]answer, posts)
	for i := range posts {
		tokens[i] = s.signedIn(t, "jane@example.org")
		flows[i] = s.app1().begin(t, "login", "?aal=aal2", tokens[i])
	}
	var good atomic.Int32
	var all sync.WaitGroup
	for i := range posts {
		all.Go(func() {
			if a := s.app1().submit(t, flows[i], "lookup_secret", map[string]any{"lookup_secret": code}, tokens[i]); a.StatusCode == http.StatusOK {
				good.Add(1)
			}
		})
	}
	all.Wait()
	if good.Load() != 1 {
		t.Errorf("one recovery code raised %d sessions, want 1", good.Load())
	}
}

// recoveryCodes makes and confirms a list.
func (s *site) recoveryCodes(t testing.TB, token string) []string {
	t.Helper()
	c := s.app1()
	f := c.begin(t, "settings", "", token)
	c.submit(t, f, "lookup_secret", map[string]any{"lookup_secret_regenerate": "true"}, token)
	shown := c.get(t, "/self-service/settings/flows?id="+f.text(t, "id"), as(token)...)
	codes := strings.Split(shown.field(t, "lookup_secret", "lookup_secret_codes"), ", ")
	if a := c.submit(t, f, "lookup_secret", map[string]any{"lookup_secret_confirm": "true"}, token); a.StatusCode != http.StatusOK {
		t.Fatalf("confirm: %d %s", a.StatusCode, a.body)
	}
	return codes
}
