package firebase

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/takeover"
)

const export = `{"users":[
 {"localId":"aaa","email":"vera@example.org","emailVerified":true,"passwordHash":"8yQxApS80CVFWbswyJM74ujGX9wc5X4WUN071CzHwjMTS_9LsnYvOS8YQqfFwqJ11K9308w2cHRfsrLQNk-JHw==",
  "salt":"c2FsdC05ODE1NTYzZjkwNA==","displayName":"Vera","createdAt":"1700000000000","providerUserInfo":[{"providerId":"password","rawId":"vera@example.org"},{"providerId":"google.com","rawId":"123"}]},
 {"localId":"bbb","phoneNumber":"+4917612345678","disabled":true,"customAttributes":"{\"role\":\"admin\"}","mfaInfo":[{}]},
 {"email":"unknown@example.org"}
]}`

var params = Params{
	TrustCSV:      true,
	SignerKey:     "bWFkZS11cC1zaWduZXIta2V5LW1hZGUtdXAtc2lnbmVyLWtleS1tYWRlLXVwLXNpZ25lci1rZXktbWFkZS11cA==",
	SaltSeparator: "Bw==", Rounds: 8, MemoryCost: 10,
}

func collect(t *testing.T, p Params) (users []takeover.User, faults []error) {
	t.Helper()
	for u, err := range Users(strings.NewReader(export), p) {
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
	users, faults := collect(t, params)
	if len(users) != 2 || len(faults) != 1 {
		t.Fatalf("%d users, faults %v", len(users), faults)
	}
	const want = "$firescrypt$ln=10,r=8,p=1$c2FsdC05ODE1NTYzZjkwNA==$8yQxApS80CVFWbswyJM74ujGX9wc5X4WUN071CzHwjMTS/9LsnYvOS8YQqfFwqJ11K9308w2cHRfsrLQNk+JHw==$Bw==$"
	vera := users[0]
	if !strings.HasPrefix(vera.PasswordHash, want) || len(vera.Links) != 1 || vera.Links[0].Provider != "google.com" || vera.CreatedAt.IsZero() {
		t.Errorf("%+v", vera)
	}
	if u := users[1]; !u.Disabled || u.MetadataAdmin["role"] != "admin" || u.Claims["phone_number_verified"] != true || len(u.Notes) != 1 {
		t.Errorf("%+v", u)
	}
}

func TestUsers_withoutParameters(t *testing.T) {
	t.Parallel()
	users, faults := collect(t, Params{})
	if len(users) != 1 || len(faults) != 2 || !strings.Contains(faults[0].Error(), "--hash-parameters") {
		t.Errorf("%d users, faults %v", len(users), faults)
	}
}
