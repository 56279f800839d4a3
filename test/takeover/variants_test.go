package takeover

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/takeover"
)

// changed is a copy of a database on which statements have run.
func changed(t *testing.T, version string, statements ...string) string {
	t.Helper()
	dsn := copied(t, version)
	db := sqliteFile(t, dsn)
	for _, s := range append([]string{"PRAGMA foreign_keys = OFF"}, statements...) {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return dsn
}

const (
	secondTenant = `INSERT INTO networks VALUES ('11111111-1111-4111-8111-111111111111', '2026-01-01', '2026-01-01')`
	moveTwo      = `UPDATE identities SET nid = '11111111-1111-4111-8111-111111111111' WHERE id IN (SELECT id FROM identities ORDER BY id LIMIT 2)`
)

func TestRecords_tenants(t *testing.T) {
	t.Parallel()
	if all := records(t, changed(t, "v26.2.0", secondTenant), ""); len(all) != 45 {
		t.Errorf("an empty tenant beside the one: %d accounts", len(all))
	}
	if all := records(t, changed(t, "v26.2.0", "UPDATE identities SET nid = NULL"), ""); len(all) != 45 {
		t.Errorf("accounts without a tenant: %d", len(all))
	}
	two := changed(t, "v26.2.0", secondTenant, moveTwo)
	if all := records(t, two, "11111111-1111-4111-8111-111111111111"); len(all) != 2 {
		t.Errorf("the tenant that was named has %d accounts", len(all))
	}
	for network, want := range map[string]string{"": "Name one with --network", "22222222-2222-4222-8222-222222222222": "(43 accounts)"} {
		if _, err := app.OpenKratos(t.Context(), two, network); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("tenant %q: %v", network, err)
		}
	}
}

func TestRecords_damaged(t *testing.T) {
	t.Parallel()
	huge, err := json.Marshal(map[string]string{"email": "huge@example.org", "note": strings.Repeat("x", 2<<20)})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		statements []string
		want       func(takeover.Record) bool
	}{
		"tables that are not there": {
			[]string{"DROP TABLE session_devices", "DROP TABLE identity_recovery_codes", "DROP TABLE identity_verification_tokens", "DROP TABLE selfservice_verification_flows"},
			func(r takeover.Record) bool { return len(r.Credentials) > 2 },
		},
		"long traits": {
			[]string{"UPDATE identities SET traits = '" + string(huge) + "'"},
			func(r takeover.Record) bool { return len(r.Identity.Traits) == len(huge) },
		},
		"traits that are no JSON": {
			[]string{"UPDATE identities SET traits = '{'"},
			func(r takeover.Record) bool { return string(r.Identity.Traits) == "{" },
		},
		"a session of an unknown form": {
			[]string{"UPDATE sessions SET authentication_methods = '7'"},
			func(r takeover.Record) bool { return strings.Contains(strings.Join(r.Notes, ";"), "unknown form") },
		},
		"a session without a token": {
			[]string{"UPDATE sessions SET token = NULL"},
			func(r takeover.Record) bool { return strings.Contains(strings.Join(r.Notes, ";"), "no token") },
		},
		"a type of credential without a name": {
			[]string{"DELETE FROM identity_credential_types WHERE name = 'totp'"},
			func(r takeover.Record) bool {
				for _, c := range r.Credentials {
					if c.Type == "" {
						return true
					}
				}
				return false
			},
		},
		"codes of a flow twice": {
			[]string{`INSERT INTO identity_recovery_codes SELECT id || 'x', code || 'x', used_at, identity_recovery_address_id, code_type, expires_at,
 '2020-01-01', selfservice_recovery_flow_id, created_at, updated_at, nid, identity_id FROM identity_recovery_codes`},
			func(r takeover.Record) bool {
				for _, c := range r.Challenges {
					if c.Code && !strings.HasSuffix(c.Hash, "x") {
						return true
					}
				}
				return false
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := records(t, changed(t, "v26.2.0", test.statements...), "")
			found, pending := false, map[string]bool{}
			for _, r := range all {
				found = found || test.want(r)
				for _, c := range r.Challenges {
					if c.Code && pending[c.FlowID] {
						t.Errorf("flow %s waits twice", c.FlowID)
					}
					pending[c.FlowID] = true
				}
			}
			if len(all) != 45 || !found {
				t.Errorf("%d accounts, found %t", len(all), found)
			}
		})
	}
}

// A database whose tables lack what accounts need is refused before anything of it is read.
func TestOpenKratos_shapes(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		"DROP TABLE identity_credential_identifiers":                                                      "Missing: identity_credential_identifiers.",
		"DROP TABLE sessions":                                                                             "Missing: sessions.",
		"ALTER TABLE identities RENAME COLUMN traits TO data":                                             "Missing: identities.traits.",
		"ALTER TABLE identity_verifiable_addresses RENAME COLUMN verified TO proven":                      "Missing: identity_verifiable_addresses.verified.",
		"ALTER TABLE identity_recovery_codes RENAME COLUMN code TO secret":                                "Missing: identity_recovery_codes.code.",
		"ALTER TABLE identity_verification_codes RENAME COLUMN code_hmac TO code":                         "",
		"ALTER TABLE identity_recovery_tokens RENAME COLUMN identity_recovery_address_id TO address_hash": "Missing: identity_recovery_tokens.identity_recovery_address_id.",
	} {
		from, err := app.OpenKratos(t.Context(), changed(t, "v26.2.0", statement), "")
		if err == nil {
			err = from.Close()
		}
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := app.OpenKratos(t.Context(), copied(t, "v0.5.5"), "11111111-1111-4111-8111-111111111111"); err == nil || !strings.Contains(err.Error(), "leave out --network") {
		t.Errorf("a tenant of a version without tenants: %v", err)
	}
}

// Tables that are not known keep their names, and what waits in the queue of mails is told.
func TestFromKratos_inPlace(t *testing.T) {
	t.Parallel()
	d := &deployment{dir: t.TempDir(), env: os.Environ()}
	try := func(dsn string, args ...string) (string, error) {
		config, err := json.Marshal(map[string]any{"dsn": dsn, "secrets": map[string]any{"default": []string{"a-secret-of-this-test-0123456789"}}})
		if err != nil {
			t.Fatal(err)
		}
		d.write(t, "config.json", config)
		out, err := d.command(t.Context(), t, append([]string{"migrate", "from-kratos", "-c", filepath.Join(d.dir, "config.json"), "--in-place"}, args...)...).CombinedOutput()
		return string(out), err
	}
	unknown := changed(t, "v0.5.5", "DROP TABLE identity_recovery_addresses")
	if out, err := try(unknown); err == nil || !strings.Contains(out, "Missing: identity_recovery_addresses.") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := sqliteFile(t, unknown).ExecContext(t.Context(), "SELECT id FROM identities"); err != nil {
		t.Errorf("the tables were renamed: %v", err)
	}
	queue := changed(t, "v0.5.5", "UPDATE courier_messages SET status = 1 WHERE id IN (SELECT id FROM courier_messages LIMIT 3)")
	if out, _ := try(queue, "--dry-run"); !strings.Contains(out, "has 3 messages that wait, not taken") { // the schemas are not configured: all are refused
		t.Error(out)
	}
}

// What versions between the samples have and lack is read all the same.
func TestRecords_between(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statements []string
		network    string
		want       func(takeover.Record) bool
	}{
		"a state that is not known": {
			[]string{"UPDATE identities SET state = 'deleted'"},
			"",
			func(r takeover.Record) bool {
				return r.Identity.State == "inactive" && strings.Contains(strings.Join(r.Notes, ";"), "deleted")
			},
		},
		"sessions of before factors": {
			[]string{`UPDATE sessions SET authentication_methods = '[{"method":"v0.6_legacy_session"}]'`},
			"",
			func(r takeover.Record) bool {
				return len(r.Sessions) > 0 && r.Sessions[0].Factors[0].At.Equal(r.Sessions[0].AuthenticatedAt) && len(r.Notes) == 0
			},
		},
		"two credentials of a type": {
			[]string{`INSERT INTO identity_credentials SELECT 'ffffffff' || substr(id, 9), config, identity_credential_type_id, identity_id, created_at, updated_at,
 nid, version FROM identity_credentials`},
			"",
			func(r takeover.Record) bool {
				return strings.Contains(strings.Join(r.Notes, ";"), "a second credential of type password is not taken")
			},
		},
		"the accounts without a tenant": {
			[]string{secondTenant, "UPDATE identities SET nid = NULL", moveTwo},
			"none",
			func(takeover.Record) bool { return true },
		},
		"no columns of later versions": {
			[]string{
				"ALTER TABLE identities RENAME COLUMN external_id TO later_external_id", "ALTER TABLE identities RENAME COLUMN organization_id TO later_organization_id", "ALTER TABLE identities RENAME COLUMN metadata_admin TO later_metadata_admin",
				"ALTER TABLE sessions RENAME COLUMN authentication_methods TO later_authentication_methods", "ALTER TABLE sessions RENAME COLUMN aal TO later_aal", "DROP TABLE session_devices",
				"ALTER TABLE identity_recovery_tokens RENAME COLUMN token_type TO later_token_type",
			},
			"",
			func(r takeover.Record) bool {
				return len(r.Sessions) > 0 && r.Sessions[0].Factors[0].Method == "password"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := 45
			if test.network != "" {
				want = 43
			}
			if all := records(t, changed(t, "v26.2.0", test.statements...), test.network); len(all) != want || !slices.ContainsFunc(all, test.want) {
				t.Errorf("%d accounts, none as wanted", len(all))
			}
		})
	}
}
