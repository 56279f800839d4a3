package cli

import (
	"fmt"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// writeIdentities prints a list with the first addresses of each.
func writeIdentities(e *env, format outputFormat, quiet bool, found []adminapi.Identity) error {
	if quiet {
		for i := range found {
			fmt.Fprintln(e.Stdout, visible(found[i].ID))
		}
		return nil
	}
	if format != formatTable {
		if found == nil {
			found = []adminapi.Identity{}
		}
		return format.write(e.Stdout, found)
	}
	rows := make([][]string, len(found))
	for i := range found {
		identity := &found[i]
		verified, recovery := addresses(identity)
		rows[i] = []string{identity.ID, first(verified), first(recovery), identity.SchemaID, identity.SchemaURL}
	}
	return writeTable(e.Stdout, []string{"ID", "VERIFIED ADDRESS 1", "RECOVERY ADDRESS 1", "SCHEMA ID", "SCHEMA URL"}, rows)
}

// writeIdentity prints one identity with a column for each address.
func writeIdentity(e *env, format outputFormat, quiet bool, identity *adminapi.Identity) error {
	if quiet {
		fmt.Fprintln(e.Stdout, visible(identity.ID))
		return nil
	}
	if format != formatTable {
		return format.write(e.Stdout, identity)
	}
	header, row := []string{"ID"}, []string{identity.ID}
	add := func(name string, values []string) {
		if len(values) == 0 {
			values = []string{""}
		}
		for i, value := range values {
			header, row = append(header, fmt.Sprintf("%s %d", name, i+1)), append(row, value)
		}
	}
	verified, recovery := addresses(identity)
	add("VERIFIED ADDRESS", verified)
	add("RECOVERY ADDRESS", recovery)
	header, row = append(header, "SCHEMA ID", "SCHEMA URL"), append(row, identity.SchemaID, identity.SchemaURL)
	return writeTable(e.Stdout, header, [][]string{row})
}

// addresses lists what has been verified, and what lets the owner back in.
func addresses(identity *adminapi.Identity) (verified, recovery []string) {
	for _, a := range identity.VerifiableAddresses {
		if a.Verified {
			verified = append(verified, a.Value)
		}
	}
	for _, a := range identity.RecoveryAddresses {
		recovery = append(recovery, a.Value)
	}
	return verified, recovery
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
