package supabase

import (
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

const export = `{"users":[
 {"id":"7b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","email":"vera@example.org","encrypted_password":"$2a$10$x","email_confirmed_at":"2024-01-02 03:04:05.678+00",
  "phone":"4917612345678","phone_confirmed_at":null,"raw_user_meta_data":{"full_name":"Vera"},"raw_app_meta_data":{"provider":"email"},"created_at":"2024-01-02T03:04:05.678Z"},
 {"id":"8b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","email":"b@example.org","banned_until":"2099-01-01 00:00:00+00","is_anonymous":true},
 {"id":"9b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","email":"c@example.org","banned_until":"2001-01-01 00:00:00+00"},
 "not a row"],
 "identities":[{"user_id":"7b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","provider":"google","provider_id":"g1"},
  {"user_id":"7b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","provider":"email","provider_id":"7b"},
  {"user_id":"8b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","provider":"github","identity_data":{"sub":"42"}}],
 "mfa_factors":[{"user_id":"7b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","factor_type":"totp","status":"verified","secret":"ABCDEFGH"},
  {"user_id":"7b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","factor_type":"phone","status":"verified"},
  {"user_id":"7b7e6f50-3ba5-4c8b-a8a5-0d1f55a4ad3f","factor_type":"totp","status":"unverified","secret":"X"}]}`

func TestUsers(t *testing.T) {
	t.Parallel()
	var (
		users  []takeover.User
		faults []error
	)
	for u, err := range usersOf(t, strings.NewReader(export), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		if err != nil {
			faults = append(faults, err)
			continue
		}
		users = append(users, u)
	}
	if len(users) != 3 || len(faults) != 1 {
		t.Fatalf("%d users, faults %v", len(users), faults)
	}
	vera := users[0]
	if vera.Claims["email_verified"] != true || vera.Claims["phone_number"] != "+4917612345678" || vera.Claims["phone_number_verified"] != false ||
		vera.TOTP != "ABCDEFGH" || len(vera.Links) != 1 || len(vera.Notes) != 1 || vera.CreatedAt.IsZero() || vera.Disabled {
		t.Errorf("%+v", vera)
	}
	if u := users[1]; !u.Disabled || u.Links[0] != (takeover.Link{Provider: "github", Subject: "42"}) || len(u.Notes) != 1 {
		t.Errorf("%+v", u)
	}
	if u := users[2]; u.Disabled {
		t.Error("a ban that has ended disables")
	}
}

func TestUsers_otherFiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", "{}", "{"} {
		n := 0
		for _, err := range usersOf(t, strings.NewReader(text), time.Time{}) {
			if err != nil {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q: %d errors", text, n)
		}
	}
}

// confirmed_at alone does not tell whether the address or the phone number was confirmed.
func TestUsers_confirmed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"users":[{"id":"1","email":"a@example.org","confirmed_at":"2024-01-02"}]}`:                       true,
		`{"users":[{"id":"1","email":"a@example.org","phone":"49176","confirmed_at":"2024-01-02"}]}`:       false,
		`{"users":[{"id":"1","email":"a@example.org","phone":"49176","email_confirmed_at":"2024-01-02"}]}`: true,
		`{"users":[{"id":"1","email":"a@example.org","phone":"","confirmed_at":"2024-01-02","aud":"a"}]}`:  true,
	} {
		for u, err := range usersOf(t, strings.NewReader(text), time.Time{}) {
			if err != nil || u.Claims["email_verified"] != want {
				t.Errorf("%s: %+v %v", text, u, err)
			}
		}
	}
}
