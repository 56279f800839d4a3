package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

const importedSeed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// made creates an identity with these credentials besides a password.
func (s *site) made(t testing.TB, email string, credentials map[string]any) answer {
	t.Helper()
	credentials["password"] = map[string]any{"config": map[string]any{"password": password}}
	return s.app1().json(t, s.admin.URL+"/identities", map[string]any{"traits": map[string]any{"email": email}, "credentials": credentials})
}

func TestImportFactors(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	made := s.made(t, "jane@example.org", map[string]any{
		"totp":          map[string]any{"config": map[string]any{"totp_url": "otpauth://totp/Old:jane?secret=" + importedSeed + "&issuer=Old"}},
		"lookup_secret": map[string]any{"config": map[string]any{"recovery_codes": []any{map[string]any{"code": "k3m9x2ab"}, map[string]any{"code": "p7q4r8st", "used_at": "2026-01-02T03:04:05Z"}}}},
	})
	if made.StatusCode != http.StatusCreated {
		t.Fatalf("import: %d %s", made.StatusCode, made.body)
	}
	if a := s.stepUp(t, "totp", map[string]any{"totp_code": s.appCode(t, importedSeed, 0)}, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Errorf("an imported seed: %d %s", a.StatusCode, a.body)
	}
	for _, c := range []struct {
		code string
		want int
	}{{"p7q4r8st", http.StatusBadRequest}, {"k3m9x2ab", http.StatusOK}} {
		if a := s.stepUp(t, "lookup_secret", map[string]any{"lookup_secret": c.code}, s.signedIn(t, "jane@example.org")); a.StatusCode != c.want {
			t.Errorf("imported code %s: %d, want %d", c.code, a.StatusCode, c.want)
		}
	}
	for name, credentials := range map[string]map[string]any{
		"no url": {"totp": map[string]any{"config": map[string]any{}}}, "no code": {"lookup_secret": map[string]any{"config": map[string]any{}}},
		"no key": {"webauthn": map[string]any{"config": map[string]any{"credentials": []any{}}}}, "no config": {"passkey": map[string]any{}},
		"empty key": {"passkey": map[string]any{"config": map[string]any{"credentials": []any{map[string]any{}}}}},
	} {
		if a := s.made(t, "john@example.org", credentials); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
}

// A key that was made elsewhere works here, with the user handle that it knows.
func TestImportFactors_keys(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	k := ceremonytest.New(t, keySite, ceremonytest.ES256)
	k.Create(t, `{"publicKey":{"rp":{"id":"example.org"},"user":{"id":"aGFuZGxl"},"challenge":"YQ"}}`, ceremonytest.Lie{})
	key := map[string]any{
		"id": k.ID, "public_key": k.Public(t), "attestation_type": "none", "display_name": "Old key", "added_at": "2025-01-01T00:00:00Z",
		"is_passwordless": true, "authenticator": map[string]any{"sign_count": 1}, "flags": map[string]any{"user_present": true},
	}
	for typ, config := range map[string]map[string]any{
		"passkey":  {"identifiers": []string{"another handle", "handle"}, "config": map[string]any{"credentials": []any{key}, "user_handle": base64.StdEncoding.EncodeToString([]byte("another handle"))}},
		"webauthn": {"config": map[string]any{"credentials": []any{key}, "user_handle": base64.StdEncoding.EncodeToString([]byte("handle"))}},
	} {
		made := s.made(t, typ+"@example.org", map[string]any{typ: config})
		if made.StatusCode != http.StatusCreated {
			t.Fatalf("import as %s: %d %s", typ, made.StatusCode, made.body)
		}
		if a := s.present(t, k, ceremonytest.Lie{}); a.StatusCode != http.StatusOK {
			t.Errorf("sign in with a key imported as %s: %d %s", typ, a.StatusCode, a.body)
		}
		s.app1().do(t, http.MethodDelete, s.admin.URL+"/identities/"+made.text(t, "id"), "")
	}
}

// A key that signs in alone keeps its button on the page where new keys are second factors, and there is none without such a key.
func TestImportFactors_firstFactorLeft(t *testing.T) {
	t.Parallel()
	k := ceremonytest.New(t, keySite, ceremonytest.ES256)
	k.Create(t, `{"publicKey":{"rp":{"id":"example.org"},"user":{"id":"aGFuZGxl"},"challenge":"YQ"}}`, ceremonytest.Lie{})
	for _, first := range []bool{true, false} {
		s := factorSite(t)
		key := map[string]any{
			"id": k.ID, "public_key": k.Public(t), "attestation_type": "none", "display_name": "Old key", "added_at": "2025-01-01T00:00:00Z",
			"is_passwordless": first, "authenticator": map[string]any{"sign_count": 1}, "flags": map[string]any{"user_present": true},
		}
		made := s.made(t, "jane@example.org", map[string]any{"webauthn": map[string]any{"config": map[string]any{
			"credentials": []any{key}, "user_handle": base64.StdEncoding.EncodeToString([]byte("handle")),
		}}})
		if made.StatusCode != http.StatusCreated {
			t.Fatalf("import: %d %s", made.StatusCode, made.body)
		}
		page := s.browser(t).follows(t, "/login")
		if has := strings.Contains(string(page.body), "/self-service/login/methods/webauthn?"); page.StatusCode != http.StatusOK || has != first {
			t.Errorf("a first factor: %t, the page offers keys: %t, %d", first, has, page.StatusCode)
		}
	}
}

// Each wire ends the sessions and tells the owner.
func TestResetFactor(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	for _, wire := range []struct {
		at   string
		last int
	}{{"/identities/", http.StatusConflict}, {"/admin/identities/", http.StatusBadRequest}} {
		t.Run(strings.Trim(wire.at, "/"), func(t *testing.T) {
			t.Parallel()
			name := fmt.Sprintf("jane%d@example.org", wire.last)
			token := s.register(t, name)
			s.enrolApp(t, token)
			id := s.whoami(t, token).text(t, "identity.id")
			reset := func(typ string) int {
				return s.app1().do(t, http.MethodDelete, s.admin.URL+wire.at+id+"/credentials/"+typ, "").StatusCode
			}
			if got := reset("webauthn"); got != http.StatusNotFound {
				t.Errorf("a factor that is not there: %d", got)
			}
			if got := reset("password"); got != wire.last {
				t.Errorf("the last way to sign in: %d", got)
			}
			if got := reset("totp"); got != http.StatusNoContent {
				t.Fatalf("reset: %d", got)
			}
			if _, err := s.app.DeliverMail(t.Context()); err != nil {
				t.Fatal(err)
			}
			told := 0
			for line := range strings.SplitSeq(string(s.app1().get(t, s.admin.URL+"/courier/messages?page_size=500").body), "{") {
				if strings.Contains(line, name) && strings.Contains(line, "credentials_changed") {
					told++
				}
			}
			if told != 2 {
				t.Errorf("the owner is told %d times, want of the app and of its reset", told)
			}
			if a := s.whoami(t, token); a.StatusCode != http.StatusUnauthorized {
				t.Errorf("a session from before the reset: %d", a.StatusCode)
			}
			if a := s.whoami(t, s.signedIn(t, name)); a.StatusCode != http.StatusOK {
				t.Errorf("the password after the reset: %d", a.StatusCode)
			}
		})
	}
}

// The console resets as the API does: it keeps the last way to sign in, ends the sessions
// and tells the owner.
func TestResetFactor_inTheConsole(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	token := s.register(t, "jane@example.org")
	s.enrolApp(t, token)
	_, other := s.signUp(t, "john@example.org", ceremonytest.Present)
	c := s.app1()
	c.press(t, "/identities/"+s.identityOf(t, other)+"/factors", map[string]string{"type": "passkey"}).says(t, http.StatusConflict)
	path := "/identities/" + s.identityOf(t, token)
	c.press(t, path+"/factors", map[string]string{"type": "totp"}).leads(t, path+"?done=reset")
	if a := s.whoami(t, token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a session from before the reset: %d", a.StatusCode)
	}
	if a := s.whoami(t, s.signedIn(t, "jane@example.org")); a.StatusCode != http.StatusOK {
		t.Errorf("the password after the reset: %d", a.StatusCode)
	}
	if !strings.Contains(s.log.String(), "action=factor.reset") {
		t.Error("the log has no factor.reset")
	}
}
