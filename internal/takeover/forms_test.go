package takeover_test

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store/scratch/scratchtest"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/takeover/auth0"
	"github.com/symbolon/symbolon/internal/takeover/firebase"
	"github.com/symbolon/symbolon/internal/takeover/supabase"
)

// Systems write the same accounts in several forms; each gives what the others give.
func TestReaders_forms(t *testing.T) {
	t.Parallel()
	parameters := firebase.Params{SignerKey: "AAAA", SaltSeparator: "Bw==", Rounds: 8, MemoryCost: 14, TrustCSV: true}
	for name, test := range map[string]struct {
		users iter.Seq2[takeover.User, error]
		want  string
	}{
		"Firebase, CSV": {
			firebase.Users(strings.NewReader(`u1,a@example.org,true,AAAA,AQ==,"Doe, Ada",https://p/1,117,g@example.org,Ada,,,,,,,,,,42,,,,1486324336000,1486324336000,+15555550100,,"{""admin"":true}",
u2,,false,,,Ada "the first",,,,,,,,,,,,,,,,,,1486324336000,,,true,,
u3,b@example.org,perhaps,,,,,,,,,,,,,,,,,,,,,,,,,,
u4,b@example.org
`), parameters),
			`u1 off=false hash=true 2017 [{google.com 117} {github.com 42}] map[email:a@example.org email_verified:true name:Doe, Ada phone_number:+15555550100 phone_number_verified:true picture:https://p/1] map[admin:true]
u2 off=true hash=false 2017 [] map[email_verified:false name:Ada "the first" phone_number_verified:false] map[]
line 3: line 3: whether the address is verified: "perhaps" is neither true nor false
: after 3 users: line 4: has fewer values than the row before it, so a name with line ends may have begun there, and what follows can't be trusted: export users.json instead
`,
		},
		"Firebase, no export": {firebase.Users(strings.NewReader("id,email\n"), parameters), ": after 0 users: the file has no users where this kind of export has them\n"},
		"Firebase, empty":     {firebase.Users(strings.NewReader(""), parameters), ": after 0 users: the file has no users where this kind of export has them\n"},
		"Auth0, default fields": {
			auth0.Users(strings.NewReader(`{"Id":"auth0|1","Given Name":"Vera","Family Name":"M","Email":"v@example.org","Email Verified":true,"Connection":"Users","Created At":"2020-10-06T15:35:35.251Z"}`), nil),
			"auth0|1 off=false hash=false 2020 [] map[email:v@example.org email_verified:true family_name:M given_name:Vera phone_number_verified:false] map[]\n",
		},
		"Auth0, what a provider gave": {
			auth0.Users(strings.NewReader(`{"user_id":"auth0|1","Last Login":"x","updated_at":"x","logins_count":3,"locale":"de","company":{"name":"c"},"email_verified":true,"phone_number_verified":true}`), nil),
			"auth0|1 off=false hash=false 1 [] map[company:map[name:c] email_verified:false locale:de phone_number_verified:false] map[]\n",
		},
		"Auth0, CSV": {
			auth0.Users(strings.NewReader("\ufeffuser_id,email,email_verified,blocked,identities[0].connection,identities[1].provider,identities[1].user_id,app_metadata.plan,created_at\n"+
				"google-oauth2|7,v@example.org,true,,google-oauth2,github,42,gold,2020-10-06T15:35:35.251Z\ngoogle-oauth2|8,,,true,google-oauth2,,,,\n"), nil),
			"google-oauth2|7 off=false hash=false 2020 [{github 42}] map[email:v@example.org email_verified:true phone_number_verified:false] map[plan:gold]\n" +
				"google-oauth2|8 off=true hash=false 1 [{google-oauth2 8}] map[email_verified:false phone_number_verified:false] map[]\n",
		},
		"Auth0, another table": {auth0.Users(strings.NewReader("name,age\nx,1\n"), nil), ": after 0 users: the file has no users where this kind of export has them\n"},
		"Supabase, CSV": {
			readers()["supabase"](strings.NewReader("instance_id,id,aud,email,encrypted_password,email_confirmed_at,raw_app_meta_data,raw_user_meta_data,created_at,phone,banned_until\n" +
				`0,u1,authenticated,v@example.org,$2a$10$x,2024-01-02 03:04:05.123+00,"{""plan"": ""gold""}","{""name"": ""V""}",2024-01-02 03:04:05+00,,infinity` + "\n" +
				`0,u2,authenticated,w@example.org,NULL,NULL,{},"[]",2024-01-02 03:04:05+00,NULL,NULL` + "\n")),
			"u1 off=true hash=true 2024 [] map[email:v@example.org email_verified:true name:V phone_number_verified:false] map[plan:gold]\n" +
				"number 2: user number 2 is no row of auth.users: [] is no object\n",
		},
		"Supabase, a row on each line": {
			readers()["supabase"](strings.NewReader(`{"instance_id":"0","id":"u1","email":"v@example.org","raw_app_meta_data":{"plan":"gold"},"created_at":"2024-01-02T03:04:05+00:00"}
{"instance_id":"0","id":"u2"}`)),
			"u1 off=false hash=false 2024 [] map[email:v@example.org email_verified:false phone_number_verified:false] map[plan:gold]\n" +
				"u2 off=false hash=false 1 [] map[email_verified:false phone_number_verified:false] map[]\n",
		},
		"authentik, blueprint": {
			readers()["authentik"](strings.NewReader(`{"version":1,"entries":[{"model":"authentik_core.group","identifiers":{"pk":"g-1"},"attrs":{"name":"staff"}},
 {"model":"authentik_sources_oauth.oauthsource","identifiers":{"slug":"corp"},"attrs":{}},
 {"model":"authentik_core.user","identifiers":{"pk":5},"attrs":{"username":"ada","name":"Ada","email":"a@example.org","is_active":false,
  "groups":["g-1",["authentik_core.group",["name","x"]]],"date_joined":"2024-01-02T03:04:05Z"}},
 {"model":"authentik_sources_oauth.useroauthsourceconnection","identifiers":{"pk":9},"attrs":{"user":5,"source":"corp","identifier":"7"}}]}`)),
			"ada off=true hash=false 2024 [{corp 7}] map[email:a@example.org email_verified:false name:Ada phone_number_verified:false preferred_username:ada] map[groups:[staff x]]\n",
		},
		"authentik, list of the API": {
			readers()["authentik"](strings.NewReader(`{"pagination":{"next":0},"results":[{"pk":5,"username":"ada","is_active":true,"email":"a@example.org","uuid":"u-1","groups":["g-1"],"groups_obj":[{"pk":"g-1","name":"staff"}]}]}`)),
			"u-1 off=false hash=false 1 [] map[email:a@example.org email_verified:false phone_number_verified:false preferred_username:ada] map[groups:[staff]]\n",
		},
		"authentik, something else": {readers()["authentik"](strings.NewReader(`{"a":1}`)), ": the file is no dump of objects: the file has no users where this kind of export has them\n"},
		"authentik, a list of groups": {
			readers()["authentik"](strings.NewReader(`{"results":[{"pk":"g","name":"staff"}]}`)), ": the file is no dump of objects: an element of results is no user\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			for u, err := range test.users {
				if err != nil {
					fmt.Fprintf(&got, "%s: %v\n", u.Key, err)
					continue
				}
				fmt.Fprintln(&got, u.Key, fmt.Sprintf("off=%t hash=%t", u.Disabled, u.PasswordHash != ""), u.CreatedAt.Year(), u.Links, u.Claims, u.MetadataAdmin)
			}
			if got.String() != test.want {
				t.Errorf("%s", got.String())
			}
		})
	}
}

// Tables of Supabase in files of their own belong together, in any order.
func TestSupabase_tables(t *testing.T) {
	t.Parallel()
	const (
		people  = "id,email,encrypted_password\nu1,v@example.org,x\n"
		links   = `[{"provider_id":"42","user_id":"u1","identity_data":{"sub":"42"},"provider":"github"},{"provider_id":"7","user_id":"gone","provider":"google"}]`
		factors = "id,user_id,factor_type,status,secret\nf1,u1,totp,verified,ABC\n"
	)
	tables := supabase.NewTables(time.Unix(0, 0), scratchtest.New(t))
	for _, file := range []string{people, links, factors} {
		if err := tables.Prepare(strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
	}
	var users []takeover.User
	for _, file := range []string{people, links, factors} {
		good, faults := read(tables.Users(strings.NewReader(file)))
		if users = append(users, good...); len(faults) > 0 {
			t.Error(faults)
		}
	}
	if len(users) != 1 || users[0].TOTP != "ABC" || !slices.Equal(users[0].Links, []takeover.Link{{Provider: "github", Subject: "42"}}) {
		t.Errorf("%+v", users)
	}
	if _, faults := read(tables.Orphans()); len(faults) != 1 || !strings.HasPrefix(faults[0], "gone: ") {
		t.Error(faults)
	}
	if err := tables.Prepare(io.MultiReader(strings.NewReader("id,user_id,provider\n1"))); err == nil {
		t.Error("a row that was cut off is read")
	}
}

// Tables belong to the users of a document, too, and a table that could not be read before the users is an error.
func TestSupabase_tablesOfDocument(t *testing.T) {
	t.Parallel()
	const (
		people  = `{"users":[{"id":"u1","email":"v@example.org"}]}`
		factors = "id,user_id,factor_type,status,secret\nf1,u1,totp,verified,ABC\n"
	)
	tables := supabase.NewTables(time.Unix(0, 0), scratchtest.New(t))
	for _, file := range []string{people, factors} {
		if err := tables.Prepare(strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
	}
	users, faults := read(tables.Users(strings.NewReader(people)))
	if len(users) != 1 || users[0].TOTP != "ABC" || len(faults) > 0 {
		t.Errorf("%+v %v", users, faults)
	}
	if users, faults = read(tables.Users(strings.NewReader(factors))); len(users)+len(faults) > 0 {
		t.Errorf("%+v %v", users, faults)
	}
	if _, faults = read(tables.Orphans()); len(faults) > 0 {
		t.Error(faults)
	}
	if _, faults = read(tables.Users(strings.NewReader(factors))); len(faults) != 1 || !strings.Contains(faults[0], "standard input") {
		t.Errorf("a table that was not read: %v", faults)
	}
}

// What a second document says of a user of the first one comes too late, and is told.
func TestSupabase_documents(t *testing.T) {
	t.Parallel()
	tables := supabase.NewTables(time.Unix(0, 0), scratchtest.New(t))
	const document = `{"users":[{"id":"%s"}],"identities":[{"user_id":"u1","provider":"google","provider_id":"1"}],"mfa_factors":null}`
	for _, id := range []string{"u1", "u2"} {
		users, faults := read(tables.Users(strings.NewReader(fmt.Sprintf(document, id))))
		if len(users) != 1 || users[0].Key != id || len(faults) > 0 || (len(users[0].Links) == 1) != (id == "u1") {
			t.Errorf("%+v %v", users, faults)
		}
	}
	if _, faults := read(tables.Orphans()); len(faults) != 1 || !strings.HasPrefix(faults[0], "u1: ") {
		t.Error(faults)
	}
}
