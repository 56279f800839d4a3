package auth0

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/store/scratch/scratchtest"
	"github.com/symbolon/symbolon/internal/takeover"
)

const export = `{"user_id":"auth0|5f7c8ec7c33c6c004bbafe82","email":"vera@example.org","email_verified":true,"name":"Vera Muster","created_at":"2020-10-06T15:35:35.251Z",
 "identities":[{"provider":"auth0","user_id":"5f7c8ec7c33c6c004bbafe82","connection":"Users"},{"provider":"google-oauth2","user_id":1234567890123456789}],
 "user_metadata":{"theme":"dark"},"app_metadata":{"plan":"gold"},"mfa_factors":[{"totp":{"secret":"PIXEL2WAY5DUMMY"}},{"email":{"value":"x"}}]}
{"user_id":"github|42","email":"gus@example.org","email_verified":"true","blocked":true}
{"email":"csv@example.org","password_hash":"$2b$10$abc"}
{}
`

const hashes = `{"_id":{"$oid":"5f7c8ec7c33c6c004bbafe82"},"email":"vera@example.org","passwordHash":"$2b$10$Z6hUTEEeoJXN5/AmSm/4.e75U6z2rUhBGmGZXIvzvRJk2iDVJ9fYC","tenant":"t","email_verified":true}
`

func collect(t *testing.T, text string, known takeover.Scratch) (users []takeover.User, faults []error) {
	t.Helper()
	for u, err := range Users(strings.NewReader(text), known) {
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
	known := scratchtest.New(t)
	if err := Hashes(strings.NewReader(hashes), known); err != nil {
		t.Fatal(err)
	}
	users, faults := collect(t, export, known)
	if len(users) != 3 || len(faults) != 1 {
		t.Fatalf("%d users, faults %v", len(users), faults)
	}
	vera := users[0]
	if !strings.HasPrefix(vera.PasswordHash, "$2b$10$Z6h") || vera.TOTP != "PIXEL2WAY5DUMMY" || len(vera.Notes) != 1 || vera.CreatedAt.Year() != 2020 {
		t.Errorf("%+v", vera)
	}
	if diff := cmp.Diff([]takeover.Link{{Provider: "google-oauth2", Subject: "1234567890123456789"}}, vera.Links); diff != "" {
		t.Error(diff)
	}
	if vera.Claims["theme"] != "dark" || vera.MetadataAdmin["plan"] != "gold" || vera.Claims["email_verified"] != true {
		t.Errorf("%+v", vera.Claims)
	}
	if gus := users[1]; !gus.Disabled || gus.Claims["email_verified"] != true || gus.Links[0] != (takeover.Link{Provider: "github", Subject: "42"}) {
		t.Errorf("%+v", gus)
	}
	if u := users[2]; u.Key != "csv@example.org" || u.PasswordHash != "$2b$10$abc" {
		t.Errorf("%+v", u)
	}
}

func TestUsers_array(t *testing.T) {
	t.Parallel()
	users, faults := collect(t, "\ufeff [\n{\"user_id\":\"auth0|1\"},{\"user_id\":\"auth0|2\"}]", nil)
	if len(users) != 2 || len(faults) != 0 {
		t.Errorf("%d users, faults %v", len(users), faults)
	}
	if _, faults := collect(t, `[{"user_id":"auth0|1"},`, nil); len(faults) != 1 {
		t.Errorf("faults of a file that was cut off: %v", faults)
	}
}
