package ldif

import (
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

const directory = `version: 1
# people
dn: dc=example,dc=org
objectClass: dcObject

dn: uid=vera,ou=people,dc=example,dc=org
objectClass: top
objectClass: inetOrgPerson
entryUUID: 0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10
uid: vera
cn: Vera Muster
givenName: Vera
sn;lang-de: Muster
mail: vera@exa
 mple.org
mail: second@example.org
description:: SMOkbGxv
userPassword:: e1NTSEF9dzh4WnlyTytuVG1GRnNMMzNaWGhFbHNXcXg5elkxMHQ=
userPassword: {CRYPT}$1$x
jpegPhoto:: /9j/4AAQ
jpegPhoto:< file:///tmp/a.jpg
telephoneNumber: +49 30 2
mobile: +49 170 1

dn: cn=printer,dc=example,dc=org
objectClass: device

dn: uid=old,dc=example,dc=org
objectClass: posixAccount
uid: old
`

func collect(t *testing.T, text string) (users []takeover.User, failed error) {
	t.Helper()
	for u, err := range Users(strings.NewReader(text), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		if err != nil {
			return users, err
		}
		users = append(users, u)
	}
	return users, nil
}

func TestUsers(t *testing.T) {
	t.Parallel()
	photo := "jpegPhoto:: " + strings.Repeat("AAAA", maxLine/4) + "\n"
	for name, text := range map[string]string{
		"lf": directory, "crlf": strings.ReplaceAll(directory, "\n", "\r\n"), "byte order mark": "\ufeff" + directory,
		"the root first":          "dn:\nobjectClass: account\n\n" + directory,
		"a line that is too long": strings.Replace(directory, "uid: vera\n", "uid: vera\n"+photo, 1),
		"a fold that is too long": strings.Replace(directory, "uid: vera\n", "uid: vera\njpegPhoto:: AAAA\n"+strings.Repeat(" "+strings.Repeat("A", 1000)+"\n", 1100), 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users, err := collect(t, text)
			if err != nil || len(users) != 2 {
				t.Fatalf("%d users, %v", len(users), err)
			}
			vera := users[0]
			for claim, want := range map[string]any{
				"email": "vera@example.org", "email_verified": true, "preferred_username": "vera", "name": "Vera Muster", "given_name": "Vera",
				"family_name": "Muster", "description": "Hällo", "dn": "uid=vera,ou=people,dc=example,dc=org",
				"phone_number": "+49 170 1",
			} {
				if vera.Claims[claim] != want {
					t.Errorf("%s is %v, want %v", claim, vera.Claims[claim], want)
				}
			}
			if vera.Key != "0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10" || vera.PasswordHash != "{SSHA}w8xZyrO+nTmFFsL33ZXhElsWqx9zY10t" || len(vera.Notes) != 1 {
				t.Errorf("%+v", vera)
			}
			if users[1].Key != "old" {
				t.Errorf("%+v", users[1])
			}
		})
	}
}

func TestUsers_disabled(t *testing.T) {
	t.Parallel()
	for attribute, want := range map[string]bool{
		"nsRoleDN: cn=nsManagedDisabledRole,dc=example": true, "nsRoleDN: cn=other,dc=x\nnsRoleDN: CN=nsmanageddisabledrole, dc=x": true,
		"nsRole: cn=nsdisabledrole,dc=example": true, "nsRoleDN: cn=staff,ou=nsManagedDisabledRole": false,
		"accountExpires: 132223104000000000": true, "accountExpires: 0": false, "accountExpires: 9223372036854775807": false, "accountExpires: 150000000000000000": false,
		"accountExpires: never": false, "krbPrincipalExpiration: 20240102030405Z": true, "krbPrincipalExpiration: 20990102030405Z": false,
		"shadowExpire: 1": true, "shadowExpire: -1": false, "shadowExpire: 0": false, "shadowExpire: 99999": false,
		"loginExpirationTime: 20240102030405Z": true, "ds-pwp-account-expiration-time: 20240102030405.678Z": true,
	} {
		users, err := collect(t, "dn: uid=a\nobjectClass: person\nuid: a\n"+attribute+"\n")
		if err != nil || users[0].Disabled != want {
			t.Errorf("%s: %+v, %v", attribute, users, err)
		}
	}
}

func TestUsers_otherFiles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"changes": "dn: uid=a\nchangetype: delete\n", "no LDIF": "hello\n", "bad base64": "dn: uid=a\ncn:: !!\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := collect(t, text); err == nil {
				t.Error("the file was read without an error")
			}
		})
	}
}

func FuzzUsers(f *testing.F) {
	f.Add(directory)
	f.Add("dn:: \n \n\n:")
	f.Fuzz(func(t *testing.T, text string) {
		for u, err := range Users(strings.NewReader(text), time.Time{}) {
			if err == nil && u.Key == "" {
				t.Error("a user without a key")
			}
		}
	})
}

// A value in a file of its own is not lost without a word, unless it is one that never is taken.
func TestUsers_elsewhere(t *testing.T) {
	t.Parallel()
	for u, err := range Users(strings.NewReader("dn: uid=v\nobjectClass: person\nuid: v\nuserPassword:< file:///p\njpegPhoto:< file:///x.jpg\ndescription:< file:///d\n"), time.Unix(0, 0)) {
		if err != nil || len(u.Notes) != 2 || !strings.Contains(u.Notes[0], "userpassword") || !strings.Contains(u.Notes[1], "description") || len(u.Claims) != 3 {
			t.Errorf("%+v, %v", u, err)
		}
	}
}

// An attribute that is too long is left out, and the report says so.
func TestUsers_longLine(t *testing.T) {
	t.Parallel()
	for u, err := range Users(strings.NewReader("dn: uid=v,dc=x\nobjectClass: person\nuid: v\ndescription: "+strings.Repeat("a", maxLine)+"\n#"+strings.Repeat("a", maxLine)+"\n"), time.Unix(0, 0)) {
		if err != nil || len(u.Notes) != 1 || !strings.Contains(u.Notes[0], "description") {
			t.Errorf("%.100q %v", u.Notes, err)
		}
	}
}
