package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// maxPage is how many identities a query without a limit returns.
const maxPage = 1000

// ownColumns are those of an identity itself.
const ownColumns = `i.id, i.schema_id, i.traits, i.version, i.created_at, i.updated_at`

const identityColumns = ownColumns + `,
 d.state, d.state_changed_at, d.metadata_public, d.metadata_admin, d.external_id,
 a.id, a.purpose, a.via, a.value, a.normalized, a.verified, a.verified_at, m.sent_at`

const joinAddresses = `LEFT JOIN identity_details d ON d.identity_id = i.id
 LEFT JOIN addresses a ON a.identity_id = i.id LEFT JOIN address_mails m ON m.address_id = a.id`

// identityRow scans identityColumns: an identity and one of its addresses.
type identityRow struct {
	identity identity.Identity
	address  identity.Address
	purpose  string
}

func (r *identityRow) targets() []any {
	i, a := &r.identity, &r.address
	return []any{
		&i.ID, &i.SchemaID, (*[]byte)(&i.Traits), &i.Version,
		sqldb.TimeCol(&i.CreatedAt),
		sqldb.TimeCol(&i.UpdatedAt),
		sqldb.TextCol(&i.State),
		sqldb.TimeCol(&i.StateChangedAt),
		(*[]byte)(&i.MetadataPublic),
		(*[]byte)(&i.MetadataAdmin),
		sqldb.TextCol(&i.ExternalID),
		sqldb.TextCol(&a.ID),
		sqldb.TextCol(&r.purpose),
		sqldb.TextCol(&a.Via),
		sqldb.TextCol(&a.Value),
		sqldb.TextCol(&a.Normalized),
		sqldb.BoolCol(&a.Verified),
		sqldb.TimeCol(&a.VerifiedAt),
		sqldb.TimeCol(&a.SentAt),
	}
}

// addTo puts the row's address, if it has one, on the identity.
func (r *identityRow) addTo(i *identity.Identity) {
	switch {
	case r.address.ID == "":
	case identity.Purpose(r.purpose) == identity.ForVerification:
		i.Verifiable = append(i.Verifiable, r.address)
	default:
		i.Recovery = append(i.Recovery, r.address)
	}
}

// byAddress puts addresses in the order in which they were saved.
const byAddress = ` ORDER BY a.purpose, a.position`

// identity reads one identity with its addresses, as of one moment. The query
// selects identityColumns and what more takes.
func (db *DB) identity(ctx context.Context, more []any, query string, args ...any) (*identity.Identity, error) {
	var found *identity.Identity
	err := db.Query(ctx, func(scan sqldb.ScanFunc) error {
		var row identityRow
		if err := scan(append(row.targets(), more...)...); err != nil {
			return err
		}
		if found == nil {
			found = &row.identity
		}
		row.addTo(found)
		return nil
	}, query+byAddress, args...)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errs.ErrNotFound
	}
	return found, nil
}

// Identity returns an identity with its addresses; errs.ErrNotFound if there is
// none of that id.
func (db *DB) Identity(ctx context.Context, id string) (*identity.Identity, error) {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	found, err := db.identity(ctx, nil, `SELECT `+identityColumns+` FROM identities i `+joinAddresses+`
 WHERE i.id = ?`, id)
	if err != nil {
		return nil, fmt.Errorf("read identity: %w", err)
	}
	return found, nil
}

// lockIdentity takes a row lock on servers; see postgresQueries and mysqlQueries.
const lockIdentity = `SELECT 1 FROM identities WHERE id = ?`

// LockIdentity keeps other transactions from saving or deleting an identity until the
// context's transaction ends, so that what it reads of the identity stays true;
// errs.ErrNotFound if there is none of that id. One transaction at a time has the lock:
// those that shared it and then saved would wait for each other.
func (db *DB) LockIdentity(ctx context.Context, id string) error {
	var one int
	if err := db.QueryRow(ctx, []any{&one}, lockIdentity, id); err != nil {
		return fmt.Errorf("hold identity: %w", err)
	}
	return nil
}

// IdentityByIdentifier returns the owner of a credential by its type and one of
// its identifiers in normalised form; errs.ErrNotFound if no identity has it.
func (db *DB) IdentityByIdentifier(ctx context.Context, typ, identifier string) (*identity.Identity, *identity.Credential, error) {
	if !sqldb.IsKey(identifier) {
		return nil, nil, errs.ErrNotFound
	}
	c := &identity.Credential{Type: typ}
	more := []any{(*[]byte)(&c.Config), &c.Version}
	owner, err := db.identity(ctx, more, `SELECT `+identityColumns+`, c.config, c.version
 FROM credential_identifiers n
 JOIN credentials c ON c.identity_id = n.identity_id AND c.type = n.type
 JOIN identities i ON i.id = n.identity_id `+joinAddresses+`
 WHERE n.identifier = ? AND n.type = ?`, identifier, typ)
	if err == nil {
		c.Identifiers, err = db.identifiers(ctx, owner.ID, typ)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read identity by identifier: %w", err)
	}
	return owner, c, nil
}

// IdentityByAddress returns the owner of an address by its normalised value;
// errs.ErrNotFound if no identity has it.
func (db *DB) IdentityByAddress(ctx context.Context, p identity.Purpose, via, normalized string) (*identity.Identity, *identity.Address, error) {
	if !sqldb.IsKey(normalized) {
		return nil, nil, errs.ErrNotFound
	}
	owner, err := db.identity(ctx, nil, `SELECT `+identityColumns+`
 FROM addresses o JOIN identities i ON i.id = o.identity_id `+joinAddresses+`
 WHERE o.normalized = ? AND o.purpose = ? AND o.via = ?`, normalized, string(p), via)
	if err != nil {
		return nil, nil, fmt.Errorf("read identity by address: %w", err)
	}
	among := owner.Recovery
	if p == identity.ForVerification {
		among = owner.Verifiable
	}
	return owner, identity.Find(among, via, normalized), nil
}

// Identities returns a page of identities with their addresses, in the order of
// their ids. A limit of zero stands for 1000.
func (db *DB) Identities(ctx context.Context, q identity.Query) ([]*identity.Identity, error) {
	where, args, err := db.conditions(ctx, q)
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = maxPage
	}
	order := ` ORDER BY i.id`
	if q.Newest {
		order += ` DESC`
	}
	// The page is cut before addresses multiply the rows.
	query := `SELECT ` + identityColumns + ` FROM (SELECT ` + ownColumns + `
 FROM identities i` + where + order + ` LIMIT ? OFFSET ?) i ` + joinAddresses + order + `, a.purpose, a.position`
	var page []*identity.Identity
	err = db.listFor(q)(ctx, func(scan sqldb.ScanFunc) error {
		var row identityRow
		if err := scan(row.targets()...); err != nil {
			return err
		}
		if len(page) == 0 || page[len(page)-1].ID != row.identity.ID {
			page = append(page, &row.identity)
		}
		row.addTo(page[len(page)-1])
		return nil
	}, query, append(args, limit, q.Offset)...)
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	return page, nil
}

// listFor picks the primary for look-ups by identifier (read your own writes) and the
// replica otherwise.
func (db *DB) listFor(q identity.Query) query {
	if q.Identifier != "" || q.ExternalID != "" || len(q.IDs) > 0 {
		return db.List
	}
	return db.ListOnReplica
}

// conditions builds the WHERE of a query out of fixed texts, so there are few
// different queries.
func (db *DB) conditions(ctx context.Context, q identity.Query) (where string, args []any, err error) {
	var all []string
	if q.Similar != "" {
		found, values, err := db.similar(ctx, q.Similar)
		if err != nil {
			return "", nil, err
		}
		all, args = append(all, found), append(args, values...)
	}
	if q.After != "" {
		after := `i.id > ?`
		if q.Newest {
			after = `i.id < ?`
		}
		all, args = append(all, after), append(args, q.After)
	}
	if q.SchemaID != "" {
		all, args = append(all, `i.schema_id = ?`), append(args, q.SchemaID)
	}
	if q.Identifier != "" {
		all = append(all, `i.id IN (SELECT n.identity_id FROM credential_identifiers n WHERE n.identifier = ?)`)
		args = append(args, q.Identifier)
	}
	if q.ExternalID != "" {
		all = append(all, `i.id IN (SELECT d.identity_id FROM identity_details d WHERE d.external_id = ?)`)
		args = append(args, q.ExternalID)
	}
	if len(q.IDs) > 0 {
		all = append(all, `i.id IN (?`+strings.Repeat(`, ?`, len(q.IDs)-1)+`)`)
		for _, id := range q.IDs {
			args = append(args, strings.ToLower(id))
		}
	}
	if q.None {
		all = append(all, `1 = 0`)
	}
	if len(all) == 0 {
		return "", nil, nil
	}
	return " WHERE " + strings.Join(all, " AND "), args, nil
}

// SaveIdentity replaces an identity if it is stored in the version that i has,
// and then counts i.Version up. Addresses that it had before keep their id and
// their verification, which are put on i; the credentials given replace all that
// there are. The error is errs.ErrStale when the identity, or a credential that
// would be overwritten, changed since it was read, errs.ErrConflict when an
// identifier or address is taken, errs.ErrNotFound when the identity is gone.
func (db *DB) SaveIdentity(ctx context.Context, i *identity.Identity, credentials []identity.Credential) error {
	wellFormed(i)
	err := db.InTx(ctx, func(ctx context.Context) error {
		i.UpdatedAt = sqldb.TruncateTime(i.UpdatedAt)
		changed, err := db.Exec(ctx, `UPDATE identities SET schema_id = ?, traits = ?, version = ?, updated_at = ?
 WHERE id = ? AND version = ?`, i.SchemaID, string(i.Traits), i.Version+1, sqldb.Micros(i.UpdatedAt), i.ID, i.Version)
		if err != nil {
			return err
		}
		if changed == 0 {
			return db.StaleOrMissing(ctx, `SELECT 1 FROM identities WHERE id = ?`, i.ID)
		}
		if err := db.saveDetails(ctx, i); err != nil {
			return err
		}
		changes, err := db.saveCredentials(ctx, i.ID, credentials)
		if err != nil {
			return err
		}
		if err := db.saveAddresses(ctx, i); err != nil {
			return err
		}
		if err := db.saveSeen(ctx, i, credentials); err != nil {
			return err
		}
		if err := db.recordUpdate(ctx, i, changes); err != nil {
			return err
		}
		return db.recordChange(ctx, i.ID)
	})
	if err != nil {
		return fmt.Errorf("update identity: %w", err)
	}
	i.Version++
	return nil
}

// DeleteIdentity removes an identity with its credentials, addresses, sessions
// and the flows that are about it; errs.ErrNotFound if there is none.
func (db *DB) DeleteIdentity(ctx context.Context, id string) error {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return errs.ErrNotFound
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		ended, err := db.openSessions(ctx, id, "", true)
		if err != nil {
			return err
		}
		if err := db.dropTrigrams(ctx, id); err != nil {
			return err
		}
		if err := db.ExecOne(ctx, `DELETE FROM identities WHERE id = ?`, id); err != nil {
			return err
		}
		if err := db.addToCount(ctx, id, -1); err != nil {
			return err
		}
		if err := db.recordEnded(ctx, event.Event{Name: event.UserDeleted, IdentityID: id}, ended); err != nil {
			return err
		}
		return db.recordChange(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("delete identity: %w", err)
	}
	return nil
}
