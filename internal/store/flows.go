package store

import (
	"context"
	"fmt"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
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
	f.IssuedAt, f.ExpiresAt = edge(f.IssuedAt), edge(f.ExpiresAt)
	insert := db.create
	if f.ResumeHash != "" { // which is unique too
		insert = db.insert
	}
	err = insert(ctx, `INSERT INTO flows (`+flowColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f.ID, string(f.Kind), string(f.Client), string(f.State), micros(f.IssuedAt), micros(f.ExpiresAt),
		f.Request, f.ReturnTo, textOrNull(f.IdentityID), f.Refresh, f.Active, form, f.CSRF, private,
		textOrNull(f.ResumeHash), f.Version)
	if err != nil {
		return fmt.Errorf("insert flow: %w", err)
	}
	return nil
}

// Flow returns a flow; errs.ErrNotFound if there is none of that id.
func (db *DB) Flow(ctx context.Context, id string) (*flow.Flow, error) {
	id, ok := canonical(id)
	if !ok {
		return nil, errs.ErrNotFound
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
	err := db.row(ctx, []any{
		&f.ID, (*string)(&f.Kind), (*string)(&f.Client), (*string)(&f.State),
		at{&f.IssuedAt},
		at{&f.ExpiresAt},
		&f.Request, &f.ReturnTo,
		text{&f.IdentityID},
		&f.Refresh, &f.Active, &form, &f.CSRF, &private,
		text{&f.ResumeHash},
		&f.Version,
	}, query, key)
	if err == nil {
		err = fromJSON(form, &f.Form)
	}
	if err == nil && private != noMemory {
		err = fromJSON(private, &f.Private)
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
	form, private, err := flowJSON(f)
	if err != nil {
		return fmt.Errorf("update flow: %w", err)
	}
	f.ExpiresAt = edge(f.ExpiresAt)
	changed, err := db.exec(ctx, `UPDATE flows SET state = ?, expires_at = ?, return_to = ?, subject = ?,
 refresh = ?, active = ?, form = ?, csrf = ?, private = ?, resume_hash = ?, version = ?
 WHERE id = ? AND version = ?`,
		string(f.State), micros(f.ExpiresAt), f.ReturnTo, textOrNull(f.IdentityID),
		f.Refresh, f.Active, form, f.CSRF, private, textOrNull(f.ResumeHash), f.Version+1,
		f.ID, f.Version)
	if err == nil && changed == 0 {
		err = db.moved(ctx, `SELECT 1 FROM flows WHERE id = ?`, f.ID)
	}
	if err != nil {
		return fmt.Errorf("update flow: %w", err)
	}
	f.Version++
	return nil
}

// EndResume takes the outstanding secrets from all flows of a kind that are about
// an identity, but the one named, and counts their versions up.
func (db *DB) EndResume(ctx context.Context, k flow.Kind, subject, exceptID string) error {
	_, err := db.exec(ctx, `UPDATE flows SET resume_hash = NULL, version = version + 1
 WHERE subject = ? AND kind = ? AND id <> ? AND resume_hash IS NOT NULL`, subject, string(k), exceptID)
	if err != nil {
		return fmt.Errorf("end outstanding secrets: %w", err)
	}
	return nil
}

func flowJSON(f *flow.Flow) (form, private string, err error) {
	if form, err = toJSON(f.Form); err != nil {
		return "", "", err
	}
	if len(f.Private) == 0 {
		return form, noMemory, nil
	}
	private, err = toJSON(f.Private)
	return form, private, err
}
