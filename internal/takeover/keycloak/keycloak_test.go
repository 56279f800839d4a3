package keycloak

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/takeover"
)

func mustUsers(t *testing.T, name string) ([]takeover.User, []error) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var (
		users  []takeover.User
		faults []error
	)
	for u, err := range Users(file, "") {
		if err != nil {
			faults = append(faults, err)
			continue
		}
		users = append(users, u)
	}
	return users, faults
}

func TestUsers(t *testing.T) {
	t.Parallel()
	users, faults := mustUsers(t, "testdata/realm.json")
	if len(users) != 4 || len(faults) != 1 || !strings.Contains(faults[0].Error(), "user number 5") {
		t.Fatalf("%d users, faults %v", len(users), faults)
	}
	vera := users[0]
	key := []byte(vera.Keys[0])
	vera.Keys = nil
	want := takeover.User{
		Key: "0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10", CreatedAt: time.UnixMilli(1700000000000).UTC(),
		Claims: map[string]any{
			"preferred_username": "vera", "email": "vera@example.org", "email_verified": true, "given_name": "Vera", "family_name": "Muster",
			"locale": "de", "team": []any{"red", "blue"},
		},
		SelfWritten:   []string{"locale", "team"},
		PasswordHash:  "$pbkdf2-sha256$i=27500,l=32$c2FsdC1vZi12ZXJh$3Vx4VtFzG5fAAAGVoAbQ6rn0hOzZtV+3mhYKpZC1nHM",
		Links:         []takeover.Link{{Provider: "google", Subject: "1234567890"}},
		TOTP:          "otpauth://totp/account?secret=ONSWG4TFOQWWC4ZNORSXQ5BNGEZDGNBV&algorithm=SHA256&digits=8&period=60",
		MetadataAdmin: map[string]any{"groups": []string{"/staff"}, "roles": []string{"admin"}},
		Notes:         []string{"recovery-authn-codes is not taken: recovery codes are stored in a form that can't be read back; the owner makes new ones"},
	}
	if diff := cmp.Diff(want, vera); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{`"id":"AQID+/8="`, `"public_key":"pQECAyYgASFYIA=="`, `"sign_count":7`, `"display_name":"Blue key"`} {
		if !strings.Contains(string(key), part) {
			t.Errorf("the key %s lacks %s", key, part)
		}
	}
	if u := users[1]; !u.Disabled || u.PasswordHash != "$pbkdf2-sha1$i=20000,l=5$c2FsdA$AAECAwQ" {
		t.Errorf("an account of before version 8 is %+v", u)
	}
	if u := users[2]; u.Key != "argon" || u.PasswordHash != "$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$AAECAwQ" {
		t.Errorf("an account with Argon2 is %+v", u)
	}
	if u := users[3]; len(u.Notes) != 1 || !strings.Contains(u.Notes[0], "service account") {
		t.Errorf("a service account is %+v", u)
	}
}

func TestUsers_otherFiles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON": "users", "no users": `{"realm":"shop"}`, "users is no array": `{"users":{}}`, "cut off": `{"users":[{"id":"a"`, "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var last error
			for u, err := range Users(strings.NewReader(text), "") {
				if err != nil && u.Key == "" {
					last = err
				}
			}
			if last == nil {
				t.Error("the file was read without an error")
			}
		})
	}
}

// An export that breaks off says how far it was read, over all of its realms.
func TestUsers_cutOff(t *testing.T) {
	t.Parallel()
	var keys []string
	var last error
	for u, err := range Users(strings.NewReader(`[{"users":[{"id":"a"},{}]},{"users":[{"id":"c"}]},{"users":[{"id":"d"`), "") {
		keys, last = append(keys, u.Key), err
	}
	if diff := cmp.Diff([]string{"a", "number 2", "c", ""}, keys); diff != "" {
		t.Error(diff)
	}
	if last == nil || !strings.HasPrefix(last.Error(), "after 3 users: ") {
		t.Errorf("the last error is %v", last)
	}
}

// What is not taken of an account is noted, and no secret is shown with it.
func TestUsers_notes(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`"credentials":[{"type":"password","value":"hunter2","temporary":false}]`:                "password is not taken: it is in clear",
		`"credentials":[{"type":"password"}]`:                                                    "password is not taken: its hash is not in the export",
		`"clientConsents":[{"clientId":"app","grantedClientScopes":["email"]},{"clientId":"b"}]`: "allowed to clients (app, b) is not taken",
	} {
		for u, err := range Users(strings.NewReader(`[{"id":"1",`+raw+`}]`), "") {
			if notes := strings.Join(u.Notes, ";"); err != nil || len(u.Notes) != 1 || !strings.Contains(notes, want) || strings.Contains(notes, "hunter2") || u.PasswordHash != "" {
				t.Errorf("%s: %+v, %v", raw, u, err)
			}
		}
	}
}
