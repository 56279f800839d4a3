package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// Credentials returns the credentials of an identity in the order of their
// types; none for an identity that does not exist.
func (db *DB) Credentials(ctx context.Context, identityID string) ([]identity.Credential, error) {
	id, ok := sqldb.CanonicalID(identityID)
	if !ok {
		return nil, nil
	}
	var all []identity.Credential
	err := db.Query(ctx, func(scan sqldb.ScanFunc) error {
		var c identity.Credential
		var identifier string
		if err := scan(&c.Type, (*[]byte)(&c.Config), &c.Version, sqldb.TextCol(&identifier)); err != nil {
			return err
		}
		if len(all) == 0 || all[len(all)-1].Type != c.Type {
			all = append(all, c)
		}
		if last := &all[len(all)-1]; identifier != "" {
			last.Identifiers = append(last.Identifiers, identifier)
		}
		return nil
	}, `SELECT c.type, c.config, c.version, n.identifier
 FROM credentials c LEFT JOIN credential_identifiers n ON n.identity_id = c.identity_id AND n.type = c.type
 WHERE c.identity_id = ? ORDER BY c.type, n.position`, id)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	return all, nil
}

// HasCredential reports whether there is a credential of a type with an identifier that begins with prefix, and a
// configuration that contains text. Prefix is ASCII and not empty. Text contains no % and no \, and a _ in it stands for
// any character. The database reads the identifiers with that prefix one by one.
func (db *DB) HasCredential(ctx context.Context, typ, prefix, text string) (bool, error) {
	last := len(prefix) - 1
	has, after := false, prefix[:last]+string(prefix[last]+1)
	err := db.ListOnReplica(ctx, func(scan sqldb.ScanFunc) error {
		one := 0
		has = true
		return scan(&one)
	}, `SELECT 1 FROM credential_identifiers n
 JOIN credentials c ON c.identity_id = n.identity_id AND c.type = n.type
 WHERE n.identifier >= ? AND n.identifier < ? AND n.type = ? AND c.config LIKE ? LIMIT 1`, prefix, after, typ, "%"+text+"%")
	if err != nil {
		return false, fmt.Errorf("look for a credential: %w", err)
	}
	return has, nil
}

// UpdateCredential replaces a credential's configuration if it is stored in the
// version that c has, and counts the stored version up. Its identifiers stay.
// The error is errs.ErrStale when another request changed it first,
// errs.ErrNotFound when it is gone.
func (db *DB) UpdateCredential(ctx context.Context, identityID string, c identity.Credential) error {
	changed, err := db.Exec(ctx, `UPDATE credentials SET config = ?, version = ?
 WHERE identity_id = ? AND type = ? AND version = ?`,
		string(c.Config), c.Version+1, identityID, c.Type, c.Version)
	if err == nil && changed == 0 {
		err = db.StaleOrMissing(ctx, `SELECT 1 FROM credentials WHERE identity_id = ? AND type = ?`, identityID, c.Type)
	}
	if err != nil {
		return fmt.Errorf("update credential: %w", err)
	}
	return nil
}

// identifiers returns those of one credential.
func (db *DB) identifiers(ctx context.Context, identityID, typ string) ([]string, error) {
	var all []string
	err := db.Query(ctx, func(scan sqldb.ScanFunc) error {
		var identifier string
		err := scan(&identifier)
		all = append(all, identifier)
		return err
	}, `SELECT identifier FROM credential_identifiers WHERE identity_id = ? AND type = ? ORDER BY position`,
		identityID, typ)
	return all, err
}

func (db *DB) insertCredential(ctx context.Context, identityID string, c identity.Credential) error {
	_, err := db.Exec(ctx, `INSERT INTO credentials (identity_id, type, config, version) VALUES (?, ?, ?, ?)`,
		identityID, c.Type, string(c.Config), c.Version)
	if err != nil {
		return fmt.Errorf("insert credential: %w", err)
	}
	return db.insertIdentifiers(ctx, identityID, c)
}

func (db *DB) insertIdentifiers(ctx context.Context, identityID string, c identity.Credential) error {
	for position, identifier := range c.Identifiers {
		if !sqldb.IsKey(identifier) {
			return sqldb.ErrUnstorable
		}
		_, err := db.Exec(ctx, `INSERT INTO credential_identifiers (identifier, type, identity_id, position)
 VALUES (?, ?, ?, ?)`, identifier, c.Type, identityID, position)
		if err != nil {
			return fmt.Errorf("insert credential identifier: %w", err)
		}
	}
	return nil
}

// saveCredentials makes the stored credentials those that are given, and returns what that
// changed by type: added, changed or removed.
func (db *DB) saveCredentials(ctx context.Context, identityID string, wanted []identity.Credential) (changes map[string]string, err error) {
	stored, err := db.Credentials(ctx, identityID)
	if err != nil {
		return nil, err
	}
	changes = map[string]string{}
	for _, old := range stored {
		if !slices.ContainsFunc(wanted, func(c identity.Credential) bool { return c.Type == old.Type }) {
			_, err := db.Exec(ctx, `DELETE FROM credentials WHERE identity_id = ? AND type = ?`, identityID, old.Type)
			if err != nil {
				return nil, fmt.Errorf("delete credential: %w", err)
			}
			changes[old.Type] = "removed"
		}
	}
	for _, c := range wanted {
		at := slices.IndexFunc(stored, func(old identity.Credential) bool { return c.Type == old.Type })
		if at < 0 {
			changes[c.Type], err = "added", db.insertCredential(ctx, identityID, c)
		} else {
			if !bytes.Equal(stored[at].Config, c.Config) {
				changes[c.Type] = "changed"
			}
			err = db.saveCredential(ctx, identityID, stored[at], c)
		}
		if err != nil {
			return nil, err
		}
	}
	return changes, nil
}

func (db *DB) saveCredential(ctx context.Context, identityID string, old, c identity.Credential) error {
	sameConfig, sameIdentifiers := bytes.Equal(old.Config, c.Config), slices.Equal(old.Identifiers, c.Identifiers)
	if sameConfig && sameIdentifiers {
		return nil
	}
	// A credential can change beside its identity: a rehash, a used counter.
	if old.Version != c.Version {
		return errs.ErrStale
	}
	if err := db.UpdateCredential(ctx, identityID, c); err != nil {
		return err
	}
	if sameIdentifiers {
		return nil
	}
	_, err := db.Exec(ctx, `DELETE FROM credential_identifiers WHERE identity_id = ? AND type = ?`, identityID, c.Type)
	if err != nil {
		return fmt.Errorf("delete credential identifiers: %w", err)
	}
	return db.insertIdentifiers(ctx, identityID, c)
}
