package csvfile

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/takeover"
)

func collect(t *testing.T, text string) (users []takeover.User, faults []error) {
	t.Helper()
	for u, err := range Users(strings.NewReader(text)) {
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
	users, faults := collect(t, "\ufeffid;email;email_verified;name.first;password_hash;totp_secret;recovery_codes;providers;disabled;created_at\n"+
		`1;vera@example.org;true;"Ve;ra";$2a$10$x;ABC;one two;google:1 github:2:3;true;2024-01-02T03:04:05Z`+"\n"+
		";b@example.org;;;;;;;;\n"+
		"3;c@example.org;perhaps;;;;;;;\n"+
		";;;;;;;;;\n"+
		"4;d@example.org;;;;;;nocolon;;\n"+
		"5;too;few\n"+
		"6;e@example.org;;;;;;;;\n")
	if len(users) != 3 || len(faults) != 4 {
		t.Fatalf("%d users, faults %v", len(users), faults)
	}
	vera := users[0]
	if vera.Key != "1" || vera.Claims["email_verified"] != true || vera.Claims["name.first"] != "Ve;ra" || vera.PasswordHash != "$2a$10$x" || vera.TOTP != "ABC" ||
		len(vera.RecoveryCodes) != 2 || vera.Links[1] != (takeover.Link{Provider: "github", Subject: "2:3"}) || !vera.Disabled || vera.CreatedAt.IsZero() {
		t.Errorf("%+v", vera)
	}
	if users[1].Key != "b@example.org" || users[2].Key != "6" {
		t.Errorf("%+v", users)
	}
}

func TestUsers_separators(t *testing.T) {
	t.Parallel()
	for _, c := range []string{",", ";", "\t"} {
		users, faults := collect(t, strings.ReplaceAll("id,email\n1,a@example.org\n", ",", c))
		if len(users) != 1 || users[0].Claims["email"] != "a@example.org" || len(faults) != 0 {
			t.Errorf("%q: %+v %v", c, users, faults)
		}
	}
	if _, faults := collect(t, "name\nx\n"); len(faults) != 1 {
		t.Errorf("faults of a file without keys: %v", faults)
	}
	if _, faults := collect(t, ""); len(faults) != 1 {
		t.Errorf("faults of an empty file: %v", faults)
	}
}

// A quote that was left open may have swallowed rows.
func TestUsers_lines(t *testing.T) {
	t.Parallel()
	users, faults := collect(t, "id,address\n1,\"a\nb\nc\"\n2,x\n")
	if len(users) != 2 || len(faults) != 0 || len(users[0].Notes) != 1 || !strings.Contains(users[0].Notes[0], "lines 2 to 4") || len(users[1].Notes) != 0 {
		t.Errorf("%+v %v", users, faults)
	}
}
