package claims_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/claims"
)

func TestClaimsAreReadAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sent string
		want claims.Claims
	}{
		"every standard claim": {
			`{"iss":"i","sub":"s","name":"n","given_name":"g","family_name":"f","last_name":"l","middle_name":"m","nickname":"k",
			"preferred_username":"u","profile":"p","picture":"pic","website":"w","email":"e","email_verified":true,"gender":"x",
			"birthdate":"b","zoneinfo":"z","locale":"lo","phone_number":"ph","phone_number_verified":true,"updated_at":5}`,
			claims.Claims{
				Issuer: "i", Subject: "s", Name: "n", GivenName: "g", FamilyName: "f", LastName: "l", MiddleName: "m", Nickname: "k",
				PreferredUsername: "u", Profile: "p", Picture: "pic", Website: "w", Email: "e", EmailVerified: true, Gender: "x",
				Birthdate: "b", Zoneinfo: "z", Locale: "lo", PhoneNumber: "ph", PhoneNumberVerified: true, UpdatedAt: 5,
			},
		},
		"numbers as text":            {`{"sub":12345678901234567890,"updated_at":"7","name":3}`, claims.Claims{Subject: "12345678901234567890", UpdatedAt: 7, Name: "3"}},
		"truth as text":              {`{"email_verified":"true","phone_number_verified":"1"}`, claims.Claims{EmailVerified: true, PhoneNumberVerified: true}},
		"untruth as text":            {`{"email_verified":"false","phone_number_verified":""}`, claims.Claims{}},
		"a time in the form of text": {`{"updated_at":"2026-11-23T00:00:00.5Z"}`, claims.Claims{UpdatedAt: 1795392000}},
		"a time with a fraction":     {`{"updated_at":7.9}`, claims.Claims{UpdatedAt: 7}},
		"other types":                {`{"name":{"a":1},"email":["x"],"email_verified":[true],"updated_at":{},"locale":null,"gender":true}`, claims.Claims{}},
		"absurd times":               {`{"updated_at":1e300}`, claims.Claims{}},
		"names in another case":      {`{"Email_Verified":true,"EMAIL":"x@example.org","Sub":"7"}`, claims.Claims{}},
		"a text that is too long":    {`{"name":"` + strings.Repeat("x", 5000) + `"}`, claims.Claims{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := claims.Decode([]byte(test.sent))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Raw) == 0 {
				t.Error("what was sent is lost")
			}
			got.Raw = nil
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWhatIsNoObjectOfClaimsIsRefused(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{
		"", "null", "[]", "7", `"x"`, "{", `{"sub":{}}`, `{"sub":""}`, `{"sub":true}`, `{"sub":null}`, `{}{}`, `{"a":[1e999]}`,
		`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", strings.Repeat(`{"a":`, 20000),
		`{"sub":"` + strings.Repeat("7", 5000) + `"}`,
	} {
		if got, err := claims.Decode([]byte(sent)); err == nil {
			t.Errorf("%.40s: %+v", sent, got)
		}
	}
}

func TestAnErrorQuotesNoClaim(t *testing.T) {
	t.Parallel()
	if _, err := claims.Decode([]byte(`{"email":"ann@example.org" secret}`)); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"iss":"https://a","sub":"7","email":"ann@example.org","email_verified":"true","updated_at":"2026-11-23T00:00:00Z"}`,
		`{"sub":1e5,"email_verified":1,"updated_at":-1.5,"a":[[[{}]]]}`, `{"sub":"\ud800","name":null}`, `{"updated_at":NaN}`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	program, err := claims.Compile("all.jsonnet", "{identity: {traits: std.extVar('claims')}}")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := claims.Decode(raw)
		if err != nil {
			return
		}
		want, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) > 4000 {
			return
		}
		made, err := program.Map(t.Context(), c)
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		again, err := claims.Decode(made.Traits)
		if err != nil {
			t.Fatalf("%s: %v", made.Traits, err)
		}
		if c.Email != again.Email || c.Subject != again.Subject || c.EmailVerified != again.EmailVerified {
			t.Errorf("a program sees %+v, which is %+v", again, c)
		}
	})
}
