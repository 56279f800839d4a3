-- +goose Up
-- Identities that had a confirmed address which they no longer have.
CREATE TABLE identity_proofs (
    identity_id TEXT NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The version of the identity that the text is of. Releases that do not know this column
-- save identities without it, so the clean-up sees which ones it has to read again.
ALTER TABLE identity_search ADD COLUMN version INTEGER NOT NULL DEFAULT -1;

-- How far the clean-up has read the identities that those releases saved: up to which id in
-- this pass, when the last pass ended, and since when there is this table.
CREATE TABLE identity_fill (
    name     TEXT    NOT NULL PRIMARY KEY,
    position TEXT    NOT NULL,
    done_at  INTEGER,
    since    INTEGER NOT NULL
) STRICT;
INSERT INTO identity_fill (name, position, done_at, since)
VALUES ('identities', '', CASE WHEN EXISTS (SELECT 1 FROM identities) THEN NULL ELSE 1 END, CAST(strftime('%s', 'now') AS INTEGER) * 1000000);
