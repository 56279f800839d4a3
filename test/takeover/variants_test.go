package takeover

import (
	"encoding/json"
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
