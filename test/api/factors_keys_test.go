package api

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

// addKey adds a security key in settings and returns it.
func (s *site) addKey(t testing.TB, token string) *ceremonytest.Key {
	t.Helper()
	c, k := s.app1(), ceremonytest.New(t, keySite, ceremonytest.ES256)
	f := c.begin(t, "settings", "", token)
	a := c.submit(t, f, "webauthn", map[string]any{
		"webauthn_register": k.Create(t, f.field(t, "webauthn", "webauthn_register_trigger"), ceremonytest.Lie{}), "webauthn_register_displayname": "Blue key",
	}, token)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("add a key: %d %s", a.StatusCode, a.body)
	}
	return k
}

// touch steps up with a key.
func (s *site) touch(t testing.TB, k *ceremonytest.Key, token string, lie ceremonytest.Lie) answer {
	t.Helper()
	c := s.app1()
	f := c.begin(t, "login", "?aal=aal2", token)
	return c.submit(t, f, "webauthn", map[string]any{"webauthn_login": k.Get(t, f.field(t, "webauthn", "webauthn_login_trigger"), lie)}, token)
}

func TestWebAuthn(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	token := s.register(t, "jane@example.org")
	k := s.addKey(t, token)
	second := s.signedIn(t, "jane@example.org")
	if a := s.whoami(t, second); a.StatusCode == http.StatusOK {
		t.Error("a password alone is enough for a person with a key")
	}
	for name, lie := range map[string]ceremonytest.Lie{
		"challenge": {Challenge: "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE"}, "rp id": {RPID: "evil.example"}, "signature": {BadSignature: true},
		"cross-origin": {CrossOrigin: true}, "unknown key": {OtherID: []byte("another")},
	} {
		if a := s.touch(t, k, second, lie); a.StatusCode != http.StatusBadRequest {
			t.Errorf("wrong %s: %d %s", name, a.StatusCode, a.body)
		}
	}
	good := s.touch(t, k, second, ceremonytest.Lie{})
	if good.StatusCode != http.StatusOK {
		t.Fatalf("the key: %d %s", good.StatusCode, good.body)
	}
	clone := *k
	clone.Counter = 1
	if a := s.touch(t, &clone, s.signedIn(t, "jane@example.org"), ceremonytest.Lie{}); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a clone: %d", a.StatusCode)
	}
	if !strings.Contains(s.log.String(), "may be cloned") {
		t.Error("the log does not tell of a clone")
	}
	s.renameAndRemoveKey(t, token)
	if a := s.whoami(t, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Errorf("a password after the last key has gone: %d", a.StatusCode)
	}
}

func (s *site) renameAndRemoveKey(t *testing.T, token string) {
	t.Helper()
	c := s.app1()
	f := c.begin(t, "settings", "", token)
	id := f.field(t, "webauthn", "webauthn_remove")
	if id == "" {
		t.Fatalf("settings list no key: %s", f.body)
	}
	named := c.submit(t, f, "webauthn", map[string]any{"webauthn_rename": id, "webauthn_register_displayname": "Red key"}, token)
	if named.StatusCode != http.StatusOK {
		t.Errorf("rename: %d %s", named.StatusCode, named.body)
	}
	if a := c.submit(t, f, "webauthn", map[string]any{"webauthn_remove": "00ff"}, token); a.StatusCode != http.StatusBadRequest {
		t.Errorf("remove an unknown key: %d", a.StatusCode)
	}
	if a := c.submit(t, f, "webauthn", map[string]any{"webauthn_remove": id}, token); a.StatusCode != http.StatusOK {
		t.Errorf("remove: %d %s", a.StatusCode, a.body)
	}
}

// A schema may mark an identifier for security keys alone.
func TestWebAuthn_identifierOfKeysAlone(t *testing.T) {
	t.Parallel()
	const schema = `{"$id":"https://example.org/keys","type":"object","properties":{"traits":{"type":"object","properties":{
		"email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"webauthn":{"identifier":true}}}}},"required":["email"]}}}`
	s := factorSite(t, "SELFSERVICE_METHODS_WEBAUTHN_CONFIG_PASSWORDLESS=true", "SELFSERVICE_METHODS_PASSWORD_ENABLED=false",
		"IDENTITY_DEFAULT_SCHEMA_URL=base64://"+base64.StdEncoding.EncodeToString([]byte(schema)))
	c, k := s.app1(), ceremonytest.New(t, keySite, ceremonytest.ES256)
	f := c.begin(t, "registration", "", "")
	made := c.submit(t, f, "webauthn", map[string]any{
		"traits": map[string]any{"email": "Jane@example.org"}, "webauthn_register": k.Create(t, f.field(t, "webauthn", "webauthn_register_trigger"), ceremonytest.Lie{}),
	}, "")
	if made.StatusCode != http.StatusOK {
		t.Fatalf("sign up: %d %s", made.StatusCode, made.body)
	}
	f = c.begin(t, "login", "", "")
	named := c.submit(t, f, "webauthn", map[string]any{"identifier": "jane@example.org"}, "")
	in := c.submit(t, f, "webauthn", map[string]any{"webauthn_login": k.Get(t, named.field(t, "webauthn", "webauthn_login_trigger"), ceremonytest.Lie{})}, "")
	if in.StatusCode != http.StatusOK {
		t.Errorf("sign in: %d %s", in.StatusCode, in.body)
	}
}

func TestWebAuthn_keyOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	k := s.addKey(t, s.register(t, "jane@example.org"))
	token := s.register(t, "mallory@example.org")
	c := s.app1()
	f := c.begin(t, "settings", "", token)
	a := c.submit(t, f, "webauthn", map[string]any{
		"webauthn_register": k.Create(t, f.field(t, "webauthn", "webauthn_register_trigger"), ceremonytest.Lie{}), "webauthn_register_displayname": "Hers",
	}, token)
	if a.StatusCode != http.StatusBadRequest {
		t.Errorf("a key that another person has: %d %s", a.StatusCode, a.body)
	}
}

// signUp registers with a passkey alone.
func (s *site) signUp(t testing.TB, email string, flags byte) (k *ceremonytest.Key, token string) {
	t.Helper()
	c := s.app1()
	k = ceremonytest.New(t, keySite, ceremonytest.EdDSA)
	k.Flags = flags
	f := c.begin(t, "registration", "", "")
	data := f.field(t, "passkey", "passkey_create_data")
	options := strings.TrimPrefix(data, `{"credentialOptions":`)
	options = options[:strings.LastIndex(options, `,"displayNameFieldName"`)]
	a := c.submit(t, f, "passkey", map[string]any{"traits": map[string]any{"email": email}, "passkey_register": k.Create(t, options, ceremonytest.Lie{})}, "")
	if a.StatusCode != http.StatusOK {
		t.Fatalf("sign up with a passkey: %d %s", a.StatusCode, a.body)
	}
	return k, a.text(t, "session_token")
}

// present signs in with a passkey.
func (s *site) present(t testing.TB, k *ceremonytest.Key, lie ceremonytest.Lie) answer {
	t.Helper()
	c := s.app1()
	f := c.begin(t, "login", "", "")
	return c.submit(t, f, "passkey", map[string]any{"passkey_login": k.Get(t, f.field(t, "passkey", "passkey_challenge"), lie)}, "")
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	k, token := s.signUp(t, "jane@example.org", ceremonytest.Present|ceremonytest.Verified)
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
		t.Fatalf("after the sign-up: %d %s", a.StatusCode, a.body)
	}
	if a := s.login(t, "jane@example.org", password); a.StatusCode == http.StatusOK {
		t.Error("a person without a password signs in with one")
	}
	in := s.present(t, k, ceremonytest.Lie{})
	if in.StatusCode != http.StatusOK || s.whoami(t, in.text(t, "session_token")).StatusCode != http.StatusOK {
		t.Fatalf("sign in: %d %s", in.StatusCode, in.body)
	}
	k.Flags = ceremonytest.Present
	if a := s.present(t, k, ceremonytest.Lie{}); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a touch by a key that verified its user: %d", a.StatusCode)
	}
	k.Flags |= ceremonytest.Verified
	for name, lie := range map[string]ceremonytest.Lie{
		"unknown handle": {Handle: []byte("unknown")}, "no handle": {Handle: []byte{}}, "cross-origin": {CrossOrigin: true}, "signature": {BadSignature: true},
	} {
		if a := s.present(t, k, lie); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	s.keepLastPasskey(t, token)
}

// keepLastPasskey tries to remove the only way to sign in, and adds another.
func (s *site) keepLastPasskey(t *testing.T, token string) {
	t.Helper()
	c := s.app1()
	f := c.begin(t, "settings", "", token)
	id := f.field(t, "passkey", "passkey_remove")
	if a := c.submit(t, f, "passkey", map[string]any{"passkey_remove": id}, token); a.StatusCode != http.StatusBadRequest {
		t.Errorf("the last way to sign in was removed: %d", a.StatusCode)
	}
	other := ceremonytest.New(t, keySite, ceremonytest.ES256)
	f = c.begin(t, "settings", "", token)
	added := c.submit(t, f, "passkey", map[string]any{
		"passkey_settings_register": other.Create(t, f.field(t, "passkey", "passkey_create_data"), ceremonytest.Lie{}),
	}, token)
	if added.StatusCode != http.StatusOK {
		t.Fatalf("another passkey: %d %s", added.StatusCode, added.body)
	}
	if a := s.present(t, other, ceremonytest.Lie{}); a.StatusCode != http.StatusOK {
		t.Errorf("sign in with the other passkey: %d %s", a.StatusCode, a.body)
	}
	if a := c.submit(t, f, "passkey", map[string]any{"passkey_remove": id}, token); a.StatusCode != http.StatusOK {
		t.Errorf("remove one of two: %d %s", a.StatusCode, a.body)
	}
}

// A person who has removed the last passkey is answered as one who never had any.
func TestPasskey_removed(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	token := s.register(t, "jane@example.org")
	c, k := s.app1(), ceremonytest.New(t, keySite, ceremonytest.ES256)
	f := c.begin(t, "settings", "", token)
	added := c.submit(t, f, "passkey", map[string]any{
		"passkey_settings_register": k.Create(t, f.field(t, "passkey", "passkey_create_data"), ceremonytest.Lie{}),
	}, token)
	if added.StatusCode != http.StatusOK {
		t.Fatalf("add: %d %s", added.StatusCode, added.body)
	}
	f = c.begin(t, "settings", "", token)
	if a := c.submit(t, f, "passkey", map[string]any{"passkey_remove": f.field(t, "passkey", "passkey_remove")}, token); a.StatusCode != http.StatusOK {
		t.Fatalf("remove: %d %s", a.StatusCode, a.body)
	}
	if a := s.present(t, k, ceremonytest.Lie{}); a.StatusCode != http.StatusBadRequest || !strings.Contains(string(a.body), "no security key") {
		t.Errorf("sign in: %d %s", a.StatusCode, a.body)
	}
}

func TestPasskey_withASecondFactorIsOneFactor(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	k, token := s.signUp(t, "jane@example.org", ceremonytest.Present|ceremonytest.Verified)
	s.enrolApp(t, token)
	if a := s.whoami(t, s.present(t, k, ceremonytest.Lie{}).text(t, "session_token")); a.StatusCode == http.StatusOK {
		t.Error("a passkey alone passes for a person with an app")
	}
}

func TestPasskey_twoFactorsWhereTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	s := factorSite(t, "SELFSERVICE_METHODS_PASSKEY_CONFIG_TWO_FACTORS=true")
	k, token := s.signUp(t, "jane@example.org", ceremonytest.Present|ceremonytest.Verified)
	s.enrolApp(t, token)
	if a := s.whoami(t, s.present(t, k, ceremonytest.Lie{}).text(t, "session_token")); a.StatusCode != http.StatusOK {
		t.Errorf("a passkey that verified its user: %d %s", a.StatusCode, a.body)
	}
	touched, token := s.signUp(t, "john@example.org", ceremonytest.Present)
	s.enrolApp(t, token)
	if a := s.whoami(t, s.present(t, touched, ceremonytest.Lie{}).text(t, "session_token")); a.StatusCode == http.StatusOK {
		t.Error("a touch counts as two factors")
	}
}

func TestWebAuthnScript(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	a := s.app1().get(t, "/.well-known/ory/webauthn.js")
	if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/javascript") || !strings.Contains(string(a.body), "oryPasskeyLogin") {
		t.Errorf("%d %s", a.StatusCode, a.Header)
	}
	if a.Header.Get("Access-Control-Allow-Origin") != "*" || len(a.Cookies()) > 0 {
		t.Errorf("pages of another origin can not load it: %v", a.Header)
	}
}
