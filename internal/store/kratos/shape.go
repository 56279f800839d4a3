package kratos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// required are the tables that every version from 0.5 on has, each with the columns without which accounts would be taken
// in part.
func required() map[string][]string {
	return map[string][]string{
		"identities":                      {"id", "schema_id", "traits", "created_at", "updated_at"},
		"identity_credentials":            {"id", "identity_id", "identity_credential_type_id", "config"},
		"identity_credential_types":       {"id", "name"},
		"identity_credential_identifiers": {"identity_credential_id", "identifier"},
		"identity_verifiable_addresses":   {"id", "identity_id", "via", "value", "verified"},
		"identity_recovery_addresses":     {"id", "identity_id", "via", "value"},
		"sessions":                        {"id", "identity_id", "token", "active", "issued_at", "authenticated_at", "expires_at"},
	}
}

// optional are tables that some versions have, each with the columns that it has in all of them.
func optional() map[string][]string {
	return map[string][]string{
		"identity_recovery_tokens":     {"id", "token", "used", "expires_at", "identity_recovery_address_id"},
		"identity_verification_tokens": {"id", "token", "used", "expires_at", "identity_verifiable_address_id"},
		"identity_recovery_codes":      {"id", "used_at", "expires_at", "identity_recovery_address_id", "selfservice_recovery_flow_id"},
		"identity_verification_codes":  {"id", "used_at", "expires_at", "identity_verifiable_address_id", "selfservice_verification_flow_id"},
		"session_devices":              {"session_id"},
		"networks":                     {"id"},
	}
}

// checkShape refuses a database whose tables are not known: what they lack would be missing of the accounts, without a word.
func (s *Source) checkShape() error {
	var missing []string
	lacks := func(table string, columns []string) {
		for _, c := range columns {
			if !slices.Contains(s.columns[table], c) {
				missing = append(missing, table+"."+c)
			}
		}
	}
	tables := required()
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		if s.columns[table] == nil {
			missing = append(missing, table)
			continue
		}
		lacks(table, tables[table])
	}
	tables = optional()
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		if s.columns[table] != nil {
			lacks(table, tables[table])
		}
	}
	for table := range maps.Keys(codeColumns()) {
		if s.columns[table] != nil && s.codeColumn(table) == "" {
			missing = append(missing, table+".code")
		}
	}
	if s.columns["networks"] != nil {
		lacks("identities", []string{"nid"})
	}
	if len(missing) > 0 {
		return fmt.Errorf("the tables are those of Ory Kratos, but of a version that is not known here, or of one before 0.5; nothing was read. Missing: %s. "+
			"Bring the database to a version between 0.5 and 26 with the original's own migrations", strings.Join(missing, ", "))
	}
	return nil
}

// codeColumns are the names that the column of a code has.
func codeColumns() map[string][]string {
	names := []string{"code_hmac", "code"}
	return map[string][]string{"identity_recovery_codes": names, "identity_verification_codes": names}
}

// codeColumn is the one of them that the table has; empty for none.
func (s *Source) codeColumn(table string) string {
	for _, name := range codeColumns()[table] {
		if slices.Contains(s.columns[table], name) {
			return name
		}
	}
	return ""
}
