package takeover_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/store/scratch/scratchtest"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/takeover/auth0"
	"github.com/symbolon/symbolon/internal/takeover/keycloak"
	"github.com/symbolon/symbolon/internal/traits"
)

// read collects the users of a file, and what is wrong with the others.
func read(users iter.Seq2[takeover.User, error]) (good []takeover.User, faults []string) {
	for u, err := range users {
		if err != nil {
			faults = append(faults, u.Key+": "+err.Error())
			continue
		}
		good = append(good, u)
	}
	return good, faults
}

// What is odd about an export is refused, noted or understood, and never lost.
func TestReaders_oddExports(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		system, file string
		want         func(good []takeover.User, faults []string) bool
	}{
		"accounts of a directory": {
			"keycloak", `{"realm":"shop","users":null,"federatedUsers":[{"id":"f:1","credentials":[{"type":"otp"}]}]}`,
			func(good []takeover.User, faults []string) bool {
				return len(good) == 0 && len(faults) == 1 && strings.Contains(faults[0], "(f:1)")
			},
		},
		"two passwords, the first of an unknown kind": {
			"keycloak", `{"users":[{"id":"1","credentials":[{"type":"password","secretData":"{}","credentialData":"{\"algorithm\":\"scram\"}"},
 {"type":"password","secretData":"{\"value\":\"AA==\",\"salt\":\"AA==\"}","credentialData":"{\"algorithm\":\"pbkdf2-sha512\",\"hashIterations\":1}"},
 {"type":"password","secretData":"{\"value\":\"AQ==\",\"salt\":\"AA==\"}","credentialData":"{\"algorithm\":\"pbkdf2-sha512\",\"hashIterations\":1}"},
 {"type":"password-history","secretData":"{}","credentialData":"{}"}]}]}`,
			func(good []takeover.User, _ []string) bool {
				return len(good) == 1 && good[0].PasswordHash == "$pbkdf2-sha512$i=1,l=1$AA$AA" && len(good[0].Notes) == 2
			},
		},
		"an authenticator app of before version 8, and one without a secret": {
			"keycloak", `{"users":[{"id":"1","credentials":[{"type":"totp","value":"12345678901234567890","digits":8,"period":60,"algorithm":"HmacSHA1"}]},
 {"id":"2","credentials":[{"type":"otp","secretData":"{}","credentialData":"{\"subType\":\"totp\"}"}]}]}`,
			func(good []takeover.User, _ []string) bool {
				return len(good) == 2 && strings.Contains(good[0].TOTP, "digits=8&period=60") && good[1].TOTP == "" && len(good[1].Notes) == 1
			},
		},
		"keys for one and for two factors": {
			"keycloak", `{"users":[{"id":"u-1","credentials":[{"type":"webauthn","secretData":"{}","credentialData":"{\"credentialId\":\"AQ\",\"credentialPublicKey\":\"AQ\"}"},
 {"type":"webauthn-passwordless","secretData":"{}","credentialData":"{\"credentialId\":\"Ag\",\"credentialPublicKey\":\"AQ\",\"transports\":[\"internal\"]}"}]}]}`,
			func(good []takeover.User, _ []string) bool {
				return len(good[0].Keys) == 1 && len(good[0].Passkeys) == 1 && strings.Contains(string(good[0].Passkeys[0]), `"user_handle":"dS0x"`) &&
					!strings.Contains(string(good[0].Keys[0]), "flags")
			},
		},
		"an address that only a phone confirmed": {
			"supabase", `{"identities":[],"mfa_factors":[],"users":[{"id":"1","email":"v@example.org","phone":"49","phone_confirmed_at":"2024-01-02","confirmed_at":"2024-01-02"}]}`,
			func(good []takeover.User, _ []string) bool {
				return good[0].Claims["email_verified"] == false && good[0].Claims["phone_number_verified"] == true
			},
		},
		"metadata in which a person claims a number": {
			"supabase", `[{"id":"1","email":"v@example.org","raw_user_meta_data":{"phone_number":"+49","phone_number_verified":true,"email_verified":true}}]`,
			func(good []takeover.User, _ []string) bool {
				return good[0].Claims["email_verified"] == false && good[0].Claims["phone_number_verified"] == false
			},
		},
		"proofs that are no times": {
			"supabase", `[{"id":"1","email":"v@example.org","email_confirmed_at":"false","phone":"49","phone_confirmed_at":0},
 {"id":"2","email":"v@example.org","email_confirmed_at":"NULL","confirmed_at":"2024-01-02","phone":"49","phone_confirmed_at":"1"},
 {"id":"3","email":"v@example.org","email_confirmed_at":1704164645,"phone":"49","phone_confirmed_at":"2024-01-02"}]`,
			func(good []takeover.User, _ []string) bool {
				return proven(good[0]) == "false, false" && proven(good[1]) == "false, false" && proven(good[2]) == "true, true"
			},
		},
		"a ban without an end": {
			"supabase", `[{"id":"1","email":"v@example.org","banned_until":"infinity"}]`,
			func(good []takeover.User, _ []string) bool { return good[0].Disabled },
		},
		"factors behind the users, and of no user": {
			"supabase", `{"identities":[{"user_id":"1","provider":"google","provider_id":"g"}],"users":[{"id":"1"}],
 "mfa_factors":[{"user_id":"1","factor_type":"totp","status":"verified","secret":"AB"},{"user_id":"2","factor_type":"totp","status":"verified","secret":"AB"}]}`,
			func(good []takeover.User, faults []string) bool {
				return good[0].TOTP == "AB" && len(good[0].Links) == 1 && len(faults) == 1 && strings.HasPrefix(faults[0], "2: ")
			},
		},
		"connections of one kind": {
			"auth0", `[{"user_id":"oidc|corp|7","identities":[{"provider":"oidc","connection":"corp","user_id":"corp|7"}]},{"user_id":"samlp|other|8"},
 {"user_id":"waad|9","identities":[{"provider":"waad","connection":"azure","user_id":"9"}]}]`,
			func(good []takeover.User, _ []string) bool {
				return slices.Equal(slices.Concat(good[0].Links, good[1].Links, good[2].Links),
					[]takeover.Link{{Provider: "corp", Subject: "7"}, {Provider: "other", Subject: "8"}, {Provider: "waad", Subject: "9"}})
			},
		},
		"metadata in which a person claims the address that the account lacks": {
			"auth0", `[{"user_id":"adfs|corp|m","email_verified":true,"phone_verified":true,"user_metadata":{"email":"ceo@example.org","phone_number":"+49"}},
 {"user_id":"auth0|2","email":"v@example.org","email_verified":true,"phone_number":"+49","phone_verified":true}]`,
			func(good []takeover.User, _ []string) bool {
				return proven(good[0]) == "false, false" && proven(good[1]) == "true, true"
			},
		},
		"attributes in which a person claims the address that the account lacks": {
			"keycloak", `[{"id":"1","emailVerified":true,"attributes":{"email":["ceo@example.org"],"phone_number":["+49"],"phone_number_verified":true}},
 {"id":"2","email":"v@example.org","emailVerified":true}]`,
			func(good []takeover.User, _ []string) bool {
				return proven(good[0]) == "false, <nil>" && proven(good[1]) == "true, <nil>"
			},
		},
		"links of groups with the keys of those of people": {
			"authentik", `[{"model":"authentik_core.source","pk":"s1","fields":{"slug":"corp"}},{"model":"authentik_core.user","pk":5,"fields":{"username":"v"}},
 {"model":"authentik_core.usersourceconnection","pk":1,"fields":{"user":5,"source":"s1","identifier":"v"}},
 {"model":"authentik_core.groupsourceconnection","pk":1,"fields":{"group":"g1","source":"s1","identifier":"staff"}},
 {"model":"authentik_sources_oauth.groupoauthsourceconnection","pk":1,"fields":{"identifier":"staff"}}]`,
			func(good []takeover.User, _ []string) bool {
				return slices.Equal(good[0].Links, []takeover.Link{{Provider: "corp", Subject: "v"}})
			},
		},
		"an attribute that calls a number proven": {
			"authentik", `[{"model":"authentik_core.user","pk":1,"fields":{"username":"v","attributes":{"phone_number":"+49","phone_number_verified":true}}}]`,
			func(good []takeover.User, _ []string) bool { return proven(good[0]) == "false, false" },
		},
		"attributes that people write": {
			"authentik", `[{"model":"authentik_events.event","pk":1,"fields":7},{"model":"authentik_core.user","pk":1,"fields":{"username":"v","attributes":{"email_verified":true}}}]`,
			func(good []takeover.User, _ []string) bool { return good[0].Claims["email_verified"] == false },
		},
		"entries without an empty line between them, a class or a name": {
			"ldif", "dn: uid=a\nobjectClass: person\nuid: a\ndn: uid=b\nobjectClass: person\nuid: b\n\ndn: uid=c\nuid: c\n\nobjectClass: person\ncn: d\n\n" +
				"dn: cn=e\nobjectClass: person\nobjectClass: contact\n\ndn: cn=f\nobjectClass: group\n\nsearch: 2\nresult: 0\n",
			func(good []takeover.User, faults []string) bool {
				return len(good) == 2 && good[1].Key == "b" && len(faults) == 2 && strings.HasPrefix(faults[0], "uid=c: has no objectClass")
			},
		},
		"attributes with the names of claims": {
			"ldif", "dn: uid=a\nobjectClass: person\nuid: a\nmail: a@example.org\nemail: ceo@example.org\nlocale: x\npreferredLanguage: de\n" +
				"mobile: 1\ntelephoneNumber: 2\n\ndn: uid=b\nobjectClass: person\nuid: b\nmail:\nemail: ceo@example.org\n",
			func(good []takeover.User, _ []string) bool {
				return good[0].Claims["email"] == "a@example.org" && good[0].Claims["email_verified"] == true && good[0].Claims["locale"] == "de" &&
					good[0].Claims["phone_number"] == "1" && good[0].Claims["telephonenumber"] == "2" &&
					good[1].Claims["email"] == "ceo@example.org" && good[1].Claims["email_verified"] == false
			},
		},
		"values that are not text": {
			"ldif", "dn: uid=a\nobjectClass: person\nuid: a\nsn:: /w==\njpegPhoto:: /w==\nloginDisabled: TRUE\n",
			func(good []takeover.User, _ []string) bool {
				return len(good[0].Notes) == 1 && strings.Contains(good[0].Notes[0], "sn") && good[0].Disabled
			},
		},
		"quotes inside a value": {
			"csv", "id,name\n1,\"A\nB\"\n2,Bob \"the\" X\n3,C\n",
			func(good []takeover.User, faults []string) bool {
				return len(good) == 2 && good[0].Claims["name"] == "A\nB" && len(faults) == 1 && strings.HasPrefix(faults[0], "line 4: line 4: a quote")
			},
		},
		"a quote that does not end": {
			"csv", "id,name\n1,\"Bob\n2,Jo\n3,Al\n",
			func(good []takeover.User, faults []string) bool {
				return len(good) == 0 && len(faults) == 1 && strings.HasPrefix(faults[0], ": the quoted value that begins in line 2 does not end")
			},
		},
		"a column that says who may sign in": {
			"csv", "id,Is_Active\n1,false\n2,t\n",
			func(good []takeover.User, _ []string) bool { return good[0].Disabled && !good[1].Disabled },
		},
		"a column twice": {
			"csv", "id,email,email\n1,a@example.org,b@example.org\n",
			func(good []takeover.User, faults []string) bool { return len(good) == 0 && len(faults) == 1 },
		},
	} {
		t.Run(test.system+" "+name, func(t *testing.T) {
			t.Parallel()
			for _, mark := range []string{"", "\ufeff"} {
				if good, faults := read(readers()[test.system](strings.NewReader(mark + test.file))); !test.want(good, faults) {
					t.Errorf("%+v, %q", good, faults)
				}
			}
		})
	}
}

// proven says whether the e-mail address and the phone number count as proven.
func proven(u takeover.User) string {
	return fmt.Sprint(u.Claims["email_verified"], ", ", u.Claims["phone_number_verified"])
}

func TestKeycloak_realms(t *testing.T) {
	t.Parallel()
	const file = `[{"realm":"master","users":[{"id":"1"}]},{"realm":"empty","users":[]},{"realm":"shop","users":[{"id":"2"},{"id":"3"}]}]`
	if names, err := keycloak.Realms(strings.NewReader(file)); err != nil || !slices.Equal(names, []string{"master", "shop"}) {
		t.Errorf("Realms = %v, %v", names, err)
	}
	for realm, want := range map[string]int{"shop": 2, "master": 1} {
		if good, faults := read(keycloak.Users(strings.NewReader(file), realm)); len(good) != want || len(faults) != 0 {
			t.Errorf("%s: %+v %v", realm, good, faults)
		}
	}
	for realm, want := range map[string]string{"": "name one with --realm", "other": "no accounts of the realm other"} {
		if _, faults := read(keycloak.Users(strings.NewReader(file), realm)); len(faults) != 1 || !strings.Contains(faults[0], want) {
			t.Errorf("%q: %v", realm, faults)
		}
	}
}

func TestAuth0_hashes(t *testing.T) {
	t.Parallel()
	hashes := scratchtest.New(t)
	if err := auth0.Hashes(strings.NewReader(`{"_id":{"$oid":"1"},"passwordHash":"x"}`+"\n"+`{"_id":{"$oid":"2"},"passwordHash":"y"}`), hashes); err != nil {
		t.Fatal(err)
	}
	if good, _ := read(auth0.Users(strings.NewReader(`{"user_id":"auth0|1"}`), hashes)); good[0].PasswordHash != "x" {
		t.Errorf("%+v", good)
	}
	if _, faults := read(auth0.Unused(hashes)); len(faults) != 1 || !strings.HasPrefix(faults[0], "auth0|2: ") {
		t.Errorf("%v", faults)
	}
}

func TestShape_Record_links(t *testing.T) {
	t.Parallel()
	u := takeover.User{Key: "1", Links: []takeover.Link{{Provider: "google"}, {Provider: "github", Subject: "2"}, {Provider: "github", Subject: "2"}}}
	record, err := takeover.Shape{}.Record(u, anything{})
	if err != nil || len(record.Credentials) != 1 || !slices.Equal(record.Credentials[0].Identifiers, []string{"github:2"}) || len(record.Notes) != 1 {
		t.Errorf("%+v, %v", record, err)
	}
}

// anything makes empty traits.
type anything struct{}

func (anything) Traits(takeover.User) (json.RawMessage, error) { return json.RawMessage(`{}`), nil }

func (anything) Lost(takeover.User) []string { return nil }

func TestSchemaMapper_Lost(t *testing.T) {
	t.Parallel()
	schema, err := traits.Compile([]byte(`{"properties":{"traits":{"type":"object","properties":{"mail":{"type":"string"},
 "langs":{"type":"array","items":{"type":"string"}},"name":{"type":"object","properties":{"first":{"type":"string"}}},
 "home":{"type":"object","properties":{"town":{"type":"string"},"at":{"type":"object","properties":{"lat":{"type":"string"}}}}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := takeover.SchemaMapper{Schema: schema}.Lost(takeover.User{Claims: map[string]any{
		"email": "a@example.org", "email_verified": true, "mail": []any{"a@example.org", "b@example.org"}, "langs": []any{"de", "en"}, "given_name": "Vera",
		"department": "x", "home": map[string]any{"town": "Ulm", "street": "Hof 1", "at": map[string]any{"lat": "1", "long": "2"}},
		"work": map[string]any{"street": "Hof 2"},
	}})
	if want := []string{"department", "email", "home.at.long", "home.street", "mail (all but the first value)", "work"}; !slices.Equal(got, want) {
		t.Errorf("Lost = %q, want %q", got, want)
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"1704164645", "1704164645000", "1704164645000000", "1704164645.0", "2024-01-02T03:04:05Z", "2024-01-02T05:04:05+0200", "2024-01-02 03:04:05+00",
		"20240102030405Z", "20240102030405.0Z",
	} {
		if got := takeover.Moment(text).Unix(); got != 1704164645 {
			t.Errorf("%s is %d", text, got)
		}
	}
	for _, text := range []string{"", "infinity", "NaN", "1e5", "0000-00-00 00:00:00", "-1"} {
		if got := takeover.Moment(text); !got.IsZero() {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// Traits that are reserved for administrators are not filled with what people write themselves, and the report says so.
func TestSchemaMapper_reserved(t *testing.T) {
	t.Parallel()
	schema, err := traits.Compile([]byte(`{"properties":{"traits":{"type":"object","properties":{"email":{"type":"string","format":"email"},
 "role":{"type":"string","x-symbolon":{"writable":"admin"}},"name":{"type":"string","x-symbolon":{"writable":"admin"}},
 "shop":{"type":"object","x-symbolon":{"writable":"admin"},"properties":{"limit":{"type":"number"}}},"team":{"type":"string"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const written = `{"role":"owner","shop":{"limit":9},"full_name":"Root","team":"red"}`
	for system, file := range map[string]string{
		"auth0":     `{"user_id":"auth0|1","email":"m@example.org","user_metadata":` + written + `}`,
		"supabase":  `[{"id":"1","email":"m@example.org","raw_user_meta_data":` + written + `}]`,
		"keycloak":  `[{"id":"1","email":"m@example.org","attributes":` + written + `}]`,
		"authentik": `[{"model":"authentik_core.user","pk":5,"fields":{"email":"m@example.org","attributes":` + written + `}}]`,
	} {
		users, faults := read(readers()[system](strings.NewReader(file)))
		mapper := takeover.SchemaMapper{Schema: schema}
		made, err := mapper.Traits(users[0])
		if err != nil || len(faults) > 0 || string(made) != `{"email":"m@example.org","team":"red"}` {
			t.Errorf("%s: %s, %v, %v", system, made, err, faults)
		}
		lost := strings.Join(mapper.Lost(users[0]), "; ")
		for _, part := range []string{"role (people write it themselves", "shop.limit (people write it themselves"} {
			if !strings.Contains(lost, part) {
				t.Errorf("%s: the report has %q and not %q", system, lost, part)
			}
		}
	}
	u := takeover.User{Claims: map[string]any{"role": "buyer"}}
	if made, err := (takeover.SchemaMapper{Schema: schema}).Traits(u); err != nil || string(made) != `{"role":"buyer"}` {
		t.Errorf("of what the system knows: %s, %v", made, err)
	}
}

// The address that the other system knows goes before one that people write under another name of it.
func TestSchemaMapper_knownAddress(t *testing.T) {
	t.Parallel()
	schema, err := traits.Compile([]byte(`{"properties":{"traits":{"type":"object","properties":{"mail":{"type":"string","format":"email"},
 "work_email":{"type":"string","format":"email"},"mails":{"type":"array","items":{"type":"string","format":"email"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	users, _ := read(readers()["auth0"](strings.NewReader(`[{"user_id":"auth0|1","email":"m@example.org",
 "user_metadata":{"mail":"ceo@example.org","work_email":"w@example.org","mails":["a@example.org","b@example.org"]}},
 {"user_id":"github|2","user_metadata":{"mail":"n@example.org"}}]`)))
	for i, want := range []string{
		`{"mail":"m@example.org","work_email":"w@example.org","mails":["a@example.org","b@example.org"]}`, `{"mail":"n@example.org"}`,
	} {
		if made, err := (takeover.SchemaMapper{Schema: schema}).Traits(users[i]); err != nil || string(made) != want {
			t.Errorf("%s, %v, want %s", made, err, want)
		}
	}
}

// So it is with other identifiers and with phone numbers. An address to sign in by is never what the person alone wrote.
func TestSchemaMapper_knownName(t *testing.T) {
	t.Parallel()
	schema, err := traits.Compile([]byte(`{"properties":{"traits":{"type":"object","properties":{
 "username":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}},
 "phone":{"type":"string","ory.sh/kratos":{"verification":{"via":"sms"}}},"nick":{"type":"string"},
 "contact":{"type":"object","properties":{"phone":{"type":"string","ory.sh/kratos":{"verification":{"via":"sms"}}}}},
 "backup":{"type":"string","ory.sh/kratos":{"recovery":{"via":"email"}}},
 "logins":{"type":"array","items":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}},
 "login_email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}},
 "mail":{"type":"string","ory.sh/kratos":{"credentials":{"code":{"identifier":true,"via":"email"}}}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	users, _ := read(readers()["auth0"](strings.NewReader(`[{"user_id":"auth0|1","username":"mallory","email":"m@example.org","phone_number":"+4915112345678","phone_verified":true,
 "user_metadata":{"username":"ceo","phone":"+4915199999999","nick":"m","contact":{"phone":"+4915199999999"},"login_email":"ceo@example.org","mail":"ceo@example.org"}},
 {"user_id":"auth0|2","user_metadata":{"username":"nell","phone":"+4915188888888","login_email":"ceo@example.org","mail":"ceo@example.org","email":"ceo@example.org"}},
 {"user_id":"auth0|3","email":"o@example.org","name":"ceo@example.org","user_metadata":{"username":" CEO@example.org\u00a0","backup":"ceo@example.org","logins":["nell"," ceo@example.org"]}},
 {"user_id":"auth0|4","email":"p@example.org","user_metadata":{"username":"P@Example.org"}}]`)))
	for i, want := range []string{
		`{"username":"mallory","phone":"+4915112345678","nick":"m","contact":{"phone":"+4915112345678"},"login_email":"m@example.org","mail":"m@example.org"}`, `{"username":"nell","phone":"+4915188888888","contact":{"phone":"+4915188888888"}}`,
		`{"logins":["nell"],"login_email":"o@example.org","mail":"o@example.org"}`,
		`{"username":"P@Example.org","login_email":"p@example.org","mail":"p@example.org"}`,
	} {
		if made, err := (takeover.SchemaMapper{Schema: schema}).Traits(users[i]); err != nil || string(made) != want {
			t.Errorf("%s, %v, want %s", made, err, want)
		}
	}
	lost := takeover.SchemaMapper{Schema: schema}.Lost(users[2])
	for _, claim := range []string{"backup", "logins", "username"} {
		if want := claim + " (e-mail addresses that only the person wrote)"; !slices.Contains(lost, want) {
			t.Errorf("%q does not tell of %s", lost, want)
		}
	}
}
