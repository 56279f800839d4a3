package authentik

import (
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/takeover"
)

const export = `[
 {"model":"authentik_core.source","pk":"s1","fields":{"slug":"google","name":"Google"}},
 {"model":"authentik_core.usersourceconnection","pk":1,"fields":{"user":7,"source":"s1","identifier":"123"}},
 {"model":"authentik_core.user","pk":7,"fields":{"uuid":"0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10","username":"vera","name":"Vera Muster","email":"vera@example.org",
  "password":"pbkdf2_sha256$870000$salt$aGFzaA==","is_active":true,"date_joined":"2024-01-02T03:04:05Z","attributes":{"department":"Sales"}}},
 {"model":"authentik_core.user","pk":8,"fields":{"username":"svc","password":"!x","is_active":false,"type":"service_account","attributes":{}}},
 {"model":"authentik_stages_authenticator_totp.totpdevice","pk":1,"fields":{"user":7,"confirmed":true,"key":"3132333435363738393031323334353637383930","step":30,"digits":6}},
 {"model":"authentik_stages_authenticator_totp.totpdevice","pk":2,"fields":{"user":7,"confirmed":false,"key":"31","step":30,"digits":6}},
 {"model":"authentik_stages_authenticator_static.staticdevice","pk":3,"fields":{"user":7}},
 {"model":"authentik_stages_authenticator_static.statictoken","pk":4,"fields":{"device":3,"token":"abcdef"}},
 {"model":"authentik_stages_authenticator_webauthn.webauthndevice","pk":5,"fields":{"user":7,"name":"Key","credential_id":"AQID","public_key":"pQEC","sign_count":3}},
 {"model":"authentik_core.group","pk":9,"fields":{"anything":1}}
]`

func TestUsers(t *testing.T) {
	t.Parallel()
	var users []takeover.User
	for u, err := range usersOf(t, strings.NewReader(export)) {
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, u)
	}
	if len(users) != 2 {
		t.Fatalf("%d users", len(users))
	}
	vera := users[0]
	if vera.Key != "0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10" || vera.Claims["department"] != "Sales" || vera.Claims["preferred_username"] != "vera" ||
		!strings.Contains(vera.TOTP, "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&") || !slices.Equal(vera.RecoveryCodes, []string{"abcdef"}) ||
		len(vera.Keys) != 1 || vera.Links[0] != (takeover.Link{Provider: "google", Subject: "123"}) {
		t.Errorf("%+v", vera)
	}
	if u := users[1]; !u.Disabled || u.PasswordHash != "" || u.Key != "svc" || len(u.Notes) != 1 {
		t.Errorf("%+v", u)
	}
}

func TestUsers_otherFiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "[]", `[{"model":"authentik_core.group","pk":1,"fields":{}}]`} {
		n := 0
		for _, err := range usersOf(t, strings.NewReader(text)) {
			if err != nil {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q: %d errors", text, n)
		}
	}
}
