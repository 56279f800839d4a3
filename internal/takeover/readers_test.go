package takeover_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/store/scratch"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/takeover/auth0"
	"github.com/symbolon/symbolon/internal/takeover/authentik"
	"github.com/symbolon/symbolon/internal/takeover/csvfile"
	"github.com/symbolon/symbolon/internal/takeover/firebase"
	"github.com/symbolon/symbolon/internal/takeover/keycloak"
	"github.com/symbolon/symbolon/internal/takeover/ldif"
	"github.com/symbolon/symbolon/internal/takeover/supabase"
)

// readers are all of them, with parameters that fit.
func readers() map[string]func(io.Reader) iter.Seq2[takeover.User, error] {
	return map[string]func(io.Reader) iter.Seq2[takeover.User, error]{
		"authentik": scratched(authentik.Users), "csv": csvfile.Users,
		"keycloak": func(r io.Reader) iter.Seq2[takeover.User, error] { return keycloak.Users(r, "") },
		"auth0":    func(r io.Reader) iter.Seq2[takeover.User, error] { return auth0.Users(r, nil) },
		"firebase": func(r io.Reader) iter.Seq2[takeover.User, error] {
			return firebase.Users(r, firebase.Params{SignerKey: "AAAA", SaltSeparator: "Bw==", Rounds: 8, MemoryCost: 14, TrustCSV: true})
		},
		"ldif": func(r io.Reader) iter.Seq2[takeover.User, error] { return ldif.Users(r, time.Unix(0, 0)) },
		"supabase": scratched(func(r io.Reader, s takeover.Scratch) iter.Seq2[takeover.User, error] {
			return supabase.Users(r, time.Unix(0, 0), s)
		}),
	}
}

// scratched gives a reader a scratch for as long as it reads.
func scratched(users func(io.Reader, takeover.Scratch) iter.Seq2[takeover.User, error]) func(io.Reader) iter.Seq2[takeover.User, error] {
	return func(r io.Reader) iter.Seq2[takeover.User, error] {
		return func(yield func(takeover.User, error) bool) {
			s := &scratch.Scratch{}
			users(r, s)(yield)
			if err := errors.Join(s.Err(), s.Close()); err != nil {
				panic(err) // a reader must have told of it
			}
		}
	}
}

// Exports of the same systems differ by version and by how they were made.
func TestReaders(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		system, file string
		want         func(takeover.User) bool
	}{
		"all realms": {
			"keycloak", `[{"realm":"master","users":[]},{"realm":"shop","users":[{"id":"1","username":"vera","attributes":{"phone":"+49","langs":["de","en"]}}]}]`,
			func(u takeover.User) bool {
				return u.Key == "1" && u.Claims["phone"] == "+49" && u.CreatedAt.IsZero() && len(u.Claims["langs"].([]any)) == 2
			},
		},
		"an account of a directory": {
			"keycloak", `{"users":[{"id":"1","username":"vera","federationLink":"ldap","requiredActions":["UPDATE_PASSWORD"],"clientRoles":{"shop":["buyer"]},
 "credentials":[]}]}`,
			func(u takeover.User) bool { return len(u.Notes) == 2 && u.MetadataAdmin["client_roles"] != nil },
		},
		"recovery codes": {
			"keycloak", `{"users":[{"id":"1","username":"vera","credentials":[{"type":"recovery-authn-codes","secretData":"{}","credentialData":"{}"}]}]}`,
			func(u takeover.User) bool { return strings.Contains(u.Notes[0], "the owner makes new ones") },
		},
		"accounts that get codes by mail": {
			"auth0", `{"user_id":"email|5f","email":"vera@example.org","email_verified":"true","created_at":{"$date":"2024-01-02T03:04:05Z"},"identities":[{"provider":"email","user_id":"5f"}]}`,
			func(u takeover.User) bool {
				return len(u.Links) == 0 && !u.CreatedAt.IsZero() && u.Claims["email_verified"] == true
			},
		},
		"a number as subject": {
			"auth0", `[{"user_id":"github|42","identities":[{"provider":"github","user_id":42}],"multifactor":["guardian"]}]`,
			func(u takeover.User) bool { return u.Links[0].Subject == "42" && len(u.Notes) == 1 },
		},
		"a salted digest": {
			"auth0", `{"email":"vera@example.org","custom_password_hash":{"algorithm":"sha256","hash":{"value":"` + saltedDigest + `","encoding":"hex"},"salt":{"value":"salt","position":"suffix"}}}`,
			verifies("correct horse"),
		},
		"an algorithm without a counterpart": {
			"auth0", `{"email":"vera@example.org","custom_password_hash":{"algorithm":"md4","hash":{"value":"00"}}}`,
			func(u takeover.User) bool { return u.PasswordHash == "" && strings.Contains(u.Notes[0], "md4") },
		},
		"numbers as times": {
			"firebase", `{"users":[{"localId":"1","createdAt":1700000000000,"disabled":"false","providerUserInfo":[{"providerId":"google.com","rawId":"g"},{"providerId":"emailLink"}]}]}`,
			func(u takeover.User) bool { return !u.CreatedAt.IsZero() && !u.Disabled && len(u.Links) == 1 },
		},
		"a hash that is no base64": {
			"firebase", `{"users":[{"localId":"1","email":"vera@example.org","passwordHash":"%%","salt":"AA=="}]}`,
			func(u takeover.User) bool { return u.PasswordHash == "" && len(u.Notes) == 1 },
		},
		"users alone": {
			"supabase", `[{"id":"1","email":"vera@example.org","confirmed_at":"2024-01-02","raw_user_meta_data":{"full_name":"Vera","avatar_url":"https://x"}}]`,
			func(u takeover.User) bool {
				return u.Claims["email_verified"] == true && u.Claims["name"] == "Vera" && u.Claims["picture"] == "https://x"
			},
		},
		"the list of the admin API": {
			"supabase", `{"aud":"authenticated","users":[{"id":"1","email":"vera@example.org","app_metadata":{"role":"x"},"user_metadata":{"name":"Vera"},
 "identities":[{"id":"g1","user_id":"1","provider":"google"}],"factors":[{"factor_type":"totp","status":"verified","secret":""}]}]}`,
			func(u takeover.User) bool {
				return u.Links[0].Subject == "g1" && u.Claims["name"] == "Vera" && u.MetadataAdmin["role"] == "x" && len(u.Notes) == 1
			},
		},
		"users last, and tables without rows": {
			"supabase", `{"mfa_factors":null,"identities":[{"user_id":"1","provider":"google","provider_id":7}],"users":[{"id":"1","phone":null}]}`,
			func(u takeover.User) bool { return u.Links[0].Subject == "7" && u.Claims["phone_number"] == nil },
		},
		"accounts at sources in two objects": {
			"authentik", `[{"model":"authentik_core.source","pk":"s1","fields":{"slug":"github","name":"GitHub"}},
 {"model":"authentik_core.group","pk":"g1","fields":{"name":"Buyers"}},
 {"model":"authentik_sources_oauth.useroauthsourceconnection","pk":9,"fields":{"identifier":"42","access_token":"x"}},
 {"model":"authentik_core.usersourceconnection","pk":9,"fields":{"user":3,"source":"s1"}},
 {"model":"authentik_stages_authenticator_sms.smsdevice","pk":1,"fields":{"user":3,"confirmed":true}},
 {"model":"authentik_stages_authenticator_totp.totpdevice","pk":1,"fields":{"user":3,"confirmed":true,"key":"zz"}},
 {"model":"authentik_core.user","pk":3,"fields":{"uuid":"u","username":"vera","groups":["g1"],"date_joined":"2024-01-02T03:04:05.678Z"}}]`,
			func(u takeover.User) bool {
				return slices.Equal(u.Links, []takeover.Link{{Provider: "github", Subject: "42"}}) && len(u.Notes) == 2 && !u.Disabled &&
					slices.Equal(u.MetadataAdmin["groups"].([]string), []string{"Buyers"})
			},
		},
		"Active Directory": {
			"ldif", "dn: CN=Vera,DC=example\nchangetype: add\nobjectClass: top\nobjectClass: user\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==\nsAMAccountName: vera\n" +
				"userAccountControl: 514\nwhenCreated: 20240102030405.0Z\nmail: a@example.org\nmail: b@example.org\n",
			func(u takeover.User) bool {
				return u.Key == "03020100-0504-0706-0809-0a0b0c0d0e0f" && u.Disabled && !u.CreatedAt.IsZero() && len(u.Claims["mail"].([]string)) == 2
			},
		},
		"389 and FreeIPA": {
			"ldif", "dn: uid=vera\nobjectClass: person\nnsUniqueId: x-1\nnsAccountLock: TRUE\n",
			func(u takeover.User) bool { return u.Key == "x-1" && u.Disabled },
		},
		"a spreadsheet": {
			"csv", "User ID,Email,First Name,Email Verified,Encrypted_Password,Created At,metadata_admin\n1,vera@example.org,Vera,yes,$2a$10$x,2024-01-02 03:04:05,\"{\"\"a\"\":1}\"\n",
			func(u takeover.User) bool {
				return u.Key == "1" && u.Claims["given_name"] == "Vera" && u.Claims["email_verified"] == true && u.PasswordHash != "" && !u.CreatedAt.IsZero() &&
					u.MetadataAdmin["a"] == float64(1)
			},
		},
	} {
		t.Run(test.system+" "+name, func(t *testing.T) {
			t.Parallel()
			n := 0
			for u, err := range readers()[test.system](strings.NewReader(test.file)) {
				if n++; err != nil || !test.want(u) {
					t.Errorf("%+v, %v", u, err)
				}
			}
			if n != 1 {
				t.Errorf("%d users", n)
			}
		})
	}
}

// saltedDigest is SHA-256 of "correct horse" and then "salt".
const saltedDigest = "9fe3720800bc053ce8ac053b01012c11f878a83021d07a51b4f2d7d1db10740a"

func verifies(password string) func(takeover.User) bool {
	return func(u takeover.User) bool {
		h, err := passhash.New(passhash.Config{})
		if err != nil {
			return false
		}
		got, err := h.Verify(context.Background(), u.PasswordHash, password)
		return got.Match && err == nil
	}
}

func TestReadParams(t *testing.T) {
	t.Parallel()
	want := firebase.Params{SignerKey: "jxspr8==", SaltSeparator: "Bw==", Rounds: 8, MemoryCost: 14}
	for name, text := range map[string]string{
		"the console": "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: jxspr8==,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n",
		"JSON":        `{"base64_signer_key":"jxspr8==","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}`,
		"nested JSON": `{"hash_config":{"base64_signer_key":"jxspr8==","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}}`,
	} {
		if got, err := firebase.ReadParams([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := firebase.ReadParams([]byte("something else")); err == nil {
		t.Error("a file of something else is read")
	}
}

// An address is not proven by a text that says neither.
func TestFlag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`true`: true, `"yes"`: true, `1`: true, `"2024-01-02T03:04:05Z"`: true, `100000000`: true, `1704164645000`: true, `null`: false, `""`: false, `0`: false, `"no"`: false,
	} {
		var f takeover.Flag
		if err := json.Unmarshal([]byte(text), &f); err != nil || bool(f) != want {
			t.Errorf("%s: %v, %v", text, f, err)
		}
	}
	for _, text := range []string{`"perhaps"`, `{}`, `[]`, `2`, `"7"`, `99999999`, `"1970-01-01"`} {
		var f takeover.Flag
		if err := json.Unmarshal([]byte(text), &f); err == nil || bool(f) {
			t.Errorf("%s: %v, %v", text, f, err)
		}
	}
}

// Any file ends in users that have a key, and in errors.
func FuzzReaders(f *testing.F) {
	for _, seed := range []string{
		`{"users":[{"id":"1","localId":"1","username":"v","email":"v@example.org","passwordHash":"AA==","salt":"AA=="}],"identities":[{"user_id":"1"}],"mfa_factors":null}`,
		`[{"model":"authentik_core.user","pk":3,"fields":{"username":"v"}},{"model":"authentik_core.usersourceconnection","pk":9,"fields":{"user":3}}]`,
		"id,email\n1,v@example.org\n", `{"user_id":"auth0|1","created_at":{"$date":1}}`, "\xff\xfe",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for system, read := range readers() {
			for u, err := range read(strings.NewReader(text)) {
				if err == nil && u.Key == "" {
					t.Errorf("%s: a user without a key", system)
				}
			}
		}
	})
}
