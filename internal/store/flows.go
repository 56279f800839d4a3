package store

import (
	"context"
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

const flowColumns = `id, kind, client, state, issued_at, expires_at, request, return_to, subject,
 refresh, active, form, csrf, private, resume_hash, version`

// noMemory is the private column of a flow in which no method remembers anything.
const noMemory = "{}"

// CreateFlow stores a new flow in the version it has. The error is
// errs.ErrNotFound when the flow's subject does not exist (any more).
func (db *DB) CreateFlow(ctx context.Context, f *flow.Flow) error {
	form, private, err := flowJSON(f)
	if err != nil {
		return fmt.Errorf("insert flow: %w", err)
	}
	f.IssuedAt, f.ExpiresAt = sqldb.TruncateTime(f.IssuedAt), sqldb.TruncateTime(f.ExpiresAt)
	insert := db.InsertNew
	switch {
	case f.ResumeHash != "": // unique too, so the insert cannot be retried
		insert = db.insert
	case f.IdentityID != "": // a transaction that locks the identity would hold up the flows beside it
		insert = db.InsertNewAlone
	}
	err = insert(ctx, `INSERT INTO flows (`+flowColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f.ID, string(f.Kind), string(f.Client), string(f.State), sqldb.Micros(f.IssuedAt), sqldb.Micros(f.ExpiresAt),
		f.Request, f.ReturnTo, sqldb.TextOrNull(f.IdentityID), f.Refresh, f.Active, form, f.CSRF, private,
		sqldb.TextOrNull(f.ResumeHash), f.Version)
	if err != nil {
		return fmt.Errorf("insert flow: %w", err)
	}
	if db.newFlows != nil && !db.Within(ctx) {
		db.newFlows.put(f, form, private)
	}
	return nil
}

// Flow returns a flow; errs.ErrNotFound if there is none of that id.
func (db *DB) Flow(ctx context.Context, id string) (*flow.Flow, error) {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	if db.newFlows != nil {
		// A flow that has ended may have been removed.
		if f, err := db.newFlows.get(id); err != nil || f != nil && !f.Expired(db.Now()) {
			return f, err
		}
	}
	return db.flow(ctx, `SELECT `+flowColumns+` FROM flows WHERE id = ?`, id)
}

// FlowByResume returns the flow that waits for the secret of that hash;
// errs.ErrNotFound if none does.
func (db *DB) FlowByResume(ctx context.Context, hash string) (*flow.Flow, error) {
	return db.flow(ctx, `SELECT `+flowColumns+` FROM flows WHERE resume_hash = ?`, hash)
}

func (db *DB) flow(ctx context.Context, query, key string) (*flow.Flow, error) {
	f := &flow.Flow{}
	var form, private string
	err := db.QueryRow(ctx, []any{
		&f.ID, (*string)(&f.Kind), (*string)(&f.Client), (*string)(&f.State),
		sqldb.TimeCol(&f.IssuedAt),
		sqldb.TimeCol(&f.ExpiresAt),
		&f.Request, &f.ReturnTo,
		sqldb.TextCol(&f.IdentityID),
		&f.Refresh, &f.Active, &form, &f.CSRF, &private,
		sqldb.TextCol(&f.ResumeHash),
		&f.Version,
	}, query, key)
	if err == nil {
		err = sqldb.FromJSON(form, &f.Form)
	}
	if err == nil && private != noMemory {
		err = sqldb.FromJSON(private, &f.Private)
	}
	if err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	return f, nil
}

// SaveFlow replaces a flow if it is stored in the version that f has, and then
// counts f.Version up. The error is errs.ErrStale when another request saved it
// first, errs.ErrNotFound when it is gone. Kind, client, time of issue and
// request never change.
func (db *DB) SaveFlow(ctx context.Context, f *flow.Flow) error {
	if db.newFlows != nil {
		db.newFlows.drop(f.ID)
	}
	form, private, err := flowJSON(f)
	if err != nil {
		return fmt.Errorf("update flow: %w", err)
	}
	f.ExpiresAt = sqldb.TruncateTime(f.ExpiresAt)
	changed, err := db.Exec(ctx, `UPDATE flows SET client = ?, state = ?, expires_at = ?, return_to = ?, subject = ?,
 refresh = ?, active = ?, form = ?, csrf = ?, private = ?, resume_hash = ?, version = ?
 WHERE id = ? AND version = ?`,
		string(f.Client), string(f.State), sqldb.Micros(f.ExpiresAt), f.ReturnTo, sqldb.TextOrNull(f.IdentityID),
		f.Refresh, f.Active, form, f.CSRF, private, sqldb.TextOrNull(f.ResumeHash), f.Version+1,
		f.ID, f.Version)
	if err == nil && changed == 0 {
		err = db.StaleOrMissing(ctx, `SELECT 1 FROM flows WHERE id = ?`, f.ID)
	}
	if err != nil {
		return fmt.Errorf("update flow: %w", err)
	}
	f.Version++
	return nil
}

// ClearResumeHashes takes the outstanding secrets from all flows of a kind that are about
// an identity, but the one named, and counts their versions up.
func (db *DB) ClearResumeHashes(ctx context.Context, k flow.Kind, subject, exceptID string) error {
	_, err := db.Exec(ctx, `UPDATE flows SET resume_hash = NULL, version = version + 1
 WHERE subject = ? AND kind = ? AND id <> ? AND resume_hash IS NOT NULL`, subject, string(k), exceptID)
	if err != nil {
		return fmt.Errorf("end outstanding secrets: %w", err)
	}
	return nil
}

func flowJSON(f *flow.Flow) (form, private string, err error) {
	if form, err = sqldb.ToJSON(f.Form); err != nil {
		return "", "", err
	}
	if len(f.Private) == 0 {
		return form, noMemory, nil
	}
	private, err = sqldb.ToJSON(f.Private)
	return form, private, err
}

func (db *DB) insert(ctx context.Context, query string, args ...any) error {
	_, err := db.Exec(ctx, query, args...)
	return err
}
