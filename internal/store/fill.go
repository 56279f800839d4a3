package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// Releases that do not know the search and the proofs save identities without them: before
// an update, and while it goes from node to node. Passes over all identities read those
// again whose text is not of their version. A pass begins when a node starts, so that there
// is one after the last node was updated, and repeatAfter the last one has ended, for nodes
// that were taken away rather than updated.

const (
	// neverSeen stands for the version of a text that there is not, or that is of a
	// release that does not note it.
	neverSeen   = `-1`
	repeatAfter = time.Hour
	readAtOnce  = 500 // identities of one batch at most
	// clockError is how much the clocks of nodes may differ from that of the database.
	clockError = 10 * time.Minute
)

// fillState locks the state of the passes on servers; see postgresQueries and mysqlQueries.
const fillState = `SELECT position, done_at, since FROM identity_fill WHERE name = 'identities'`

// fill is the state of the passes.
type fill struct {
	position      string // the last id that was read, empty at the beginning
	doneAt, since time.Time
}

func (db *DB) lockFill(ctx context.Context) (f fill, err error) {
	err = db.QueryRow(ctx, []any{&f.position, sqldb.TimeCol(&f.doneAt), sqldb.TimeCol(&f.since)}, fillState)
	if err != nil {
		return f, fmt.Errorf("read how far identities are entered: %w", err)
	}
	return f, nil
}

func (db *DB) saveFill(ctx context.Context, position string, doneAt time.Time) error {
	_, err := db.Exec(ctx, `UPDATE identity_fill SET position = ?, done_at = ? WHERE name = 'identities'`, position, sqldb.MicrosOrNull(doneAt))
	if err != nil {
		return fmt.Errorf("note how far identities are entered: %w", err)
	}
	return nil
}

// BeginFill has FillIdentities read all identities from the beginning.
func (db *DB) BeginFill(ctx context.Context) error { return db.saveFill(ctx, "", time.Time{}) }

// Searchable reports whether a search finds all identities: whether those that earlier
// releases saved have been entered.
func (db *DB) Searchable(ctx context.Context) (bool, error) {
	var doneAt time.Time
	err := db.QueryRow(ctx, []any{sqldb.TimeCol(&doneAt)}, `SELECT done_at FROM identity_fill WHERE name = 'identities'`)
	if err != nil {
		return false, fmt.Errorf("read whether all identities are entered: %w", err)
	}
	return !doneAt.IsZero(), nil
}

// FillIdentities goes on with the pass over all identities: it reads some hundred of them,
// and at most limit again that an earlier release saved, for the search and for
// ProvenBefore. It returns how many those were, and whether the pass has ended.
func (db *DB) FillIdentities(ctx context.Context, limit int) (entered int, done bool, err error) {
	now := db.ServerTime(db.Now())
	err = db.InTx(ctx, func(ctx context.Context) error {
		entered, done = 0, false
		f, err := db.lockFill(ctx)
		if err != nil {
			return err
		}
		if done = f.position == "" && !f.doneAt.IsZero() && now.Sub(f.doneAt) < repeatAfter; done {
			return nil
		}
		found, last, err := db.unseen(ctx, f.position, limit)
		if err != nil {
			return err
		}
		for _, one := range found {
			if err := db.enter(ctx, one, f.since); err != nil {
				return err
			}
		}
		if done = last == ""; done {
			f.doneAt = now
		}
		entered = len(found)
		return db.saveFill(ctx, last, f.doneAt)
	})
	if err != nil {
		return 0, false, fmt.Errorf("enter identities of earlier releases: %w", err)
	}
	return entered, done, nil
}

// unseenIdentity is one whose text is of another version, or missing (seen is -1).
type unseenIdentity struct {
	id   string
	seen int
}

// unseen reads identities after the one given until there are so many to enter. last is
// where it stopped, empty at the end.
func (db *DB) unseen(ctx context.Context, after string, limit int) (found []unseenIdentity, last string, err error) {
	read := 0
	err = db.List(ctx, func(scan sqldb.ScanFunc) error {
		var one unseenIdentity
		var version int
		if err := scan(&one.id, &version, &one.seen); err != nil || len(found) == limit {
			return err
		}
		read++
		last = one.id
		if version != one.seen {
			found = append(found, one)
		}
		return nil
	}, `SELECT i.id, i.version, COALESCE(s.version, `+neverSeen+`) FROM identities i LEFT JOIN identity_search s ON s.identity_id = i.id
 WHERE i.id > ? ORDER BY i.id LIMIT ?`, after, readAtOnce)
	if read < readAtOnce && len(found) < limit {
		last = ""
	}
	return found, last, err
}

// enter makes an identity that an earlier release saved as if this one had. It notes that it
// may have given up a confirmed address since the update began. What was before is unknown,
// and judged as those releases did: most identities without a confirmed address never had
// one, and their owners must stay able to recover.
func (db *DB) enter(ctx context.Context, one unseenIdentity, since time.Time) error {
	if err := db.LockIdentity(ctx, one.id); errors.Is(err, errs.ErrNotFound) {
		return nil // it was deleted meanwhile
	} else if err != nil {
		return err
	}
	i, err := db.Identity(ctx, one.id)
	if err != nil {
		return err
	}
	credentials, err := db.Credentials(ctx, one.id)
	if err != nil {
		return err
	}
	if !confirmed(i) && i.Version > 0 && (one.seen >= 0 || i.UpdatedAt.After(since.Add(-clockError))) {
		if err := db.noteProof(ctx, one.id); err != nil {
			return err
		}
	}
	_, err = db.saveSearch(ctx, i, credentials, i.Version)
	return err
}

// confirmed reports whether the owner of an identity confirmed one of its addresses.
func confirmed(i *identity.Identity) bool {
	return slices.ContainsFunc(i.Verifiable, func(a identity.Address) bool { return a.Verified })
}

// saveSeen saves the search text of an identity that is becoming its next version, and
// notes that it may have given up a confirmed address if the last to save it was an earlier
// release.
func (db *DB) saveSeen(ctx context.Context, i *identity.Identity, credentials []identity.Credential) error {
	seen, err := db.saveSearch(ctx, i, credentials, i.Version+1)
	if err != nil || seen == i.Version || i.Version == 0 || confirmed(i) {
		return err
	}
	return db.noteProof(ctx, i.ID)
}
