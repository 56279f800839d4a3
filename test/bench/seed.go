package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store"
)

// seedFile makes a database of so many identities that have a password, two addresses and
// a session each. If it fails, the file is of no use.
func seedFile(ctx context.Context, file string, count int) error {
	if err := newFile(ctx, file); err != nil {
		return err
	}
	// A journal would write all pages a second time.
	db, err := driver.Open("file:"+file+"?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-64000)&_pragma=temp_store(file)", defineSeeds)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	indexes, err := dropIndexes(ctx, db)
	if err != nil {
		return err
	}
	if err := seedRows(ctx, db, count); err != nil {
		return err
	}
	for _, statement := range append(indexes, `ANALYZE`) {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("seed: %s: %w", statement, err)
		}
	}
	return syncFile(file)
}

// syncFile waits for the disk, or the server that starts next would.
func syncFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// newFile makes a database without identities.
func newFile(ctx context.Context, file string) error {
	made, err := store.Open(ctx, store.Config{DSN: "sqlite://" + file, Now: time.Now, Exclusive: true})
	if err != nil {
		return err
	}
	_, err = made.Migrate(ctx)
	return errors.Join(err, made.Close())
}

// defineSeeds lets SQL make what clients know of row i.
func defineSeeds(c *sqlite3.Conn) error {
	define := func(name string, of func(i int) string) error {
		return c.CreateFunction(name, 1, sqlite3.DETERMINISTIC, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
			ctx.ResultText(of(arg[0].Int()))
		})
	}
	return errors.Join(
		fts5.Register(c),
		// In the order of i, so that rows and their keys are appended.
		define("seeded_id", func(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i) }),
		define("seeded_email", seededEmail),
		define("seeded_hash", func(i int) string { return secret.Hash(seededToken(i)) }),
	)
}

// dropIndexes drops the indexes and triggers of the tables that are filled, and returns
// the statements that make them again. An index that is sorted once takes a fraction of the
// time of one that takes rows here and there.
func dropIndexes(ctx context.Context, db *sql.DB) (again []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT 'DROP ' || type || ' ' || name, sql FROM sqlite_schema
 WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name IN ('identities', 'credentials', 'credential_identifiers', 'addresses', 'sessions')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drops []string
	for rows.Next() {
		var drop, create string
		if err := rows.Scan(&drop, &create); err != nil {
			return nil, err
		}
		drops, again = append(drops, drop), append(again, create)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for _, drop := range drops {
		if _, err := db.ExecContext(ctx, drop); err != nil {
			return nil, fmt.Errorf("seed: %s: %w", drop, err)
		}
	}
	return again, nil
}

// seedRows fills the tables, each in the order of its key. The identity of row i has the
// rowid i+1.
func seedRows(ctx context.Context, db *sql.DB, count int) error {
	for _, one := range []struct {
		statement string
		args      []any
	}{
		{`INSERT INTO identities (id, schema_id, traits, version, created_at, updated_at)
 WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ?)
 SELECT seeded_id(i), 'default', '{"email":"' || seeded_email(i) || '"}', 1, 0, 0 FROM numbers`, []any{count}},
		{`UPDATE counts SET value = value + ? WHERE name = 'identities'`, []any{count}}, // as its trigger does
		{`INSERT INTO credentials (identity_id, type, config, version)
 SELECT id, 'password', ?, 1 FROM identities ORDER BY rowid`, []any{`{"hashed_password":"` + hashed + `"}`}},
		{`INSERT INTO credential_identifiers (identifier, type, identity_id, position)
 SELECT seeded_email(rowid - 1), 'password', id, 0 FROM identities ORDER BY 1`, nil},
		{`INSERT INTO addresses (id, identity_id, purpose, via, value, normalized, position, verified)
 SELECT seeded_id(2 * i.rowid + n), i.id, purpose, 'email', seeded_email(i.rowid - 1), seeded_email(i.rowid - 1), 0, 0
 FROM identities AS i CROSS JOIN (SELECT 0 AS n, 'verification' AS purpose UNION ALL SELECT 1, 'recovery')`, nil},
		{`INSERT INTO sessions (id, identity_id, token_hash, active, issued_at, authenticated_at, expires_at, factors)
 SELECT seeded_id(rowid - 1), id, seeded_hash(rowid - 1), 1, 0, 0, 4000000000000000, '[{"method":"password","at":"2026-01-01T00:00:00Z"}]' FROM identities ORDER BY rowid`, nil},
		// Nothing is searched for, so there is no text: but without these rows, and the last of them
		// in the index, the clean-up would enter all of them while requests are measured.
		{`INSERT INTO identity_search (number, identity_id, text, version) SELECT rowid, id, '', 1 FROM identities ORDER BY rowid`, nil},
		{`INSERT INTO identity_trigrams (rowid, text) VALUES (?, '')`, []any{count}},
	} {
		if _, err := db.ExecContext(ctx, one.statement, one.args...); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}
