package takeover

import (
	"bytes"
	"compress/gzip"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/bcrypt"
)

const (
	othersPassword = "correct horse battery"
	othersSchema   = `{"type":"object","properties":{"traits":{"type":"object","properties":{
 "email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"verification":{"via":"email"},"recovery":{"via":"email"}}},
 "name":{"type":"string"}},"required":["email"]}}}`
	seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)

func key(t *testing.T, rounds int) string {
	t.Helper()
	sum, err := pbkdf2.Key(sha256.New, othersPassword, []byte("a salt of theirs"), rounds, 32)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// exports are files of each system with one person, whose name is that of the system.
func exports(t *testing.T) map[string][]string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(othersPassword), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	ssha := sha1.Sum([]byte(othersPassword + "salt"))
	keycloak := fmt.Sprintf(`{"realm":"x","users":[{"id":"k1","username":"k","email":"keycloak@example.org","emailVerified":true,"credentials":[
 {"type":"password","secretData":%q,"credentialData":%q},{"type":"otp","secretData":%q,"credentialData":%q}]}]}`,
		fmt.Sprintf(`{"value":%q,"salt":%q}`, key(t, 1000), b64([]byte("a salt of theirs"))), `{"hashIterations":1000,"algorithm":"pbkdf2-sha256"}`,
		fmt.Sprintf(`{"value":%q}`, seed), `{"subType":"totp","digits":6,"period":30,"algorithm":"HmacSHA1","secretEncoding":"BASE32"}`)
	return map[string][]string{
		"keycloak": {keycloak},
		"auth0":    {fmt.Sprintf(`{"user_id":"auth0|1","email":"auth0@example.org","email_verified":true,"passwordHash":%q,"mfa_factors":[{"totp":{"secret":%q}}]}`, hash, seed)},
		// The password of this sample is "user1password"; it is the one that the original publishes with its parameters.
		"firebase": {
			`{"users":[{"localId":"f1","email":"firebase@example.org","emailVerified":true,
 "passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw=="}]}`,
			"--hash-parameters", "parameters",
		},
		"supabase": {fmt.Sprintf(`{"users":[{"id":"0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10","email":"supabase@example.org","encrypted_password":%q,"email_confirmed_at":"2024-01-02 03:04:05+00"}],
 "mfa_factors":[{"user_id":"0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10","factor_type":"totp","status":"verified","secret":%q}]}`, hash, seed)},
		"authentik": {fmt.Sprintf(`[{"model":"authentik_core.user","pk":1,"fields":{"username":"a","email":"authentik@example.org","is_active":true,"password":"pbkdf2_sha256$1000$a salt of theirs$%s"}}]`, key(t, 1000))},
		"ldif":      {"dn: uid=l,dc=example\nobjectClass: inetOrgPerson\nuid: l\nmail: ldif@example.org\nuserPassword: {SSHA}" + b64(append(ssha[:], "salt"...)) + "\n"},
		"csv":       {"id,email,password_hash,totp_secret\n1,csv@example.org," + string(hash) + "," + seed + "\n"},
	}
}

// TestFromOthers takes a person of each system over, into one database, and signs each in with
// the password and the authenticator app that they had.
func TestFromOthers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	d := &deployment{dir: t.TempDir()}
	d.config = filepath.Join(d.dir, "config.json")
	d.env = append(os.Environ(), "SERVE_PUBLIC_PORT="+freePort(t), "SERVE_ADMIN_PORT="+freePort(t))
	config, err := json.Marshal(map[string]any{
		"dsn": "sqlite://" + filepath.Join(d.dir, "s.db"), "secrets": map[string]any{"default": []string{"a-secret-of-this-test-0123456789"}},
		"identity":    map[string]any{"default_schema_url": "base64://" + base64.StdEncoding.EncodeToString([]byte(othersSchema))},
		"selfservice": map[string]any{"methods": map[string]any{"totp": map[string]any{"enabled": true}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, "config.json", config)
	d.write(t, "parameters", []byte("hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n"+
		"  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n"))
	for system, export := range exports(t) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := io.WriteString(w, export[0])
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		d.write(t, system, packed.Bytes())
		args := append([]string{"migrate", "from-" + system, "-c", d.config, system}, export[1:]...)
		if out, err := d.command(t.Context(), t, args...).CombinedOutput(); err != nil || !strings.Contains(string(out), "1 taken") {
			t.Fatalf("%s: %v\n%s", system, err, out)
		}
	}
	public, _ := d.serve(t)
	for system, export := range exports(t) {
		password := othersPassword
		if system == "firebase" {
			password = "user1password"
		}
		token := signIn(t, public, "", "", map[string]string{"identifier": system + "@example.org", "password": password, "method": "password"})
		if !strings.Contains(export[0], seed) {
			continue
		}
		code, err := totp.GenerateCode(seed, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		signIn(t, public, token, "?aal=aal2", map[string]string{"totp_code": code, "method": "totp"})
	}
}

func (d *deployment) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// signIn runs a sign-in flow of today's API and returns the session token.
func signIn(t *testing.T, public, token, query string, form map[string]string) string {
	t.Helper()
	var started struct{ UI struct{ Action string } }
	ask(t, http.MethodGet, public+"/v1/self-service/login/api"+query, token, nil, &started)
	body, err := json.Marshal(form)
	if err != nil {
		t.Fatal(err)
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(started.UI.Action, "http://"), "/")
	var in struct {
		Token string `json:"session_token"`
	}
	if said := ask(t, http.MethodPost, public+"/"+path, token, body, &in); in.Token == "" && token == "" {
		t.Errorf("%v does not sign in: %s", form, said)
	}
	return in.Token
}

func ask(t *testing.T, method, url, token string, body []byte, into any) (said string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Session-Token", token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil || json.Unmarshal(raw, into) != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%s %s: %d %s, %v", method, url, answer.StatusCode, raw, err)
	}
	return string(raw)
}
