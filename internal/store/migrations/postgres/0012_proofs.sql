-- +goose Up
-- Identities that had a confirmed address which they no longer have.
SET LOCAL lock_timeout = '1s';
CREATE TABLE identity_proofs (
    identity_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE
);
