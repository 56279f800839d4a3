-- +goose Up
-- Identities that had a confirmed address which they no longer have.
CREATE TABLE identity_proofs (
    identity_id TEXT NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
