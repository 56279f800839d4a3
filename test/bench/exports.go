package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/symbolon/symbolon/internal/secret"
)

// exported is an export of another system with many accounts, all alike: what begins the file, each account with its number,
// id and address, what stands between two, and what ends the file.
type exported struct {
	system, begin, between, end string
	account                     func(n int, id, email string) string
	args                        []string
	extra                       string // the content of the file that args name
}

const bcrypted = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

// exports takes accounts with a password over from each of the other systems, as takeover does.
func (b *bench) exports(ctx context.Context) error {
	var failed error
	for _, e := range exportedSystems() {
		failed = errors.Join(failed, b.takeovers(ctx, e.system, e.write))
	}
	return failed
}

func (e exported) write(_ context.Context, dir string, count int) (args []string, err error) {
	file, err := os.Create(filepath.Join(dir, "export"))
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriter(file)
	_, err = io.WriteString(out, e.begin)
	for n := 0; n < count && err == nil; n++ {
		if n > 0 {
			_, _ = out.WriteString(e.between) // Flush says what went wrong
		}
		_, err = out.WriteString(e.account(n, secret.NewID(), identityEmail(n)))
	}
	_, _ = out.WriteString(e.end)
	err = errors.Join(err, out.Flush(), file.Close(), os.WriteFile(filepath.Join(dir, "extra"), []byte(e.extra), 0o600))
	return append([]string{"from-" + e.system, "--schema", "person", "export"}, e.args...), err
}

func exportedSystems() []exported {
	digest := base64.StdEncoding.EncodeToString(make([]byte, 64))
	return []exported{
		{system: "keycloak", begin: `{"realm":"shop","users":[`, between: ",", end: `]}`, account: func(n int, id, email string) string {
			return fmt.Sprintf(`{"id":%q,"username":"u%d","email":%q,"emailVerified":true,"enabled":true,"createdTimestamp":1700000000000,"firstName":"Vera","credentials":[
{"id":"c","type":"password","secretData":"{\"value\":\"%s\",\"salt\":\"c2FsdHNhbHQ=\"}","credentialData":"{\"hashIterations\":210000,\"algorithm\":\"pbkdf2-sha512\"}"}]}`, id, n, email, digest)
		}},
		{system: "auth0", between: "\n", account: func(n int, _, email string) string {
			return fmt.Sprintf(`{"user_id":"auth0|%d","email":%q,"email_verified":true,"created_at":"2024-01-02T03:04:05.678Z","given_name":"Vera","identities":[{"provider":"auth0","user_id":"%d"}],"passwordHash":%q}`, n, email, n, bcrypted)
		}},
		{
			system: "firebase", begin: `{"users":[`, between: ",", end: `]}`, args: []string{"--hash-parameters", "extra"},
			extra: `{"base64_signer_key":"` + digest + `","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}`,
			account: func(n int, _, email string) string {
				return fmt.Sprintf(`{"localId":"f%d","email":%q,"emailVerified":true,"displayName":"Vera","createdAt":"1700000000000","passwordHash":%q,"salt":"42xEC+ixf3L2lw=="}`, n, email, digest)
			},
		},
		{system: "supabase", begin: `{"identities":[],"mfa_factors":[],"users":[`, between: ",", end: `]}`, account: func(_ int, id, email string) string {
			return fmt.Sprintf(`{"id":%q,"email":%q,"encrypted_password":%q,"email_confirmed_at":"2024-01-02T03:04:05.678+00:00","created_at":"2024-01-02T03:04:05.678+00:00","raw_user_meta_data":{"name":"Vera"}}`, id, email, bcrypted)
		}},
		{system: "authentik", begin: `[`, between: ",", end: `]`, account: func(n int, id, email string) string {
			return fmt.Sprintf(`{"model":"authentik_core.user","pk":%d,"fields":{"uuid":%q,"username":"u%d","name":"Vera","email":%q,"is_active":true,"date_joined":"2024-01-02T03:04:05.678Z","password":"pbkdf2_sha256$600000$saltsalt$%.44s"}}`, n, id, n, email, digest[:43]+"=")
		}},
		{system: "ldif", begin: "version: 1\n\n", between: "\n", account: func(n int, id, email string) string {
			return fmt.Sprintf("dn: uid=u%d,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nentryUUID: %s\nuid: u%d\ngivenName: Vera\nmail: %s\ncreateTimestamp: 20240102030405Z\nuserPassword: {SSHA512}%s\n",
				n, id, n, email, base64.StdEncoding.EncodeToString(make([]byte, 72)))
		}},
		{system: "csv", begin: "id,email,email_verified,given_name,created_at,password_hash\n", between: "\n", account: func(_ int, id, email string) string {
			return fmt.Sprintf("%s,%s,true,Vera,2024-01-02T03:04:05Z,%s", id, email, bcrypted)
		}},
	}
}
