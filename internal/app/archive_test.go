package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/archive"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// newSQLiteApp is a server on an empty SQLite database with secrets of its own.
func newSQLiteApp(t *testing.T) *composition {
	t.Helper()
	c, _, err := config.Load(config.Source{Environ: []string{"DSN=memory", "SECRETS_DEFAULT=" + secret.Token()}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{Config: c, Now: func() time.Time { return exportedAt }, Version: "test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a.current.Load()
}

var exportedAt = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// drawLine makes an identity of which a server may have any part.
func drawLine(t *rapid.T, number int) archive.Line {
	at := func(name string) time.Time {
		return exportedAt.Add(-time.Duration(rapid.Int64Range(1, 1e9).Draw(t, name)) * time.Microsecond)
	}
	maybe := func(name string) bool { return rapid.Bool().Draw(t, name) }
	email := fmt.Sprintf("%s.%d@example.org", rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "email"), number)
	l := archive.Line{
		Format: archive.Format, ID: secret.NewOrderedID(), SchemaID: "default",
		Traits: json.RawMessage(fmt.Sprintf(`{"email":%q}`, email)), State: identity.Active, CreatedAt: at("created"), UpdatedAt: at("updated"),
	}
	l.StateChangedAt = l.CreatedAt
	if maybe("disabled") {
		l.State, l.StateChangedAt = identity.Inactive, at("disabled at")
	}
	if maybe("metadata") {
		text, _ := json.Marshal(rapid.String().Draw(t, "note"))
		if !strings.Contains(string(text), `\u0000`) { // no database keeps a zero byte
			l.MetadataPublic, l.MetadataAdmin = json.RawMessage(`{"plan":"gold"}`), json.RawMessage(`{"note":`+string(text)+`}`)
		}
		l.ExternalID = fmt.Sprintf("crm-%d", number)
	}
	if maybe("going") {
		l.DeleteAt = exportedAt.Add(time.Hour)
	}
	if maybe("addresses") {
		a := archive.Address{ID: secret.NewID(), Via: identity.ViaEmail, Value: strings.ToUpper(email[:1]) + email[1:]}
		l.Recovery = []archive.Address{{ID: secret.NewID(), Via: identity.ViaEmail, Value: email}}
		if maybe("verified") {
			a.Verified, a.VerifiedAt = true, at("verified at")
		}
		if maybe("sent") {
			a.SentAt = at("sent at")
		}
		l.Verifiable = []archive.Address{a}
	}
	l.Credentials = drawCredentials(t, l.ID, email, number)
	for k := range rapid.IntRange(0, 2).Draw(t, "sessions") {
		s := archive.Session{
			ID: secret.NewID(), TokenHash: secret.Hash(fmt.Sprintf("token %d %d %s", number, k, l.ID)), IssuedAt: at("issued"), AuthenticatedAt: at("authenticated"),
			ExpiresAt: exportedAt.Add(time.Hour), Factors: []session.Factor{{Method: "password", AAL: session.AAL1, At: at("factor")}},
		}
		if maybe("device") {
			s.Address, s.UserAgent = "192.0.2.7:1234", "Mozilla/5.0"
		}
		if maybe("seen") {
			s.SeenAt = at("seen at")
		}
		l.Sessions = append(l.Sessions, s)
	}
	return l
}

func drawCredentials(t *rapid.T, id, email string, number int) []archive.Credential {
	all := []archive.Credential{
		{Type: "code", Identifiers: []string{email}, Config: json.RawMessage(`{"addresses":[]}`)},
		{Type: "lookup_secret", Identifiers: []string{id}, Config: json.RawMessage(
			`{"recovery_codes":[{"hint":"ab","hash":"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$dGVzdA","used_at":"2026-01-01T00:00:00Z"}],"added_at":"2026-01-01T00:00:00Z"}`)},
		{Type: "oidc", Identifiers: []string{fmt.Sprintf("google:Sub-%d", number)}, Config: json.RawMessage(
			`{"providers":[{"provider":"google","subject":"Sub","initial_id_token":"i","initial_access_token":"a","initial_refresh_token":"r"}]}`)},
		{Type: "passkey", Identifiers: []string{"passkey " + id}, Config: json.RawMessage(`{"credentials":[{"id":"AQI=","public_key":"AwQ=","attestation_type":"none",` +
			`"authenticator":{"aaguid":null,"sign_count":7,"clone_warning":false},"display_name":"phone","added_at":"2026-01-01T00:00:00Z","is_passwordless":true,` +
			`"flags":{"user_present":true,"user_verified":true,"backup_eligible":false,"backup_state":false}}],"user_handle":"aGFuZGxl"}`)},
		{Type: "password", Identifiers: []string{email}, Config: json.RawMessage(`{"hashed_password":"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$dGVzdHRlc3R0ZXN0dGVzdA"}`)},
		{Type: "totp", Identifiers: []string{id}, Config: json.RawMessage(
			`{"totp_url":"otpauth://totp/x:y?algorithm=SHA1\u0026digits=6\u0026issuer=x\u0026period=30\u0026secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP","last_step":7,"added_at":"2026-01-01T00:00:00Z"}`)},
		{Type: "webauthn", Identifiers: []string{"webauthn " + id}, Config: json.RawMessage(`{"credentials":[]}`)},
	}
	var out []archive.Credential
	for _, c := range all {
		if rapid.Bool().Draw(t, c.Type) {
			out = append(out, c)
		}
	}
	return out
}

// export returns everything that a server has, by id.
func export(t *testing.T, a *composition) map[string]archive.Line {
	t.Helper()
	found := map[string]archive.Line{}
	for after := ""; ; {
		page, _, err := a.ExportIdentities(t.Context(), after, 7, 1<<20, true)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return found
		}
		for _, raw := range page {
			var l archive.Line
			if err := json.Unmarshal(raw, &l); err != nil {
				t.Fatal(err)
			}
			found[l.ID] = l
			after = l.ID
		}
	}
}

func TestExport_thereAndBackWithoutLoss(t *testing.T) {
	t.Parallel()
	first, second := newSQLiteApp(t), newSQLiteApp(t)
	number := 0
	imported := map[string]archive.Line{}
	rapid.Check(t, func(rt *rapid.T) {
		number++
		l := drawLine(rt, number)
		raw, err := json.Marshal(l)
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := first.ImportExported(t.Context(), raw); err != nil {
			rt.Fatalf("%s is refused: %v", raw, err)
		}
		imported[l.ID] = l
	})
	compare := func(what string, got map[string]archive.Line) {
		t.Helper()
		if diff := cmp.Diff(imported, got, cmp.Transformer("JSON", normalJSON), cmpopts.SortSlices(func(a, b archive.Session) bool { return a.ID < b.ID })); diff != "" {
			t.Errorf("%s (-put in +came out):\n%.3000s", what, diff)
		}
	}
	out := export(t, first)
	compare("one server", out)
	told, err := first.db.Events(t.Context(), event.Query{Name: event.SensitiveRead, Limit: 1})
	if err != nil || len(told) != 1 || told[0].Details["last"] == "" {
		t.Errorf("the audit log says of the export %v, %v", told, err)
	}
	for _, l := range out {
		raw, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := second.ImportExported(t.Context(), raw); err != nil {
			t.Fatalf("the second server refuses %s: %v", raw, err)
		}
	}
	compare("a server with other secrets", export(t, second))
}

func TestExportIdentities_recordsWhatItReturns(t *testing.T) {
	t.Parallel()
	a := newSQLiteApp(t)
	ids := make([]string, 4)
	for i := range ids {
		ids[i] = fmt.Sprintf("6f1a1c9c-0c0e-4c56-9d6f-00000000000%d", i)
		line := fmt.Sprintf(`{"format":%q,"id":%q,"schema_id":"default","traits":{"email":"a%d@example.org"}}`, archive.Format, ids[i], i)
		if _, err := a.ImportExported(t.Context(), []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	first, _, err := a.ExportIdentities(t.Context(), "", 1, 1<<20, true)
	if err != nil || len(first) != 1 {
		t.Fatalf("the first page has %d lines, %v", len(first), err)
	}
	recorded := 1
	for _, test := range []struct {
		name        string
		after       string
		limit, size int
		want        []string
		next        string
	}{
		{"as many as wanted", "", 2, 1 << 20, ids[:2], ids[1]},
		{"one that is larger than the page", "", 3, len(first[0]) - 1, ids[:1], ids[0]},
		{"one that fills the page, and the next", "", 3, len(first[0]), ids[:2], ids[1]},
		{"all in a full page", "", 4, 1 << 20, ids, ids[3]},
		{"the rest", ids[1], 3, 1 << 20, ids[2:], ""},
		{"nothing", ids[3], 3, 1 << 20, nil, ""},
	} {
		lines, next, err := a.ExportIdentities(t.Context(), test.after, test.limit, test.size, true)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, raw := range lines {
			var l archive.Line
			if err := json.Unmarshal(raw, &l); err != nil {
				t.Fatal(err)
			}
			got = append(got, l.ID)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || next != test.next || lines == nil {
			t.Errorf("%s: next is %q, want %q; identities (-want +got):\n%s", test.name, next, test.next, diff)
		}
		told, err := a.db.Events(t.Context(), event.Query{Name: event.SensitiveRead})
		if err != nil {
			t.Fatal(err)
		}
		if len(test.want) > 0 {
			recorded++
			want := map[string]string{"identities": strconv.Itoa(len(test.want)), "first": test.want[0], "last": test.want[len(test.want)-1], "sessions": "true"}
			if diff := cmp.Diff(want, told[0].Details); diff != "" {
				t.Errorf("%s: the audit log (-want +got):\n%s", test.name, diff)
			}
		}
		if len(told) != recorded {
			t.Errorf("%s: the audit log has %d exports, want %d", test.name, len(told), recorded)
		}
	}
}

// normalJSON makes JSON comparable without its blanks.
func normalJSON(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return string(raw)
	}
	text, _ := json.Marshal(value)
	return string(text)
}

func TestImportExported_mistakes(t *testing.T) {
	t.Parallel()
	a := newSQLiteApp(t)
	const id = `"id":"6f1a1c9c-0c0e-4c56-9d6f-0f1c39a5f0aa","schema_id":"default","traits":{"email":"a@example.org"}`
	for name, test := range map[string]struct{ line, want string }{
		"another format":             {`{"format":"symbolon.identity/9"}`, "reads symbolon.identity/1"},
		"a misspelt member":          {`{"format":"symbolon.identity/1",` + id + `,"credential":[]}`, `unknown field "credential"`},
		"an id that is none":         {`{"format":"symbolon.identity/1","id":"7","schema_id":"default","traits":{}}`, "must be a UUID"},
		"a schema that is not there": {`{"format":"symbolon.identity/1","id":"6f1a1c9c-0c0e-4c56-9d6f-0f1c39a5f0aa","schema_id":"customer","traits":{}}`, `"customer" is not configured`},
		"traits that are no object":  {`{"format":"symbolon.identity/1","id":"6f1a1c9c-0c0e-4c56-9d6f-0f1c39a5f0aa","schema_id":"default","traits":[]}`, "traits must be a JSON object"},
		"a number out of range":      {`{"format":"symbolon.identity/1",` + id + `,"metadata_public":{"a":1e999}}`, "metadata_public must be a JSON object whose numbers"},
		"a method that is not here":  {`{"format":"symbolon.identity/1",` + id + `,"credentials":[{"type":"saml","config":{}}]}`, "this server has no such method"},
		"a type twice":               {`{"format":"symbolon.identity/1",` + id + `,"credentials":[{"type":"code"},{"type":"code"}]}`, "one credential of type code"},
		"a seed that is none":        {`{"format":"symbolon.identity/1",` + id + `,"credentials":[{"type":"totp","config":{"totp_url":"x"}}]}`, "credentials[0] of type totp can't be used"},
		"a hash that is none":        {`{"format":"symbolon.identity/1",` + id + `,"credentials":[{"type":"password","config":{"hashed_password":"x"}}]}`, "credentials[0] of type password can't be used"},
		"a session without a token":  {`{"format":"symbolon.identity/1",` + id + `,"sessions":[{"id":"6f1a1c9c-0c0e-4c56-9d6f-0f1c39a5f0aa"}]}`, "sessions[0] must have"},
		"an address without a value": {`{"format":"symbolon.identity/1",` + id + `,"recovery_addresses":[{"via":"email"}]}`, "recovery_addresses[0] must have a value"},
		"something behind":           {`{"format":"symbolon.identity/1",` + id + `} {}`, "invalid character '{' after top-level value"},
	} {
		_, err := a.ImportExported(t.Context(), []byte(test.line))
		if err == nil || !strings.Contains(reasonOf(err), test.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, test.want)
		}
	}
	if left := export(t, a); len(left) != 0 {
		t.Errorf("refused lines left %v", left)
	}
}
