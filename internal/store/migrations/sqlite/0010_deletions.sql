-- +goose Up
-- Identities whose owners have closed their account, and when each is to be deleted.
CREATE TABLE identity_deletions (
    identity_id TEXT    NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    delete_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_deletions_due ON identity_deletions (delete_at);
