package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// detailed reports whether there is anything to note of an identity beside the
// defaults.
func detailed(i *identity.Identity) bool {
	return i.Disabled() || i.StateChangedAt != i.CreatedAt && !i.StateChangedAt.IsZero() ||
		jsonOrNull(i.MetadataPublic) != nil || jsonOrNull(i.MetadataAdmin) != nil || i.ExternalID != ""
}

// jsonOrNull keeps an absent value and the JSON null as NULL.
func jsonOrNull(raw []byte) any {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return string(raw)
}

// wellFormed replaces what is not a character in what an identity is made of.
func wellFormed(i *identity.Identity) {
	for _, raw := range []*json.RawMessage{&i.Traits, &i.MetadataPublic, &i.MetadataAdmin} {
		*raw = sqldb.WellFormed(*raw)
	}
}

// insertDetails keeps what operators note of an identity that has no such notes yet.
func (db *DB) insertDetails(ctx context.Context, i *identity.Identity) error {
	i.StateChangedAt = sqldb.TruncateTime(i.StateChangedAt)
	if !sqldb.IsKey(i.ExternalID) {
		return sqldb.ErrUnstorable
	}
	if !detailed(i) {
		return nil
	}
	_, err := db.Exec(ctx, `INSERT INTO identity_details
 (identity_id, state, state_changed_at, metadata_public, metadata_admin, external_id) VALUES (?, ?, ?, ?, ?, ?)`,
		i.ID, cmp.Or(i.State, identity.Active), sqldb.MicrosOrNull(i.StateChangedAt),
		jsonOrNull(i.MetadataPublic), jsonOrNull(i.MetadataAdmin), sqldb.TextOrNull(i.ExternalID))
	if err != nil {
		return fmt.Errorf("insert details: %w", err)
	}
	return nil
}

// saveDetails makes the stored notes those of the identity.
func (db *DB) saveDetails(ctx context.Context, i *identity.Identity) error {
	if _, err := db.Exec(ctx, `DELETE FROM identity_details WHERE identity_id = ?`, i.ID); err != nil {
		return fmt.Errorf("delete details: %w", err)
	}
	return db.insertDetails(ctx, i)
}
