package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// MarkVerified records when the owner of an address proved to control it;
// errs.ErrNotFound if there is no such address.
func (db *DB) MarkVerified(ctx context.Context, addressID string, when time.Time) error {
	id, ok := sqldb.CanonicalID(addressID)
	if !ok {
		return errs.ErrNotFound
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		if err := db.ExecOne(ctx, `UPDATE addresses SET verified = ?, verified_at = ? WHERE id = ?`, true, sqldb.Micros(when), id); err != nil {
			return err
		}
		var owner string
		if err := db.Query(ctx, func(scan sqldb.ScanFunc) error { return scan(&owner) }, `SELECT identity_id FROM addresses WHERE id = ?`, id); err != nil {
			return err
		}
		err := db.RecordEvent(ctx, event.Event{Name: event.UserUpdated, IdentityID: owner, Details: map[string]string{"address": "verified"}})
		if err != nil {
			return err
		}
		return db.recordChange(ctx, owner)
	})
	if err != nil {
		return fmt.Errorf("mark address verified: %w", err)
	}
	return nil
}

// MarkSent records when the owner of an address was asked to prove it.
func (db *DB) MarkSent(ctx context.Context, addressID string, when time.Time) error {
	for _, query := range []string{`DELETE FROM address_mails WHERE address_id = ?`, `INSERT INTO address_mails (address_id, sent_at) VALUES (?, ?)`} {
		args := []any{addressID, sqldb.Micros(when)}
		if _, err := db.Exec(ctx, query, args[:strings.Count(query, "?")]...); err != nil {
			return fmt.Errorf("mark address sent: %w", err)
		}
	}
	return nil
}

func (db *DB) insertAddresses(ctx context.Context, i *identity.Identity) error {
	for _, list := range addressLists(i) {
		for position, a := range *list.addresses {
			if err := db.insertAddress(ctx, i.ID, list.purpose, position, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// addressList is one of an identity's lists.
type addressList struct {
	purpose   identity.Purpose
	addresses *[]identity.Address
}

func addressLists(i *identity.Identity) []addressList {
	return []addressList{
		{identity.ForVerification, &i.Verifiable},
		{identity.ForRecovery, &i.Recovery},
	}
}

func (db *DB) insertAddress(ctx context.Context, identityID string, p identity.Purpose, position int, a identity.Address) error {
	if !sqldb.IsKey(a.Normalized) || !sqldb.IsKey(a.Value) {
		return sqldb.ErrUnstorable
	}
	_, err := db.Exec(ctx, `INSERT INTO addresses
 (id, identity_id, purpose, via, value, normalized, position, verified, verified_at)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, identityID, string(p), a.Via, a.Value, a.Normalized, position, a.Verified, sqldb.MicrosOrNull(a.VerifiedAt))
	if err != nil {
		return fmt.Errorf("insert address: %w", err)
	}
	return nil
}

// saveAddresses makes the stored addresses those of the identity. Rows of
// addresses that stay keep their id and verification, not those that the caller has:
// they may have been verified since the caller read the identity.
func (db *DB) saveAddresses(ctx context.Context, i *identity.Identity) error {
	stored, err := db.Identity(ctx, i.ID)
	if err != nil {
		return err
	}
	for n, list := range addressLists(i) {
		old := *addressLists(stored)[n].addresses
		kept := slices.Clone(*list.addresses)
		if list.purpose == identity.ForVerification {
			if err := db.rememberProof(ctx, i.ID, old, kept); err != nil {
				return err
			}
		}
		if err := db.deleteAddresses(ctx, old, kept); err != nil {
			return err
		}
		if err := db.keepAddresses(ctx, i.ID, list.purpose, old, kept); err != nil {
			return err
		}
		*list.addresses = kept
	}
	return nil
}

// rememberProof notes that an identity gives up an address that its owner had confirmed.
func (db *DB) rememberProof(ctx context.Context, id string, old, wanted []identity.Address) error {
	if !slices.ContainsFunc(old, func(a identity.Address) bool { return a.Verified && identity.Find(wanted, a.Via, a.Normalized) == nil }) {
		return nil
	}
	return db.noteProof(ctx, id)
}

func (db *DB) noteProof(ctx context.Context, id string) error {
	_, err := db.Exec(ctx, `INSERT INTO identity_proofs (identity_id)
 SELECT i.id FROM identities i WHERE i.id = ? AND NOT EXISTS (SELECT 1 FROM identity_proofs p WHERE p.identity_id = i.id)`, id)
	if err != nil {
		return fmt.Errorf("remember proof: %w", err)
	}
	return nil
}

// ProvenBefore reports whether an identity had a confirmed address that it gave up since.
// It is not known of an identity that an earlier release saved, until FillIdentities has
// read it.
func (db *DB) ProvenBefore(ctx context.Context, id string) (proven, known bool, err error) {
	var noted string
	var version, seen int
	err = db.QueryRow(ctx, []any{sqldb.TextCol(&noted), &version, &seen}, `SELECT p.identity_id, i.version, COALESCE(s.version, `+neverSeen+`)
 FROM identities i LEFT JOIN identity_proofs p ON p.identity_id = i.id LEFT JOIN identity_search s ON s.identity_id = i.id WHERE i.id = ?`, id)
	switch {
	case errors.Is(err, errs.ErrNotFound):
		return false, true, nil
	case err != nil:
		return false, false, fmt.Errorf("read proofs: %w", err)
	}
	// In version 0 an identity is as it was created.
	return noted != "", noted != "" || version == seen || version == 0, nil
}

func (db *DB) deleteAddresses(ctx context.Context, old, wanted []identity.Address) error {
	for _, a := range old {
		if identity.Find(wanted, a.Via, a.Normalized) != nil {
			continue
		}
		if _, err := db.Exec(ctx, `DELETE FROM addresses WHERE id = ?`, a.ID); err != nil {
			return fmt.Errorf("delete address: %w", err)
		}
	}
	return nil
}

func (db *DB) keepAddresses(ctx context.Context, identityID string, p identity.Purpose, old, wanted []identity.Address) error {
	for position := range wanted {
		a := &wanted[position]
		known := identity.Find(old, a.Via, a.Normalized)
		if known == nil {
			if err := db.insertAddress(ctx, identityID, p, position, *a); err != nil {
				return err
			}
			continue
		}
		a.ID, a.Verified, a.VerifiedAt, a.SentAt = known.ID, known.Verified, known.VerifiedAt, known.SentAt
		_, err := db.Exec(ctx, `UPDATE addresses SET value = ?, position = ? WHERE id = ?`, a.Value, position, a.ID)
		if err != nil {
			return fmt.Errorf("update address: %w", err)
		}
	}
	return nil
}
