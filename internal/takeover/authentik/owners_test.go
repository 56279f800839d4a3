package authentik

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/takeover"
)

const totp = `{"model":"authentik_stages_authenticator_totp.totpdevice","pk":1,"fields":{"user":%s,"confirmed":true,"key":"31"}}`

// What belongs to a user is found by each name that a file may have for it, and what has no user is told.
func TestUsers_owners(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user, device string // in the file
		left         string // the line of what is left
	}{
		"key":              {`{"model":"authentik_core.user","pk":7,"fields":{"username":"vera"}}`, fmt.Sprintf(totp, "7"), ""},
		"natural key":      {`{"model":"authentik_core.user","pk":7,"fields":{"username":"vera"}}`, fmt.Sprintf(totp, `["vera"]`), ""},
		"uuid":             {`{"model":"authentik_core.user","pk":7,"fields":{"username":"vera","uuid":"u-1"}}`, fmt.Sprintf(totp, `"u-1"`), ""},
		"no key, username": {`{"model":"authentik_core.user","fields":{"username":"vera"}}`, fmt.Sprintf(totp, `["authentik_core.user",["username","vera"]]`), ""},
		"a name like a key": {
			`{"model":"authentik_core.user","pk":8,"fields":{"username":"7"}}`, fmt.Sprintf(totp, "7"),
			"7: has devices or links, and no object among the users",
		},
		"no user": {
			`{"model":"authentik_core.user","pk":8,"fields":{"username":"vera"}}`, fmt.Sprintf(totp, "null"),
			"none: has devices or links, and no object among the users",
		},
		"no text": {
			`{"model":"authentik_core.user","pk":8,"fields":{"username":"<nil>"}}`, fmt.Sprintf(totp, "[null]"),
			"<nil>: has devices or links, and no object among the users",
		},
		"a flag": {
			`{"model":"authentik_core.user","pk":8,"fields":{"username":"true"}}`, fmt.Sprintf(totp, "true"),
			"true: has devices or links, and no object among the users",
		},
		"a list of two": {
			`{"model":"authentik_core.user","pk":8,"fields":{"username":"[a b]"}}`, fmt.Sprintf(totp, `["a","b"]`),
			"[a b]: has devices or links, and no object among the users",
		},
		"no device": {
			`{"model":"authentik_core.user","pk":8,"fields":{"username":"vera"}}`, `{"model":"authentik_stages_authenticator_static.statictoken","pk":4,"fields":{"device":3,"token":"abcdef"}}`,
			"device 3: has recovery codes, and is not in the file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for u, err := range usersOf(t, strings.NewReader("["+test.device+","+test.user+"]")) {
				switch {
				case err != nil:
					lines = append(lines, u.Key+": "+err.Error())
				case u.TOTP == "" && test.left == "":
					t.Errorf("%+v", u)
				}
			}
			if strings.Join(lines, "\n") != test.left {
				t.Error(lines)
			}
		})
	}
}

// Users without keys have nothing of each other.
func TestUsers_withoutKeys(t *testing.T) {
	t.Parallel()
	for u, err := range usersOf(t, strings.NewReader(`[{"model":"authentik_core.user","fields":{"username":"eve"}},{"model":"authentik_core.user","pk":"","fields":{"username":"mallory"}},
 {"model":"authentik_core.user","fields":{"username":"vera"}},`+fmt.Sprintf(totp, `["vera"]`)+","+fmt.Sprintf(totp, `["gone"]`)+","+fmt.Sprintf(totp, "null")+"]")) {
		if (err != nil) != (u.Key == "gone" || u.Key == "none") || (u.TOTP != "") != (u.Key == "vera") {
			t.Errorf("%+v %v", u, err)
		}
	}
}

// A blueprint names its entries, and others refer to them by that.
func TestUsers_entries(t *testing.T) {
	t.Parallel()
	const blueprint = `{"entries":[{"model":"authentik_core.user","id":"who","identifiers":{"username":"vera"}},
 {"model":"authentik_stages_authenticator_static.staticdevice","id":"codes","attrs":{"user":"who"}},
 {"model":"authentik_stages_authenticator_static.statictoken","attrs":{"device":"codes","token":"abcdef"}},
 {"model":"authentik_stages_authenticator_totp.totpdevice","identifiers":{"user":["authentik_core.user",["username","vera"]]},"attrs":{"key":"31"}}]}`
	for u, err := range usersOf(t, strings.NewReader(blueprint)) {
		if err != nil || u.TOTP == "" || !slices.Equal(u.RecoveryCodes, []string{"abcdef"}) {
			t.Errorf("%+v %v", u, err)
		}
	}
}

// An odd device costs itself alone.
func TestUsers_oddDevice(t *testing.T) {
	t.Parallel()
	for u, err := range usersOf(t, strings.NewReader(`[{"model":"authentik_core.user","pk":7,"fields":{"username":"vera"}},
 {"model":"authentik_stages_authenticator_webauthn.webauthndevice","pk":5,"fields":{"sign_count":-1,"name":"Key","credential_id":"AQID","public_key":"pQEC","user":7}}]`)) {
		if err != nil || len(u.Notes) != 1 || len(u.Keys) != 0 {
			t.Errorf("%+v %v", u, err)
		}
	}
}

// A list of the API has neither passwords nor devices, and a page of it not all users.
func TestUsers_list(t *testing.T) {
	t.Parallel()
	var (
		users  []takeover.User
		faults []string
	)
	for u, err := range usersOf(t, strings.NewReader(`{"pagination":{"next":2},"results":[{"pk":7,"username":"vera"}]}`)) {
		if err != nil {
			faults = append(faults, u.Key+": "+err.Error())
			continue
		}
		users = append(users, u)
	}
	if len(users) != 1 || len(users[0].Notes) != 1 || len(faults) != 1 || !strings.HasPrefix(faults[0], "page 2: ") {
		t.Errorf("%+v %q", users, faults)
	}
}

// A user that the file has twice has its link both times.
func TestUsers_twice(t *testing.T) {
	t.Parallel()
	const vera = `{"model":"authentik_core.user","pk":7,"fields":{"username":"vera"}},`
	for u, err := range usersOf(t, strings.NewReader("["+vera+vera+`{"model":"authentik_core.usersourceconnection","pk":1,"fields":{"user":7,"source":"s1"}},
 {"model":"authentik_sources_oauth.useroauthsourceconnection","pk":1,"fields":{"user":7,"identifier":"123"}}]`)) {
		if err != nil || len(u.Links) != 1 {
			t.Errorf("%+v %v", u, err)
		}
	}
}
